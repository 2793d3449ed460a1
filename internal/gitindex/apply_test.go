package gitindex

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// oddNames are legal in git and awkward everywhere else.
var oddNames = []string{"a\nb.bin", `q"uote'.bin`, "tab\t.bin", "bytes\xff\xfe.bin", ":(glob)*.bin", "-n", "*.bin", " lead", "ünïcode.bin"}

func TestApply(t *testing.T) {
	const absent = ""
	for _, c := range []struct {
		name  string
		edits func(old, good string) []Edit
		want  error  // nil: success; errAny: any error
		index string // what ls-files gives afterwards
	}{
		{"change", func(o, g string) []Edit { return []Edit{{"model.bin", ModeFile, g, o}} }, nil, "GOOD model.bin"},
		{"mode kept as told", func(o, g string) []Edit { return []Edit{{"model.bin", ModeExec, g, o}} }, nil, "GOOD model.bin"},
		{"remove", func(o, _ string) []Edit { return []Edit{{"model.bin", 0, "", o}} }, nil, ""},
		{"rename", func(o, g string) []Edit {
			return []Edit{{"model.safetensors", ModeFile, g, absent}, {"model.bin", 0, "", o}}
		}, nil, "GOOD model.safetensors"},
		{"stale", func(_, g string) []Edit { return []Edit{{"model.bin", ModeFile, g, g}} }, ErrStale, "BAD model.bin"},
		{"target exists", func(_, g string) []Edit { return []Edit{{"model.bin", ModeFile, g, absent}} }, ErrStale, "BAD model.bin"},
		{"source gone", func(o, g string) []Edit { return []Edit{{"other", ModeFile, g, o}} }, ErrStale, "BAD model.bin"},
		{"one of two stale", func(o, g string) []Edit {
			return []Edit{{"model.bin", ModeFile, g, o}, {"other", ModeFile, g, o}}
		}, ErrStale, "BAD model.bin"},
		{"below a file", func(_, g string) []Edit { return []Edit{{"model.bin/x", ModeFile, g, absent}} }, ErrStale, "BAD model.bin"},
		{"a path that git refuses", func(o, g string) []Edit {
			return []Edit{{"model.bin", ModeFile, g, o}, {".git/config", ModeFile, g, absent}}
		}, errAny, "BAD model.bin"},
		{"a path outside", func(_, g string) []Edit { return []Edit{{"../x", ModeFile, g, absent}} }, errAny, "BAD model.bin"},
		{"two edits of one entry", func(o, g string) []Edit {
			return []Edit{{"model.bin", ModeFile, g, o}, {"model.bin", 0, "", o}}
		}, errAny, "BAD model.bin"},
		{"a submodule", func(o, g string) []Edit { return []Edit{{"model.bin", ModeGitlink, g, o}} }, errAny, "BAD model.bin"},
		{"no object id", func(o, _ string) []Edit { return []Edit{{"model.bin", ModeFile, "x", o}} }, errAny, "BAD model.bin"},
		{"no edits", func(_, _ string) []Edit { return nil }, nil, "BAD model.bin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			stage("model.bin")(s)
			r := s.open()
			good, err := r.WriteBlob(t.Context(), strings.NewReader("GOOD"), 4)
			if err != nil {
				t.Fatal(err)
			}
			err = r.Apply(t.Context(), c.edits(s.git("rev-parse", ":model.bin"), good))
			switch {
			case c.want == nil && err != nil, c.want != nil && err == nil, c.want != errAny && !errors.Is(err, c.want):
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := s.index(); got != c.index {
				t.Errorf("index %q, want %q", got, c.index)
			}
		})
	}
}

var errAny = errors.New("any error")

// index lists "CONTENT PATH" of every entry.
func (s *sandbox) index() string {
	var lines []string
	for rec := range strings.SplitSeq(s.git("ls-files", "-s", "-z"), "\x00") {
		if head, path, ok := strings.Cut(rec, "\t"); ok {
			lines = append(lines, s.git("cat-file", "blob", strings.Fields(head)[1])+" "+path)
		}
	}
	return strings.Join(lines, "\n")
}

