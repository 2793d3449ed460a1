// Package examples_test runs and parses what the folder shows.
package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/policy"
	"gopkg.in/yaml.v3"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPolicies says what each policy decides, so that an example cannot come to
// mean something else.
func TestPolicies(t *testing.T) {
	clean := func(f audit.Format) audit.Artifact {
		return audit.Artifact{Formats: []audit.Format{f}, Verdict: audit.VerdictClean}
	}
	found := func(f audit.Format) audit.Artifact {
		return audit.Artifact{Formats: []audit.Format{f}, Verdict: audit.VerdictFindings, Findings: []audit.Finding{{Rule: "MA101"}}}
	}
	unread := audit.Artifact{Formats: []audit.Format{audit.FormatHDF5}, Verdict: audit.VerdictIncomplete, Coverage: audit.Coverage{Unread: []audit.Unread{{End: 1}}}}
	listed := found(audit.FormatPickle)
	listed.SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	const allow, warn, block, convert = audit.ActionAllow, audit.ActionWarn, audit.ActionBlock, audit.ActionConvert
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	late := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		policy, path string
		artifact     audit.Artifact
		today        time.Time
		want         []audit.Action
	}{
		{"strict", "m.pt", clean(audit.FormatTorchZip), day, []audit.Action{convert, block}},
		{"strict", "third_party/m.pt", clean(audit.FormatTorchZip), day, []audit.Action{allow}},
		{"strict", "third_party/m.pt", found(audit.FormatTorchZip), day, []audit.Action{block}},
		{"convert-everything", "m.pkl", clean(audit.FormatPickle), day, []audit.Action{convert, block}},
		{"convert-everything", "m.zip", found(audit.FormatZip), day, []audit.Action{block}},
		{"advisory", "m.pt", found(audit.FormatTorchZip), day, []audit.Action{warn}},
		{"advisory", "release/m.pt", found(audit.FormatTorchZip), day, []audit.Action{block}},
		{"advisory", "m.h5", unread, day, []audit.Action{block}},
		{"own-classes", "m.pt", clean(audit.FormatTorchZip), day, []audit.Action{allow}},
		{"own-classes", "m.pt", found(audit.FormatTorchZip), day, []audit.Action{convert, block}},
		{"own-classes", "m.pkl", listed, day, []audit.Action{allow}},
		{"own-classes", "m.pkl", listed, late, []audit.Action{convert, block}},
	} {
		t.Run(c.policy+" "+c.path, func(t *testing.T) {
			p, err := policy.Parse(c.policy, read(t, "policies/"+c.policy+".yml"))
			if err != nil {
				t.Fatal(err)
			}
			got := p.Decide(policy.Input{Path: c.path, Artifact: &c.artifact, Today: c.today}).Actions
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryPolicyIsListed compares the folder with its page.
func TestEveryPolicyIsListed(t *testing.T) {
	page := read(t, "README.md")
	for _, folder := range []string{"policies", "hook", "workflows", "ci"} {
		list, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if !bytes.Contains(page, []byte("("+folder+"/"+e.Name()+")")) {
				t.Errorf("README.md does not list %s/%s", folder, e.Name())
			}
		}
	}
}

// TestWorkflow holds what makes the workflow safe: an unprivileged event, a
// token that can only read, pinned actions, the whole history.
func TestWorkflow(t *testing.T) {
	var w struct {
		Name        string
		On          map[string]any
		Permissions map[string]string
		Jobs        map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct {
				ID, Uses, If string
				With         map[string]string
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(read(t, "workflows/modelaudit.yml")))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.On["pull_request_target"]; ok {
		t.Error("the workflow runs on pull_request_target")
	}
	if diff := cmp.Diff(map[string]string{"contents": "read"}, w.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	var action struct{ Inputs, Outputs map[string]any }
	if err := yaml.Unmarshal(read(t, "../action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	pinned, output := regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`), regexp.MustCompile(`steps\.modelaudit\.outputs\.([a-z-]+)`)
	audits := false
	for _, s := range w.Jobs["modelaudit"].Steps {
		if !pinned.MatchString(s.Uses) {
			t.Errorf("%s is not pinned to a commit", s.Uses)
		}
		for _, m := range output.FindAllStringSubmatch(s.If+s.With["path"], -1) {
			if _, ok := action.Outputs[m[1]]; !ok {
				t.Errorf("%s is no output of the action", m[1])
			}
		}
		switch {
		case strings.HasPrefix(s.Uses, "actions/checkout@"):
			if s.With["persist-credentials"] != "false" || s.With["fetch-depth"] != "0" || s.With["lfs"] != "true" {
				t.Errorf("the checkout leaves its token behind, or lacks history or models: %v", s.With)
			}
		case strings.HasPrefix(s.Uses, "modelaudit/action@"):
			audits = s.ID == "modelaudit" && s.If == ""
			for in := range s.With {
				if _, ok := action.Inputs[in]; !ok {
					t.Errorf("%s is no input of the action", in)
				}
			}
		}
	}
	if !audits {
		t.Error("nothing is audited")
	}
}

// A repository is a throw-away repository with our programs on PATH.
type repository struct {
	t   *testing.T
	dir string
	env []string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	if runtime.GOOS == "windows" || testing.Short() {
		t.Skip("needs a POSIX shell, and builds the programs")
	}
	bin, home := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin+"/", "../cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	r := &repository{t: t, dir: t.TempDir()}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			r.env = append(r.env, kv)
		}
	}
	r.env = append(r.env, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@localhost", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@localhost")
	r.run(0, "git", "init", "-q", "-b", "main")
	return r
}

// run demands an exit code and returns what was printed.
func (r *repository) run(want int, name string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		r.t.Fatalf("%s %s: exit code %d, expected %d\n%s", name, strings.Join(args, " "), got, want, out)
	}
	return string(out)
}

func (r *repository) write(name string, data []byte) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), data, 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// TestHookSetup runs the script in a repository, and then commits.
func TestHookSetup(t *testing.T) {
	r := newRepository(t)
	script, err := filepath.Abs("hook/setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing
		r.run(0, "sh", script)
	}
	r.write("model.pt", read(t, "../testdata/torch/zip-2.15/state_dict.pt"))
	r.run(0, "git", "add", "model.pt")
	if out := r.run(0, "git", "commit", "-q", "-m", "a clean model"); out != "" {
		t.Errorf("a clean commit printed:\n%s", out)
	}
	r.write("call.pkl", []byte("cos\nsystem\n(S'true'\ntR."))
	r.run(0, "git", "add", "call.pkl")
	if out := r.run(1, "git", "commit", "-q", "-m", "a call"); !strings.Contains(out, "MA101") {
		t.Errorf("the refusal does not name the rule:\n%s", out)
	}
	if out := r.run(0, "sh", script); !strings.Contains(out, "see above") {
		t.Errorf("the first look does not tell of call.pkl:\n%s", out)
	}
}
