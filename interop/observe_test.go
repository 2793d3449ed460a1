//go:build interop

package interop

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modelaudit/action/audit"
)

// An observation is what an audit hook saw while a file was really loaded.
type observation struct {
	Globals []struct {
		Names  []string `json:"names"` // as written, and as Python 3 spells it
		Benign bool     `json:"benign"`
	} `json:"globals"`
	Actions []string `json:"actions"` // audit events that touch the system
	Ticks   int      `json:"ticks"`   // calls of the payload
	Error   string   `json:"error"`
}

// harmful reports whether the load looked up a name outside torch's own list,
// or ran the payload.
func (o *observation) harmful() bool {
	for _, g := range o.Globals {
		if !g.Benign {
			return true
		}
	}
	return o.Ticks > 0
}

// scan reports on every file below dir, by base name.
func scan(t *testing.T, dir string) map[string]audit.Artifact {
	t.Helper()
	r := run(t, dir, cleanEnv(), program("modelaudit"), "scan", "--format", "json", ".")
	var report audit.Report
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("scan exits %d, no report: %v\n%s", r.code, err, r.stderr)
	}
	if r.code != report.ExitCode {
		t.Errorf("scan exits %d, its report says %d", r.code, report.ExitCode)
	}
	artifacts := map[string]audit.Artifact{}
	for _, a := range report.Artifacts {
		artifacts[filepath.Base(a.Path)] = a
	}
	return artifacts
}

// TestCrafted loads crafted files with the real libraries and compares what
// happened with what a scan reports. The payloads change nothing.
func TestCrafted(t *testing.T) {
	t.Parallel()
	cases, dir := generated(t, newPython, "craft.py")
	var observed map[string]observation
	python(t, newPython, "observe.py", cases, &observed)
	artifacts := scan(t, dir)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			o := observed[c.Name]
			if !o.harmful() {
				t.Fatalf("the file does nothing when it is loaded (%s): the test tests nothing", o.Error)
			}
			a, ok := artifacts[filepath.Base(c.Source)]
			if !ok {
				t.Fatal("the scan does not name the file")
			}
			if a.Verdict == audit.VerdictClean {
				t.Errorf("verdict is clean, but loading looked up %v and ran the payload %d times", o.Globals, o.Ticks)
			}
			named := func(f audit.Finding) bool { return f.Callable == c.Callable }
			if c.Callable != "" && !slices.ContainsFunc(a.Findings, named) {
				t.Errorf("no finding names %s: %v", c.Callable, a.Findings)
			}
		})
	}
}

// TestHarmlessIsClean scans what torch itself is content to load with
// weights_only, and demands the verdict clean.
func TestHarmlessIsClean(t *testing.T) {
	t.Parallel()
	for _, writer := range []string{newPython, oldPython} {
		t.Run(writer, func(t *testing.T) {
			cases, dir := generated(t, writer, "generate.py")
			var harmless map[string]bool
			python(t, newPython, "weights_only.py", cases, &harmless)
			for _, kind := range []string{"zip", "legacy"} {
				artifacts := scan(t, filepath.Join(dir, kind))
				for _, c := range cases {
					if filepath.Dir(c.Name) != kind || !harmless[c.Name] {
						continue
					}
					if a := artifacts[filepath.Base(c.Source)]; a.Verdict != audit.VerdictClean {
						t.Errorf("%s: verdict %q: %v %v", c.Name, a.Verdict, a.Findings, a.Coverage.Unread)
					}
				}
			}
		})
	}
}

// TestEstimators scans and converts what scikit-learn, joblib and numpy write:
// it is read to its end and nothing in it is a finding, however it was packed;
// what is not converted is refused with a reason.
func TestEstimators(t *testing.T) {
	t.Parallel()
	cases, dir := generated(t, newPython, "estimators.py")
	artifacts := scan(t, dir)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			a, ok := artifacts[c.Name]
			if !ok {
				t.Fatal("the scan does not name the file")
			}
			if a.Verdict != audit.VerdictClean {
				t.Errorf("verdict %s, formats %v: %v %v", a.Verdict, a.Formats, a.Findings, a.Coverage.Unread)
			}
			out := filepath.Join(t.TempDir(), "out.safetensors")
			r := run(t, "", cleanEnv(), program("modelaudit"), "convert", c.Source, "--to", "safetensors", "-o", out)
			if r.code == 0 {
				return
			}
			if r.code != 1 && r.code != 3 {
				t.Errorf("convert exits %d: %s", r.code, r.stderr)
			}
			c.Out, c.State = out, out
			checkRefused(t, c, r)
		})
	}
}
