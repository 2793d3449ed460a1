package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestFixWorkflow holds that the job that reads models cannot write and that the one
// that writes runs git alone, and then runs that one's commands behind a real patch.
func TestFixWorkflow(t *testing.T) {
	type job struct {
		Needs, If   string
		RunsOn      string `yaml:"runs-on"`
		Permissions map[string]string
		Outputs     map[string]string
		Steps       []struct {
			ID, Uses, If, Run string
			With, Env         map[string]string
		}
	}
	var w struct {
		Name        string
		On          map[string]any
		Permissions map[string]string
		Jobs        struct{ Patch, Push job }
	}
	d := yaml.NewDecoder(bytes.NewReader(read(t, "workflows/modelaudit-fix.yml")))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"workflow_dispatch": nil}, w.On); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"contents": "read"}, w.Jobs.Patch.Permissions); diff != "" {
		t.Errorf("permissions of what reads models (-want +got):\n%s", diff)
	}
	allowed := regexp.MustCompile(`^actions/(checkout|download-artifact)@[0-9a-f]{40}$`)
	commands := ""
	for _, s := range w.Jobs.Push.Steps {
		if s.Uses != "" && !allowed.MatchString(s.Uses) {
			t.Errorf("the job that may write runs %s", s.Uses)
		}
		commands += s.Run
	}
	if strings.Contains(commands, "${{") {
		t.Errorf("an expression stands in commands: %s", commands)
	}
	for line := range strings.Lines(commands) {
		if !strings.HasPrefix(line, "git ") {
			t.Errorf("the job that may write runs %s", line)
		}
	}

	r := newRepository(t)
	origin := t.TempDir()
	r.run(0, "git", "init", "-q", "--bare", origin)
	r.run(0, "git", "remote", "add", "origin", origin)
	r.write("model.pkl", []byte("(dS'epoch'\nI1\nsS'x'\ncos\nsystem\n(S'true'\ntRs."))
	r.run(0, "git", "add", ".")
	r.run(0, "git", "commit", "-q", "-m", "a call")
	temp := t.TempDir()
	r.env = append(r.env, "RUNNER_TEMP="+temp, "BRANCH=refs/heads/topic")
	r.run(1, "sh", "-c", `modelaudit ci --range all --fix "$RUNNER_TEMP/modelaudit.patch"`)
	r.run(0, "bash", "-e", "-c", commands)
	r.run(0, "sh", "-c", "modelaudit-hook --all --check")
	if got := r.run(0, "git", "-C", origin, "diff", "--stat", "topic~1", "topic"); !strings.Contains(got, "model.pkl") {
		t.Errorf("what was pushed changes %s", got)
	}
	if text, err := os.ReadFile(filepath.Join(r.dir, "model.pkl")); err != nil || bytes.Contains(text, []byte("system")) {
		t.Errorf("the model is %q, %v", text, err)
	}
}
