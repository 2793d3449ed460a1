package scan

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	filepath.WalkDir("../../testdata", func(p string, d fs.DirEntry, err error) error {
		if !strings.HasSuffix(p, ".pt") && !strings.HasSuffix(p, ".pkl") {
			return nil
		}
		f, _ := os.Open(p)
		defer f.Close()
		st, _ := f.Stat()
		r := Scan(t.Context(), f, st.Size(), p, Options{})
		if r.Artifact.Verdict != "clean" {
			t.Log(p, r.Artifact.Verdict, r.Artifact.Coverage.Unread)
			for _, f := range r.Artifact.Findings[:min(4, len(r.Artifact.Findings))] {
				t.Log("    ", f.Rule, f.Message)
			}
		}
		return nil
	})
}
