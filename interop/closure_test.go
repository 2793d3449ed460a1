//go:build interop

package interop

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestAllowlistClosure makes pickles of listed names with every mix of
// arguments, state and slots, and changes real ones; those that are called
// clean are loaded for real, in a child process under an audit hook. None may
// execute, open or import anything, or end the process. MODELAUDIT_CLOSURE says
// how many are made.
func TestAllowlistClosure(t *testing.T) {
	t.Parallel()
	count := 3000
	if n, err := strconv.Atoi(os.Getenv("MODELAUDIT_CLOSURE")); err == nil {
		count = n
	}
	dir := t.TempDir()
	var cases []testCase
	python(t, newPython, "closure.py", nil, &cases, "make", dir, "1", strconv.Itoa(count))
	r := run(t, "", cleanEnv(), program("modelaudit"), "scan", dir, "--format", "json")
	var report audit.Report
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	clean := []string{}
	for _, a := range report.Artifacts {
		if len(a.Findings) == 0 {
			clean = append(clean, a.Path)
		}
	}
	if len(clean) < count/20 {
		t.Errorf("%d of %d files are clean: too few to show anything", len(clean), count)
	}
	var answer struct {
		Bad    [][2]string
		Loaded int
	}
	python(t, newPython, "closure.py", map[string]any{"files": clean}, &answer, "load")
	t.Logf("%d files made, %d clean, %d loaded", len(cases), len(clean), answer.Loaded)
	for _, b := range answer.Bad {
		data, _ := os.ReadFile(b[0])
		t.Errorf("%s: %s\n%.300q", b[0], b[1], data)
	}
}
