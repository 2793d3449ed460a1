package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/gitindex"
)

// A hookRepo is a real repository with a stand-in for the program, which
// writes its arguments to log and exits as told.
type hookRepo struct {
	t                 *testing.T
	base, top, binary string
	log               string
	env               []string
}

func newHookRepo(t *testing.T) *hookRepo {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &hookRepo{t: t, base: base, top: filepath.Join(base, "a 'repo'"), binary: filepath.Join(base, "it's a \"tool\" $HOME"), log: filepath.Join(base, "log")}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			h.env = append(h.env, kv)
		}
	}
	h.env = append(h.env, "HOME="+base, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+filepath.Join(base, "gitconfig"), "LOG="+h.log,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_EDITOR=:")
	h.file(h.binary, "#!/bin/sh\necho \"audit $*\" >>\"$LOG\"\nexit ${AUDIT:-0}\n", 0o755)
	h.mustGit("init", "-q", "-b", "main", h.top)
	return h
}

func (h *hookRepo) file(name, text string, mode fs.FileMode) {
	h.t.Helper()
	os.MkdirAll(filepath.Dir(name), 0o755)
	if err := errors.Join(os.WriteFile(name, []byte(text), mode), os.Chmod(name, mode)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hookRepo) hook(name string) string { return filepath.Join(h.top, ".git", "hooks", name) }

func (h *hookRepo) git(extra []string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	if cmd.Dir = h.top; args[0] == "init" {
		cmd.Dir = h.base
	}
	cmd.Env = append(h.env[:len(h.env):len(h.env)], extra...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (h *hookRepo) mustGit(args ...string) {
	h.t.Helper()
	if out, err := h.git(nil, args...); err != nil {
		h.t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

// commit makes an empty commit and returns the lines that hooks logged.
func (h *hookRepo) commit(extra ...string) (log, out string, err error) {
	os.Remove(h.log)
	out, err = h.git(extra, "commit", "--allow-empty", "-m", "m")
	data, _ := os.ReadFile(h.log)
	return string(data), out, err
}

func (h *hookRepo) repo() *gitindex.Repo {
	h.t.Helper()
	r, err := gitindex.Open(h.t.Context(), h.top, h.env)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { r.Close() })
	return r
}

func (h *hookRepo) install(args ...string) (string, error) {
	h.t.Helper()
	res, err := Install(h.t.Context(), h.repo(), InstallOptions{Binary: h.binary, Args: args})
	return states(res), err
}

func (h *hookRepo) uninstall() (string, error) {
	h.t.Helper()
	res, err := Uninstall(h.t.Context(), h.repo(), InstallOptions{})
	return states(res), err
}

func states(res Result) string {
	var s []string
	for _, r := range res.Hooks {
		s = append(s, string(r.State))
	}
	return strings.Join(s, " ")
}

// tree is every hook that is no sample: name, mode and content.
func (h *hookRepo) tree() map[string]string {
	h.t.Helper()
	files := map[string]string{}
	dir := filepath.Join(h.top, ".git", "hooks")
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".sample") {
			continue
		}
		fi, err := os.Lstat(filepath.Join(dir, e.Name()))
		if err != nil {
			h.t.Fatal(err)
		}
		data, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		files[e.Name()] = fmt.Sprint(fi.Mode(), " ", string(data))
	}
	return files
}
