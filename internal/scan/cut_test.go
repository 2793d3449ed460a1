package scan

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A file that is only cut off, as half a download is, is unread: it has no
// finding, and is never clean.
func TestCutOff(t *testing.T) {
	var files []string
	for _, pattern := range []string{"torch/*/*.pt", "pickle/*/*.pkl", "joblib/*/*.joblib", "npy/*/*.np*"} {
		list, err := filepath.Glob("../../testdata/" + pattern)
		if err != nil || len(list) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, list[:min(len(list), 12)]...)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if scanBytes(t, file, data).Artifact.Verdict != audit.VerdictClean || len(data) < 64 {
			continue
		}
		for _, share := range []int{30, 55, 80, 97} {
			half := data[:len(data)*share/100]
			checkCut(t, filepath.Base(file), half)
			if share == 55 {
				checkCut(t, filepath.Base(file)+".gz", gzipped(t, data)[:len(gzipped(t, data))*share/100])
			}
		}
	}
}

func checkCut(t *testing.T, name string, data []byte) {
	t.Helper()
	a := scanBytes(t, name, data).Artifact
	if a.Verdict != audit.VerdictIncomplete {
		t.Errorf("the first %d bytes of %s: %s, %v, %v", len(data), name, a.Verdict, a.Findings, a.Coverage.Unread)
	}
}

// What a file executes that is cut off is found all the same, wherever the cut is.
func TestCutOffPayload(t *testing.T) {
	pt := checkpoint(t, payload+`STOP`)
	at := bytes.Index(pt, []byte("true"))
	for n := at + 12; n < len(pt); n++ {
		expect(t, scanBytes(t, "m.pt", pt[:n]), "MA101 os.system")
	}
	if a := scanBytes(t, "m.pt", pt[:at-8]).Artifact; a.Verdict != audit.VerdictIncomplete || !strings.Contains(a.Coverage.Unread[0].Reason, "cut off") {
		t.Errorf("%v", a)
	}
}
