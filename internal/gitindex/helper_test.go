package gitindex

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary serve as the hook of real commits.
func TestMain(m *testing.M) {
	if os.Getenv("GITINDEX_TEST_HOOK") == "" {
		m.Run()
		return
	}
	if err := hookMain(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A sandbox is a repository that knows no configuration but its own.
type sandbox struct {
	t   *testing.T
	dir string
	env []string
}

func newSandbox(t *testing.T, initArgs ...string) *sandbox {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &sandbox{t: t, dir: filepath.Join(base, "it's a repo"), env: isolated(base)}
	s.run(base, append(append([]string{"init", "-q", "-b", "main"}, initArgs...), s.dir)...)
	return s
}

// isolated is the environment without git's variables, with an empty home.
func isolated(home string) []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			env = append(env, kv)
		}
	}
	return append(env, "HOME="+home, "USERPROFILE="+home, "XDG_CONFIG_HOME="+home, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL="+filepath.Join(home, "gitconfig"), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_EDITOR=:", "GIT_MERGE_AUTOEDIT=no")
}

func (s *sandbox) try(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("git %q: %v: %s", args, err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func (s *sandbox) run(dir string, args ...string) string {
	s.t.Helper()
	out, err := s.try(dir, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *sandbox) git(args ...string) string {
	s.t.Helper()
	return s.run(s.dir, args...)
}

func (s *sandbox) write(path, content string) {
	s.t.Helper()
	name := filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sandbox) commit(path, content string) {
	s.t.Helper()
	s.write(path, content)
	s.git("add", "--", path)
	s.git("commit", "-q", "-m", "commit of "+path)
}

func (s *sandbox) open() *Repo {
	s.t.Helper()
	r, err := Open(s.t.Context(), s.dir, s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { r.Close() })
	return r
}

func readBlob(t *testing.T, b *Blob) string {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return string(data)
}

// noise is n bytes that do not compress.
func noise(n int) string {
	buf := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(buf)
	return string(buf)
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// leftovers lists temporary files of ours below the git directory.
func leftovers(t *testing.T, r *Repo) []string {
	t.Helper()
	var found []string
	filepath.WalkDir(r.CommonDir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), "modelaudit") {
			found = append(found, path)
		}
		return nil
	})
	return found
}