func TestApplyDirectoryInThePlace(t *testing.T) {
	s := newSandbox(t)
	stage("m/model.bin")(s)
	r := s.open()
	err := r.Apply(t.Context(), []Edit{{"m", ModeFile, s.git("rev-parse", ":m/model.bin"), ""}})
	if !errors.Is(err, ErrStale) || s.index() != "BAD m/model.bin" {
		t.Errorf("got %v, index %q", err, s.index())
	}
}

func TestApplyOddNames(t *testing.T) {
	s := newSandbox(t)
	blob := s.blobID("x")
	r := s.open()
	good, err := r.WriteBlob(t.Context(), strings.NewReader("GOOD"), 4)
	if err != nil || blob == good {
		t.Fatal(err)
	}
	var add, remove []Edit
	for _, name := range oddNames {
		add = append(add, Edit{name, ModeFile, good, ""})
		remove = append(remove, Edit{name, 0, "", good})
	}
	if err := r.Apply(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	entries, err := r.Entries(t.Context(), oddNames)
	if err != nil || len(entries) != len(oddNames) {
		t.Fatalf("%d entries of %d, %v", len(entries), len(oddNames), err)
	}
	staged, err := r.Staged(t.Context())
	if err != nil || len(staged) != len(oddNames) || staged[0].Status != 'A' {
		t.Fatalf("%v, %v", staged, err)
	}
	attrs, err := r.CheckAttrs(t.Context(), oddNames)
	if err != nil || len(attrs) != len(oddNames) {
		t.Errorf("%d attributes of %d, %v", len(attrs), len(oddNames), err)
	}
	if err := r.Apply(t.Context(), remove); err != nil || s.index() != "" {
		t.Errorf("after removal: %q, %v", s.index(), err)
	}
}

func TestApplyWaitsForALock(t *testing.T) {
	for _, c := range []struct {
		name string
		free bool
		want error
	}{{"held", false, ErrLocked}, {"freed in time", true, nil}} {
		t.Run(c.name, func(t *testing.T) {
			s := newSandbox(t)
			stage("model.bin")(s)
			r := s.open()
			lock := r.IndexFile + ".lock"
			if err := os.WriteFile(lock, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			r.lockWait = []time.Duration{time.Millisecond}
			if c.free {
				r.lockWait = slices.Repeat([]time.Duration{20 * time.Millisecond}, 100)
				go func() {
					time.Sleep(10 * time.Millisecond)
					os.Remove(lock)
				}()
			}
			err := r.Apply(t.Context(), []Edit{{"model.bin", 0, "", s.git("rev-parse", ":model.bin")}})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			if gone := s.index() == ""; gone != c.free {
				t.Errorf("entry removed: %v", gone)
			}
		})
	}
}

// In a partial commit a real index that cannot be changed takes the change of
// the temporary one back.
func TestApplyPartialUndone(t *testing.T) {
	s := newSandbox(t)
	s.commit("model.bin", "BAD")
	gitDir := filepath.Join(s.dir, ".git")
	data, err := os.ReadFile(filepath.Join(gitDir, "index"))
	if err != nil {
		t.Fatal(err)
	}
	next := filepath.Join(gitDir, "next-index-1.lock")
	os.WriteFile(next, data, 0o644)
	s.env = append(s.env, "GIT_INDEX_FILE="+next)
	r := s.open()
	r.lockWait = nil
	bad := s.git("rev-parse", ":model.bin")
	removal := []Edit{{"model.bin", 0, "", bad}}
	if err := r.Apply(t.Context(), removal); err == nil {
		t.Error("applied without the real index")
	}
	os.WriteFile(filepath.Join(gitDir, "index.lock"), data, 0o644)
	os.WriteFile(filepath.Join(gitDir, "index.lock.lock"), nil, 0o644)
	if err := r.Apply(t.Context(), removal); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v", err)
	}
	if got := s.index(); got != "BAD model.bin" {
		t.Errorf("temporary index %q", got)
	}
	os.Remove(filepath.Join(gitDir, "index.lock.lock"))
	if err := r.Apply(t.Context(), removal); err != nil || s.index() != "" {
		t.Errorf("index %q, %v", s.index(), err)
	}
}
