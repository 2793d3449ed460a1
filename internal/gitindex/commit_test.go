package gitindex

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hookMain is a hook as the product has it: it replaces every staged blob that
// says BAD, renames it if it is called old.bin, and notes what it saw.
func hookMain(ctx context.Context) error {
	r, err := Open(ctx, ".", os.Environ())
	if err != nil {
		return err
	}
	defer r.Close()
	staged, err := r.Staged(ctx)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("mode %d\n", r.CommitMode())
	var edits []Edit
	for _, e := range staged {
		note += fmt.Sprintf("%c %s\n", e.Status, e.Path)
		if e.Status == 'D' {
			continue
		}
		b, err := r.OpenBlobOrFile(ctx, e.OID, e.Path)
		if err != nil {
			return err
		}
		buf := make([]byte, b.Size)
		b.ReadAt(buf, 0)
		if err := errors.Join(b.Verify(ctx), b.Close()); err != nil {
			return err
		}
		if string(buf) != "BAD" {
			continue
		}
		oid, err := r.WriteBlob(ctx, strings.NewReader("GOOD"), 4)
		if err != nil {
			return err
		}
		target := strings.Replace(e.Path, "old.bin", "new.bin", 1)
		edit := Edit{Path: target, Mode: e.Mode, OID: oid}
		if target == e.Path {
			edit.Expect = e.OID
		} else {
			edits = append(edits, Edit{Path: e.Path, Expect: e.OID})
		}
		edits = append(edits, edit)
	}
	if err := os.WriteFile(os.Getenv("GITINDEX_TEST_HOOK"), []byte(note), 0o600); err != nil {
		return err
	}
	if err := r.Apply(ctx, edits); err != nil {
		return err
	}
	if os.Getenv("GITINDEX_TEST_FAIL") != "" {
		return errors.New("the hook fails as told")
	}
	return nil
}

// hooked installs the test binary as a hook and returns the file of its notes.
func (s *sandbox) hooked(hook string) string {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	notes := filepath.Join(s.t.TempDir(), "notes")
	s.env = append(s.env, "GITINDEX_TEST_HOOK="+notes)
	name := filepath.Join(s.run(s.dir, "rev-parse", "--absolute-git-dir"), "hooks", hook)
	os.MkdirAll(filepath.Dir(name), 0o755)
	script := "#!/bin/sh\nexec '" + filepath.ToSlash(self) + "'\n"
	if err := os.WriteFile(name, []byte(script), 0o755); err != nil {
		s.t.Fatal(err)
	}
	return notes
}

func TestRewriteInCommit(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(s *sandbox)
		dir    string // below the repository
		commit []string
		notes  string
		path   string // what HEAD must hold as GOOD; "" means model.bin
		status string // `git status --porcelain` afterwards, for the index column
	}{
		{name: "plain", before: stage("model.bin"), commit: []string{"commit", "-m", "m"}, notes: "mode 0\nM model.bin\n"},
		{name: "amend", before: stage("model.bin"), commit: []string{"commit", "--amend", "-m", "m"}, notes: "mode 0\nM model.bin\n"},
		{name: "all", before: edit("model.bin"), commit: []string{"commit", "-am", "m"}, notes: "mode 1\nM model.bin\n"},
		{name: "include", before: edit("model.bin"), commit: []string{"commit", "-m", "m", "-i", "model.bin"}, notes: "mode 1\nM model.bin\n"},
		{name: "partial", before: edit("model.bin"), commit: []string{"commit", "-m", "m", "--", "model.bin"}, notes: "mode 2\nM model.bin\n"},
		{name: "only, amend", before: edit("model.bin"), commit: []string{"commit", "--amend", "-m", "m", "--only", "model.bin"}, notes: "mode 2\nM model.bin\n"},
		{
			name: "partial, another file stays staged",
			before: func(s *sandbox) {
				s.write("other", "changed")
				s.git("add", "other")
				edit("model.bin")(s)
			},
			commit: []string{"commit", "-m", "m", "--", "model.bin"}, notes: "mode 2\nM model.bin\n", status: "M  other",
		},
		{name: "partial, renamed", before: edit("old.bin"), commit: []string{"commit", "-m", "m", "--", "old.bin"}, notes: "mode 2\nM old.bin\n", path: "new.bin"},
		{name: "from a subdirectory", before: edit("sub/model.bin"), dir: "sub", commit: []string{"commit", "-m", "m", "-a"}, notes: "mode 1\nM sub/model.bin\n", path: "sub/model.bin"},
		{name: "partial from a subdirectory", before: edit("sub/model.bin"), dir: "sub", commit: []string{"commit", "-m", "m", "model.bin"}, notes: "mode 2\nM sub/model.bin\n", path: "sub/model.bin"},
		{name: "pathspec magic from the user", before: edit("model.bin"), commit: []string{"--icase-pathspecs", "commit", "-m", "m", "--", "MODEL.bin"}, notes: "mode 2\nM model.bin\n"},
		{
			name: "after a conflict",
			before: func(s *sandbox) {
				s.git("checkout", "-qb", "side")
				s.commit("model.bin", "side")
				s.git("checkout", "-q", "main")
				s.commit("model.bin", "main")
				s.try(s.dir, "merge", "side")
				stage("model.bin")(s)
			},
			commit: []string{"commit", "-m", "m"}, notes: "mode 0\nM model.bin\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			for _, path := range []string{"model.bin", "old.bin", "other", "sub/model.bin"} {
				s.commit(path, "first")
			}
			c.before(s)
			notes := s.hooked("pre-commit")
			s.run(filepath.Join(s.dir, c.dir), c.commit...)
			if got, _ := os.ReadFile(notes); string(got) != c.notes {
				t.Errorf("hook saw %q, want %q", got, c.notes)
			}
			if c.path == "" {
				c.path = "model.bin"
			}
			if got := s.git("show", "HEAD:"+c.path); got != "GOOD" {
				t.Errorf("HEAD has %q", got)
			}
			if got := indexColumn(s); got != c.status {
				t.Errorf("status after the commit:\n%s\nwant %q", got, c.status)
			}
			if strings.HasPrefix(c.name, "partial, renamed") {
				if out, err := s.try(s.dir, "show", "HEAD:old.bin"); err == nil {
					t.Errorf("HEAD still has the old name: %q", out)
				}
			}
			s.git("fsck", "--strict")
		})
	}
}

