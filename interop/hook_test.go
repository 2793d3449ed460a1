//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const convertPolicy = `version: 1
rules:
  - paths: ["**/*.pt"]
    action: convert
    to: safetensors
after_rewrite: `

// A repository is a git work tree with the hook installed.
type repository struct {
	t   *testing.T
	dir string
	env []string
}

// newRepository makes a repository whose first commit holds the policy, if
// there is one, and installs the hook.
func newRepository(t *testing.T, policy string) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	hook := program(t, "modelaudit-hook")
	r.env = cleanEnv(
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"PATH="+filepath.Dir(hook)+string(os.PathListSeparator)+os.Getenv("PATH"))
	r.git("init", "-q", "-b", "main")
	r.write("README", []byte("models\n"))
	if policy != "" {
		r.write(".modelaudit.yml", []byte(policy))
	}
	r.git("add", ".")
	r.git("commit", "-q", "-m", "start")
	if got := run(t, r.dir, r.env, hook, "install"); got.code != 0 {
		t.Fatalf("install exits %d: %s", got.code, got.stderr)
	}
	return r
}

// git runs git, which must succeed, and returns what it printed.
func (r *repository) git(args ...string) string {
	r.t.Helper()
	got := run(r.t, r.dir, r.env, "git", args...)
	if got.code != 0 {
		r.t.Fatalf("git %q exits %d: %s", args, got.code, got.stderr)
	}
	return got.stdout
}

func (r *repository) commit() result {
	r.t.Helper()
	return run(r.t, r.dir, r.env, "git", "commit", "-q", "-m", "model")
}

func (r *repository) write(name string, data []byte) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// craftedAndPlain returns a harmless checkpoint and one with a payload.
func craftedAndPlain(t *testing.T) (plain, crafted testCase) {
	t.Helper()
	var cases []testCase
	python(t, newPython, "generate.py", nil, &cases, t.TempDir())
	at := slices.IndexFunc(cases, func(c testCase) bool { return c.Name == "zip/state_dict" })
	plain = cases[at]
	cases = nil
	python(t, newPython, "craft.py", nil, &cases, t.TempDir())
	at = slices.IndexFunc(cases, func(c testCase) bool { return c.Name == "zip_payload" })
	return plain, cases[at]
}

// TestHookConverts commits checkpoints under a policy that converts: what HEAD
// then holds must load with safetensors and equal the checkpoint.
func TestHookConverts(t *testing.T) {
	plain, crafted := craftedAndPlain(t)
	for _, test := range []struct {
		name    string
		after   string
		commits int // commits that git refuses before it takes one
		model   testCase
	}{
		{"stop", "stop", 1, plain},
		{"continue", "continue", 0, plain},
		{"payload", "continue", 0, crafted},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, err := os.ReadFile(test.model.Source)
			if err != nil {
				t.Fatal(err)
			}
			r := newRepository(t, convertPolicy+test.after+"\n")
			r.write("models/net.pt", data)
			r.git("add", "models")
			for range test.commits {
				if got := r.commit(); got.code != 1 {
					t.Fatalf("commit exits %d, want 1: %s%s", got.code, got.stdout, got.stderr)
				}
			}
			if got := r.commit(); got.code != 0 {
				t.Fatalf("commit exits %d: %s%s", got.code, got.stdout, got.stderr)
			}
			r.checkHead(test.model)
		})
	}
}

// checkHead checks that HEAD holds the conversion of model in its place, and
// that the work tree agrees.
func (r *repository) checkHead(model testCase) {
	r.t.Helper()
	files := strings.Fields(r.git("ls-tree", "-r", "--name-only", "HEAD"))
	want := []string{".modelaudit.yml", "README", "models/net.safetensors"}
	if !slices.Equal(files, want) {
		r.t.Fatalf("HEAD holds %q, want %q", files, want)
	}
	if status := r.git("status", "--porcelain"); status != "" {
		r.t.Errorf("the work tree differs from HEAD:\n%s", status)
	}
	model.Out = filepath.Join(r.t.TempDir(), "head.safetensors")
	model.State = model.Out + ".none"
	if err := os.WriteFile(model.Out, []byte(r.git("show", "HEAD:models/net.safetensors")), 0o666); err != nil {
		r.t.Fatal(err)
	}
	if difference := compare(r.t, []testCase{model})[model.Name]; difference != "" {
		r.t.Error(difference)
	}
}

// TestHookBlocks commits a checkpoint with a payload under no policy.
func TestHookBlocks(t *testing.T) {
	_, crafted := craftedAndPlain(t)
	data, err := os.ReadFile(crafted.Source)
	if err != nil {
		t.Fatal(err)
	}
	r := newRepository(t, "")
	head := r.git("rev-parse", "HEAD")
	r.write("net.pt", data)
	r.git("add", "net.pt")
	got := r.commit()
	if got.code != 1 || r.git("rev-parse", "HEAD") != head {
		t.Fatalf("commit exits %d: a payload went through", got.code)
	}
	if !strings.Contains(got.stdout+got.stderr, "counter.tick") {
		t.Errorf("the text does not name the callable:\n%s%s", got.stdout, got.stderr)
	}
}
