package modelaudit_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/scan"
)

// TestFormatsAreShown holds the walk-through in CONTRIBUTING.md to the code:
// each format of the table is recognised by content or told by a walker, has
// its row, and is either read or described as one that is not.
func TestFormatsAreShown(t *testing.T) {
	shown := map[audit.Format]bool{}
	for _, f := range scan.Recognises() {
		shown[f] = true
	}
	listed := map[audit.Format]bool{}
	recognised := read(t, "docs/formats/recognised.md")
	for _, f := range audit.Formats() {
		if listed[f.Name] {
			t.Errorf("%s stands twice in audit/formats.go", f.Name)
		}
		listed[f.Name] = true
		if !shown[f.Name] {
			t.Errorf("%s: nothing recognises it", f.Name)
		}
		if !scan.Reads(f.Name) && !f.Wrapper && !strings.Contains(recognised, "`"+string(f.Name)+"`") {
			t.Errorf("%s is not read, and docs/formats/recognised.md does not say how it is told", f.Name)
		}
		if scan.Reads(f.Name) && !f.Wrapper && f.Note == "" {
			t.Errorf("%s is read, and its row does not say what it is", f.Name)
		}
	}
	for f := range shown {
		if !listed[f] {
			t.Errorf("%s is recognised and stands in no row of audit/formats.go", f)
		}
	}
}