// indexColumn is the status of what is staged, without unstaged changes.
func indexColumn(s *sandbox) string {
	var staged []string
	for line := range strings.SplitSeq(s.git("status", "--porcelain"), "\n") {
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "?") {
			staged = append(staged, line)
		}
	}
	return strings.Join(staged, "\n")
}

func edit(path string) func(*sandbox) {
	return func(s *sandbox) { s.write(path, "BAD") }
}

func stage(path string) func(*sandbox) {
	return func(s *sandbox) {
		s.write(path, "BAD")
		s.git("add", path)
	}
}

func TestFailedHook(t *testing.T) {
	for _, c := range []struct {
		name   string
		commit []string
		staged string // what the index holds afterwards
	}{
		{"plain: the edit stays", []string{"commit", "-m", "m"}, "GOOD"},
		{"all: the edit vanishes", []string{"commit", "-am", "m"}, "BAD"},
		{"partial: the edit vanishes", []string{"commit", "-m", "m", "model.bin"}, "BAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			s.commit("model.bin", "first")
			stage("model.bin")(s)
			s.hooked("pre-commit")
			s.env = append(s.env, "GITINDEX_TEST_FAIL=1")
			if _, err := s.try(s.dir, c.commit...); err == nil {
				t.Fatal("the commit went through")
			}
			if got := s.git("show", ":model.bin"); got != c.staged {
				t.Errorf("index holds %q, want %q", got, c.staged)
			}
			if exists(filepath.Join(s.dir, ".git", "index.lock")) {
				t.Error("a lock was left")
			}
		})
	}
}

func TestFirstCommit(t *testing.T) {
	s := newSandbox(t)
	stage("model.bin")(s)
	notes := s.hooked("pre-commit")
	s.git("commit", "-m", "m")
	if got, _ := os.ReadFile(notes); string(got) != "mode 0\nA model.bin\n" {
		t.Errorf("hook saw %q", got)
	}
	if got := s.git("show", "HEAD:model.bin"); got != "GOOD" {
		t.Errorf("HEAD has %q", got)
	}
}

func TestMergeHook(t *testing.T) {
	s := newSandbox(t)
	s.commit("model.bin", "first")
	s.git("checkout", "-qb", "side")
	s.commit("side.bin", "fine")
	s.git("checkout", "-q", "main")
	s.commit("main.bin", "fine")
	notes := s.hooked("pre-merge-commit")
	s.git("merge", "-q", "side")
	if got, _ := os.ReadFile(notes); string(got) != "mode 0\nA side.bin\n" {
		t.Errorf("hook saw %q", got)
	}
}

func TestLinkedWorkTreeAndSubmodule(t *testing.T) {
	for _, commit := range [][]string{{"commit", "-am", "m"}, {"commit", "-m", "m", "--", "model.bin"}} {
		t.Run(commit[1], func(t *testing.T) {
			s := newSandbox(t)
			s.commit("model.bin", "first")
			s.git("worktree", "add", "-q", "../linked", "-b", "linked")
			s.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", "-b", "main", s.dir, "module")
			s.hooked("pre-commit")
			linked, module := *s, *s
			linked.dir = filepath.Join(filepath.Dir(s.dir), "linked")
			module.dir = filepath.Join(s.dir, "module")
			module.hooked("pre-commit")
			for _, where := range []sandbox{linked, module} {
				edit("model.bin")(&where)
				where.git(commit...)
				if got := where.git("show", "HEAD:model.bin"); got != "GOOD" {
					t.Errorf("%s: HEAD has %q", filepath.Base(where.dir), got)
				}
				if got := indexColumn(&where); got != "" {
					t.Errorf("%s: status %q", filepath.Base(where.dir), got)
				}
				r := where.open()
				if r.Top != where.dir {
					t.Errorf("top %s, want %s", r.Top, where.dir)
				}
			}
			if r := linked.open(); r.CommonDir != filepath.Join(s.dir, ".git") || r.GitDir == r.CommonDir {
				t.Errorf("linked work tree: git dir %s, common dir %s", r.GitDir, r.CommonDir)
			}
		})
	}
}
