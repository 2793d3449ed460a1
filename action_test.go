package modelaudit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An action is action.yml.
type action struct {
	Name, Description, Author string
	Branding                  struct{ Icon, Color string }
	Inputs                    map[string]struct{ Description, Default string }
	Outputs                   map[string]struct{ Description, Value string }
	Runs                      struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, ID, If, Shell, Run, Uses string

	Dir string `yaml:"working-directory"`
	Env map[string]string
}

func (a action) step(t *testing.T, name string) step {
	t.Helper()
	i := slices.IndexFunc(a.Runs.Steps, func(s step) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("action.yml has no step %q", name)
	}
	return a.Runs.Steps[i]
}

// TestActionShape holds what the action may be: no expression inside a script,
// no other action, its own source and no other, nothing done with a token but
// what was asked for.
func TestActionShape(t *testing.T) {
	var a action
	decode(t, "action.yml", &a)
	input := regexp.MustCompile(`inputs\.([a-z-]+)`)
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q has an expression in its script: pass it through env", s.Name)
		}
		if s.Uses != "" {
			t.Errorf("step %q uses %s", s.Name, s.Uses)
		}
		if s.Shell != "bash" {
			t.Errorf("step %q: shell %q", s.Name, s.Shell)
		}
		text := s.If + s.Dir
		for name, value := range s.Env {
			text += value
			asked := strings.Contains(s.If, "inputs.upload == 'true'") || strings.Contains(s.If, "inputs.comment == 'true'")
			if strings.Contains(value, "token") && (name != "GH_TOKEN" || !asked) {
				t.Errorf("step %q has a token", s.Name)
			}
		}
		for _, m := range input.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
			if _, ok := a.Inputs[m[1]]; !ok {
				t.Errorf("step %q uses %s, which is no input", s.Name, m[1])
			}
		}
	}
	for name, in := range a.Inputs {
		if !used[name] || in.Description == "" {
			t.Errorf("input %s is not used, or not described", name)
		}
	}
	for name, out := range a.Outputs {
		if out.Value != "${{ steps.audit.outputs."+name+" }}" || out.Description == "" {
			t.Errorf("output %s is %q", name, out.Value)
		}
	}
	build := a.step(t, "Build")
	want := map[string]string{"GOWORK": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOENV": "off", "CGO_ENABLED": "0"}
	if diff := cmp.Diff(want, build.Env); diff != "" {
		t.Errorf("the build's environment (-want +got):\n%s", diff)
	}
	if build.Dir != "${{ github.action_path }}" {
		t.Errorf("the build runs in %s, expected the action's own folder", build.Dir)
	}
	if dir := a.step(t, "Audit").Dir; dir != "${{ inputs.directory }}" {
		t.Errorf("the audit runs in %s", dir)
	}
}

