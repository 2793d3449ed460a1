// Package interop holds the tests that drive the built programs. Those in files
// without a build tag convert what is in testdata and compare the results with
// its oracles. Those behind the tag interop need the real Python libraries: what
// torch and numpy write is converted and loaded again by safetensors, and what a
// pickle really does is compared with what is reported.
//
// MODELAUDIT_PYTHON names an interpreter with requirements.txt installed,
// MODELAUDIT_PYTHON_OLD one with requirements-old.txt, MODELAUDIT_PYTHON_HOOKS one with requirements-hooks.txt. Without them the tests fail.
//
//	go test -tags interop ./interop
package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// binDir is where the built programs are. TestMain makes and removes it.
var binDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "modelaudit-interop-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binDir = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/modelaudit", "./cmd/modelaudit-hook")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	m.Run()
}

// program returns the path of a built program.
func program(name string) string { return filepath.Join(binDir, name) }

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

// cleanEnv is the environment without what a surrounding git or user
// configuration would change, and with extra appended.
func cleanEnv(extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") || strings.HasPrefix(v, "MODELAUDIT_")
	})
	return append(env, extra...)
}
