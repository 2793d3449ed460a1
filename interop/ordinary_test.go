//go:build interop

package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestOrdinary scans what people pickle: objects of the libraries, made by the
// libraries. Nothing in them is a finding. A class of the user's own is one, and
// no more than medium.
func TestOrdinary(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, python string
		libraries    []string
		fewest       int // how many files there must be
		own          bool
	}{
		{"python", newPython, []string{"stdlib", "numpy", "scipy"}, 300, false},
		{"python and numpy before 2", oldPython, []string{"stdlib", "numpy"}, 200, false},
		{"pandas", newPython, []string{"pandas"}, 150, false},
		{"scikit-learn", newPython, []string{"sklearn"}, 1000, false},
		{"every class of scikit-learn, and methods", newPython, []string{"walk:sklearn", "methods"}, 1300, false},
		{"boosters", newPython, []string{"xgboost", "lightgbm"}, 30, false},
		{"torch", newPython, []string{"torch"}, 400, false},
		{"torch 1.13", oldPython, []string{"torch"}, 300, false},
		{"transformers", newPython, []string{"tokenizers", "transformers", "lightning"}, 40, false},
		{"own classes", newPython, []string{"own"}, 8, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			var cases []testCase
			python(t, tt.python, "ordinary.py", nil, &cases, append([]string{dir}, tt.libraries...)...)
			if len(cases) < tt.fewest {
				t.Errorf("%d files only", len(cases))
			}
			names := map[string]string{}
			for _, c := range cases {
				names[filepath.Base(c.Source)] = c.Name
			}
			r := run(t, "", cleanEnv(), program("modelaudit"), "scan", dir, "--format", "json")
			var report audit.Report
			if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
				t.Fatalf("%v\n%s", err, r.stderr)
			}
			if len(report.Artifacts) != len(cases) {
				t.Errorf("%d files scanned of %d", len(report.Artifacts), len(cases))
			}
			for _, a := range report.Artifacts {
				checkOrdinary(t, names[filepath.Base(a.Path)], a, tt.own)
			}
			if _, err := os.Stat(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

func checkOrdinary(t *testing.T, name string, a audit.Artifact, own bool) {
	t.Helper()
	if own && len(a.Findings) == 0 {
		t.Errorf("%s: no finding", name)
	}
	for _, u := range a.Coverage.Unread {
		t.Errorf("%s: unread: %s", name, u.Reason)
	}
	for _, f := range a.Findings {
		if !own || f.Severity.Rank() > audit.Medium.Rank() {
			t.Errorf("%s: %s %s: %s at %#x", name, f.Rule, f.Severity, f.Message, f.Location.Start)
		}
	}
}
