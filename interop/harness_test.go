//go:build interop

// Package interop holds the tests that need the real Python libraries: what
// torch and numpy write is converted by our programs and loaded again by
// safetensors, and what a pickle really does is compared with what is reported.
//
// MODELAUDIT_PYTHON names an interpreter with requirements.txt installed,
// MODELAUDIT_PYTHON_OLD one with requirements-old.txt. Without them the tests fail.
//
//	go test -tags interop ./interop
package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// binDir is where build puts the programs. TestMain makes and removes it.
var binDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "modelaudit-interop-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binDir = dir
	m.Run()
}

// build compiles both programs, once for all tests.
var build = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-o", binDir+string(filepath.Separator), "./cmd/modelaudit", "./cmd/modelaudit-hook")
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
})

// program returns the path of a built program.
func program(t *testing.T, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatalf("build: %v", err)
	}
	return filepath.Join(binDir, name)
}

// A result is what one run of a program left behind.
type result struct {
	stdout, stderr string
	code           int
}

// run starts a program in dir and waits for its end. A program that a signal
// ends, or that needs more than two minutes, fails the test.
func run(t *testing.T, dir string, env []string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 0) {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, stderr.String())
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

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

// cleanEnv is the environment without what a surrounding git or user
// configuration would change, and with extra appended.
func cleanEnv(extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") || strings.HasPrefix(v, "MODELAUDIT_")
	})
	return append(env, extra...)
}
