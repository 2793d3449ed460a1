//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

const (
	newPython = "MODELAUDIT_PYTHON"
	oldPython = "MODELAUDIT_PYTHON_OLD"
	// hooksPython has the pre-commit framework.
	hooksPython = "MODELAUDIT_PYTHON_HOOKS"
)

// python runs a script of testdata under the interpreter that the environment
// variable names, hands it input as JSON and decodes its answer into output.
func python(t *testing.T, variable, script string, input, output any, args ...string) {
	t.Helper()
	interpreter := os.Getenv(variable)
	if interpreter == "" {
		t.Fatalf("%s is not set: it must name a Python interpreter with the libraries of interop/requirements*.txt", variable)
	}
	stdin, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), interpreter, append([]string{filepath.Join("testdata", script)}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0", "PYTHONIOENCODING=utf-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), output); err != nil {
		t.Fatalf("%s: answer: %v", script, err)
	}
}

// A testCase is one file that a Python script wrote. The scripts read and
// write the same JSON.
type testCase struct {
	Name     string     `json:"name"`
	Source   string     `json:"source"`
	Weights  [][]string `json:"weights"`            // key paths of the parts that are module weights
	Expect   string     `json:"expect,omitempty"`   // "convert", "refuse" or "either"
	Callable string     `json:"callable,omitempty"` // what a finding must name
	Out      string     `json:"out,omitempty"`
	State    string     `json:"state,omitempty"`
}

// written caches what generated returns. Its mutex is held while a script runs.
var written = struct {
	sync.Mutex
	cases map[string][]testCase
}{cases: map[string][]testCase{}}

// generated lets a script of testdata write its files, once for all tests, and
// returns what it wrote and the folder. No test may change the files.
func generated(t *testing.T, variable, script string) ([]testCase, string) {
	t.Helper()
	dir := filepath.Join(binDir, variable, script)
	written.Lock()
	defer written.Unlock()
	if _, ok := written.cases[dir]; !ok {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		var cases []testCase
		python(t, variable, script, nil, &cases, dir)
		if len(cases) == 0 {
			t.Fatalf("%s wrote nothing", script)
		}
		written.cases[dir] = cases
	}
	return slices.Clone(written.cases[dir]), dir
}
