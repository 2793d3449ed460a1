package scan

import (
	"path/filepath"
	"testing"
)

// What libraries beside the great ones write of their own classes is clean.
func TestWideLibraries(t *testing.T) {
	files, err := filepath.Glob("../../testdata/wide/*.*l*")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		if a := scanFile(t, f).Artifact; len(a.Findings) > 0 || len(a.Coverage.Unread) > 0 {
			t.Errorf("%s: %v, unread %v", f, a.Findings, a.Coverage.Unread)
		}
	}
}
