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
	r := startRepository(t, policy, "PATH="+binDir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if got := run(t, r.dir, r.env, program("modelaudit-hook"), "install"); got.code != 0 {
		t.Fatalf("install exits %d: %s", got.code, got.stderr)
	}
	return r
}

// startRepository makes a repository with one commit and no hook.
func startRepository(t *testing.T, policy string, env ...string) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	r.env = append(cleanEnv(
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com"), env...)
	r.git("init", "-q", "-b", "main")
	r.write("README", []byte("models\n"))
	if policy != "" {
		r.write(".modelaudit.yml", []byte(policy))
	}
	r.git("add", ".")
	r.git("commit", "-q", "-m", "start")
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

// crafted returns a checkpoint with a payload.
func crafted(t *testing.T) (testCase, []byte) {
	t.Helper()
	cases, _ := generated(t, newPython, "craft.py")
	c := cases[slices.IndexFunc(cases, func(c testCase) bool { return c.Name == "zip_payload" })]
	return c, readSource(t, c)
}

func readSource(t *testing.T, c testCase) []byte {
	t.Helper()
	data, err := os.ReadFile(c.Source)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestHookConverts commits checkpoints of every kind under a policy that
// converts: what a fresh clone then holds must load with safetensors and equal
// the checkpoints.
func TestHookConverts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		after   string
		commits int // commits that git refuses before it takes one
		models  func() []testCase
	}{
		{"torch-new, stop", "stop", 1, func() []testCase { return convertible(t, newPython) }},
		{"torch-old, continue", "continue", 0, func() []testCase { return convertible(t, oldPython) }},
		{"payload", "continue", 0, func() []testCase { c, _ := crafted(t); return []testCase{c} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, models := newRepository(t, convertPolicy+test.after+"\n"), test.models()
			for _, c := range models {
				r.write("models/"+c.Name+".pt", readSource(t, c))
			}
			r.git("add", "models")
			for range test.commits {
				if got := r.commit(); got.code != 1 {
					t.Fatalf("commit exits %d, want 1: %s%s", got.code, got.stdout, got.stderr)
				}
			}
			if got := r.commit(); got.code != 0 {
				t.Fatalf("commit exits %d: %s%s", got.code, got.stdout, got.stderr)
			}
			r.checkHead(models)
		})
	}
}

// convertible returns the checkpoints of a torch that can be converted.
func convertible(t *testing.T, variable string) []testCase {
	t.Helper()
	cases, _ := generated(t, variable, "generate.py")
	return slices.DeleteFunc(cases, func(c testCase) bool { return c.Expect != "convert" })
}

// checkHead checks that a clone of HEAD holds the conversions of the models in
// their places, and that the work tree agrees with HEAD.
func (r *repository) checkHead(models []testCase) {
	r.t.Helper()
	if status := r.git("status", "--porcelain"); status != "" {
		r.t.Errorf("the work tree differs from HEAD:\n%s", status)
	}
	clone := filepath.Join(r.t.TempDir(), "clone")
	r.git("clone", "-q", "--no-local", r.dir, clone)
	for i := range models {
		stem := filepath.Join(clone, "models", models[i].Name)
		models[i].Out, models[i].State = stem+".safetensors", stem+".state.safetensors"
		if _, err := os.Lstat(stem + ".pt"); err == nil {
			r.t.Errorf("HEAD holds %s.pt", models[i].Name)
		}
	}
	for name, difference := range compare(r.t, models) {
		if difference != "" {
			r.t.Errorf("%s: %s", name, difference)
		}
	}
}

// TestHookBlocks commits a checkpoint with a payload under no policy.
func TestHookBlocks(t *testing.T) {
	t.Parallel()
	_, data := crafted(t)
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

// TestHookLFS commits files that Git LFS keeps: what the pointer stands for
// is what counts.
func TestHookLFS(t *testing.T) {
	t.Parallel()
	_, payload := crafted(t)
	plain := readSource(t, convertible(t, newPython)[0])
	for _, test := range []struct {
		name  string
		data  []byte
		lose  bool // neither the object nor the file is there
		code  int
		names string
	}{
		{"harmless", plain, false, 0, ""},
		{"payload", payload, false, 1, "counter.tick"},
		{"object missing", plain, true, 1, "git lfs pull"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRepository(t, "")
			r.git("lfs", "install", "--local")
			r.git("lfs", "track", "*.pt")
			r.write("net.pt", test.data)
			r.git("add", ".")
			if staged := r.git("cat-file", "blob", ":net.pt"); !strings.HasPrefix(staged, "version https://git-lfs") {
				t.Fatalf("no pointer is staged: %.40q", staged)
			}
			if test.lose {
				// git would make the object again from the file.
				for _, path := range []string{".git/lfs/objects", "net.pt"} {
					if err := os.RemoveAll(filepath.Join(r.dir, path)); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := r.commit()
			if got.code != test.code || !strings.Contains(got.stdout+got.stderr, test.names) {
				t.Errorf("commit exits %d, want %d with %q:\n%s%s", got.code, test.code, test.names, got.stdout, got.stderr)
			}
			if test.code == 0 && got.stdout+got.stderr != "" {
				t.Errorf("a clean commit prints %q", got.stdout+got.stderr)
			}
		})
	}
}
