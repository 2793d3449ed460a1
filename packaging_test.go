package modelaudit_test

import (
	"bytes"
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
	"gopkg.in/yaml.v3"
)

// programs builds both commands and returns their folder.
func programs(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the programs")
	}
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// decode parses YAML strictly into v.
func decode(t *testing.T, name string, v any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader([]byte(read(t, name))))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestPreCommitManifest holds what the framework is told. A hook that got file
// names, or was skipped for a name, would leave models unaudited.
func TestPreCommitManifest(t *testing.T) {
	type hook struct {
		ID, Name, Description, Entry, Language string

		Files         *string
		AlwaysRun     bool `yaml:"always_run"`
		PassFilenames bool `yaml:"pass_filenames"`
		RequireSerial bool `yaml:"require_serial"`
		Stages        []string
		Minimum       string `yaml:"minimum_pre_commit_version"`
	}
	var hooks []hook
	decode(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 {
		t.Fatalf("%d hooks, expected 1", len(hooks))
	}
	h := hooks[0]
	all := ""
	want := hook{ID: "modelaudit", Name: h.Name, Description: h.Description, Entry: "modelaudit-hook", Language: "golang", Files: &all,
		AlwaysRun: true, RequireSerial: true, Stages: []string{"pre-commit", "pre-merge-commit"}, Minimum: "3.2.0"}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf(".pre-commit-hooks.yaml (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join("cmd", h.Entry, "main.go")); err != nil {
		t.Errorf("the entry %s is no program of ours", h.Entry)
	}
}

// An action is action.yml.
type action struct {
	Name, Description string
	Inputs            map[string]struct{ Description, Default string }
	Runs              struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, If, Shell, Run, Uses string

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
// no nested action that can change, its own source and no other.
func TestActionShape(t *testing.T) {
	var a action
	decode(t, "action.yml", &a)
	pinned := regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`)
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q has an expression in its script: pass it through env", s.Name)
		}
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("step %q uses %s, which is not pinned to a commit", s.Name, s.Uses)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("step %q: shell %q", s.Name, s.Shell)
		}
	}
	if first := a.Runs.Steps[0]; first.If != "github.event_name == 'pull_request_target'" || !strings.Contains(first.Run, "exit 2") {
		t.Errorf("the first step does not refuse pull_request_target: %+v", first)
	}
	build := a.step(t, "Build")
	want := map[string]string{"GOWORK": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOENV": "off", "CGO_ENABLED": "0"}
	if diff := cmp.Diff(want, build.Env); diff != "" {
		t.Errorf("the build's environment (-want +got):\n%s", diff)
	}
	if build.Dir != "${{ github.action_path }}" {
		t.Errorf("the build runs in %s, expected the action's own folder", build.Dir)
	}
	if dir := a.step(t, "Scan").Dir; dir != "${{ inputs.directory }}" {
		t.Errorf("the scan runs in %s", dir)
	}
	for name, value := range a.step(t, "Scan").Env {
		in := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
		if _, ok := a.Inputs[in]; !ok {
			t.Errorf("%s is %s, which is no input", name, value)
		}
	}
}

// TestActionScan runs the script of the scan step, as a runner would.
func TestActionScan(t *testing.T) {
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
	for _, c := range []struct {
		name, file, content, path, policy string
		code                              int
	}{
		{"a clean model", "m.pt", model, ".", "", 0},
		{"a name with a space", "my model.pt", model, "my model.pt", "", 0},
		{"a name like a flag", "--policy", model, "--policy", "", 0},
		{"text under a model's name", "m.pt", "hello", ".", "", 3},
		{"a call", "m.pkl", "cos\nsystem\n(S'true'\ntR.", ".", "", 1},
		{"a policy that warns", "m.pkl", "cos\nsystem\n(S'true'\ntR.", "m.pkl", "version: 1\nrules: [{paths: ['*'], action: warn}]\n", 0},
		{"a policy that is wrong", "m.pt", model, ".", "version: 2\n", 2},
		{"nothing there", "m.pt", model, "other.pt", "", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(c.file, c.content)
			policy := ""
			if c.policy != "" {
				policy = "the policy.yml"
				write(policy, c.policy)
			}
			cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", a.step(t, "Scan").Run)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "RUNNER_TEMP="+temp, "MODELAUDIT_PATH="+c.path, "MODELAUDIT_POLICY="+policy, "MODELAUDIT_SARIF=out.sarif")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, expected %d\n%s", got, c.code, out)
			}
			_, err = os.Stat(filepath.Join(dir, "out.sarif"))
			if wrote := err == nil; wrote != (c.code != 2) {
				t.Errorf("SARIF written: %v", wrote)
			}
		})
	}
}