// TestActionAudit runs the script of the audit step, as a runner would.
func TestActionAudit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	var a action
	decode(t, "action.yml", &a)
	temp := t.TempDir()
	if err := os.Rename(programs(t), filepath.Join(temp, "modelaudit-bin")); err != nil {
		t.Fatal(err)
	}
	model := read(t, "testdata/torch/zip-2.15/state_dict.pt")
	const call = "cos\nsystem\n(S'true'\ntR."
	for _, c := range []struct {
		name, file, content, paths, policy, failOn string
		code, exit                                 int
	}{
		{"a clean model", "m.pt", model, "", "", "any", 0, 0},
		{"a name with a space", "my model.pt", model, "my model.pt", "", "any", 0, 0},
		{"a name like a flag", "--policy", model, "--policy", "", "any", 0, 0},
		{"a name like a command", "$(touch x); `touch x`\"", model, "$(touch x); `touch x`\"", "", "any", 0, 0},
		{"text under a model's name", "m.pt", "hello", "", "", "any", 3, 3},
		{"text, and critical findings only", "m.pt", "hello", "", "", "critical", 3, 3},
		{"text, and nothing fails", "m.pt", "hello", "", "", "never", 3, 0},
		{"a call", "m.pkl", call, "", "", "any", 1, 1},
		{"a call, and nothing fails", "m.pkl", call, "", "", "never", 1, 0},
		{"another folder", "m.pkl", call, "there", "", "any", 0, 0},
		{"a policy that warns", "m.pkl", call, "m.pkl", "version: 1\nrules: [{paths: ['*'], action: warn}]\n", "any", 0, 0},
		{"a policy that is wrong", "m.pt", model, "", "version: 2\n", "never", 2, 2},
		{"nothing there", "m.pt", model, "other.pt", "", "never", 2, 2},
		{"a level that is none", "m.pt", model, "", "", "sometimes", 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, output := t.TempDir(), filepath.Join(t.TempDir(), "output")
			for name, text := range map[string]string{c.file: c.content, "there/x": "", "the policy.yml": c.policy} {
				name = filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			policy := ""
			if c.policy != "" {
				policy = "the policy.yml"
			}
			cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", strings.Join([]string{
				"git init -q && git add . && git -c user.name=a -c user.email=a@localhost commit -q -m a", a.step(t, "Audit").Run}, "\n"))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_EVENT_PATH=", "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+output+".md",
				"RUNNER_TEMP="+temp, "MODELAUDIT_PATHS="+c.paths, "MODELAUDIT_POLICY="+policy, "MODELAUDIT_SARIF=out.sarif", "MODELAUDIT_FAIL_ON="+c.failOn, "MODELAUDIT_RANGE=auto", "MODELAUDIT_FIX=")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.exit {
				t.Errorf("exit code %d, expected %d\n%s", got, c.exit, out)
			}
			if got := read(t, output); !strings.HasPrefix(got, "exit-code="+string(rune('0'+c.code))+"\n") {
				t.Errorf("outputs:\n%s", got)
			}
			_, err = os.Stat(filepath.Join(dir, "out.sarif"))
			if wrote := err == nil; wrote != (c.code != 2) {
				t.Errorf("SARIF written: %v", wrote)
			}
			if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// TestActionDownload: only a release that is listed is taken, and only with its digest.
func TestActionDownload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	dir := t.TempDir()
	sh := func(env []string, name string, args ...string) (string, int) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "RUNNER_OS=Linux", "RUNNER_ARCH=X64", "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH")), env...)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put("modelaudit", "#!/bin/sh\necho released\n")
	if out, code := sh(nil, "tar", "-czf", "release.tar.gz", "modelaudit"); code != 0 {
		t.Fatal(out)
	}
	sum := sha256.Sum256([]byte(read(t, filepath.ToSlash(filepath.Join(dir, "release.tar.gz")))))
	put("download", read(t, ".ci/download"))
	put("releases.sha256", "# a comment\n1.2.3 Linux-X64 "+hex.EncodeToString(sum[:])+" modelaudit_linux.tar.gz\n1.2.4 Linux-X64 "+strings.Repeat("0", 64)+" modelaudit_linux.tar.gz\n1.2.5 macOS-X64 00 x\n")
	put("curl", "#!/bin/sh\n# stands for curl: copies the release to what follows --output\nwhile [ \"$1\" != --output ]; do shift; done\ncp '"+dir+"/release.tar.gz' \"$2\"\n")
	for _, c := range []struct {
		version string
		code    int
		text    string
	}{
		{"v1.2.3", 0, ""}, {"1.2.3", 0, ""}, {"1.2.4", 3, "is not the file that was released"}, {"1.2.5", 2, "knows no release"}, {"x; touch pwned", 2, "knows no release"}, {"", 2, "knows no release"}, {"#", 2, "knows no release"},
	} {
		to := filepath.Join(dir, "to")
		os.RemoveAll(to)
		out, code := sh(nil, filepath.Join(dir, "download"), c.version, to)
		if code != c.code || !strings.Contains(out, c.text) {
			t.Errorf("version %q: exit code %d, expected %d\n%s", c.version, code, c.code, out)
		}
		got, code := sh(nil, filepath.Join(to, "modelaudit"))
		if unpacked := got == "released\n" && code == 0; unpacked != (c.code == 0) {
			t.Errorf("version %q: unpacked %v", c.version, unpacked)
		}
	}
}
