package gitindex

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

func TestOpenBlob(t *testing.T) {
	big := noise(3 << 20)
	var edited = "head" + big
	for _, c := range []struct {
		name  string
		init  []string
		setup func(s *sandbox)
	}{
		{name: "loose"},
		{name: "packed whole", setup: func(s *sandbox) { s.git("config", "core.bigFileThreshold", "1m"); s.git("repack", "-adq") }},
		{name: "packed with deltas", setup: func(s *sandbox) { s.git("repack", "-adfq") }},
		{name: "sha256, loose", init: []string{"--object-format=sha256"}},
		{name: "sha256, packed", init: []string{"--object-format=sha256"}, setup: func(s *sandbox) { s.git("repack", "-adfq") }},
		{name: "alternate", setup: func(s *sandbox) {
			other := filepath.Join(filepath.Dir(s.dir), "clone")
			s.git("clone", "-q", "--shared", s.dir, other)
			s.dir = other
		}},
		{name: "split index", setup: func(s *sandbox) { s.git("update-index", "--split-index") }},
		{name: "sparse checkout", setup: func(s *sandbox) { s.git("sparse-checkout", "set", "--cone", "dir") }},
		{name: "replaced", setup: func(s *sandbox) {
			s.git("replace", s.git("rev-parse", ":big.bin"), s.git("rev-parse", ":small.bin"))
		}},
		{name: "sha256, replaced", init: []string{"--object-format=sha256"}, setup: func(s *sandbox) {
			s.git("replace", s.git("rev-parse", ":big.bin"), s.git("rev-parse", ":small.bin"))
		}},
		{name: "linked work tree", setup: func(s *sandbox) {
			s.git("worktree", "add", "-q", "../linked", "-b", "linked")
			s.dir = filepath.Join(filepath.Dir(s.dir), "linked")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, c.init...)
			want := map[string]string{"big.bin": big, "edited.bin": edited, "small.bin": "small", "empty.bin": "", "one.bin": "1"}
			for path, content := range want {
				s.write(path, content)
			}
			s.git("add", ".")
			s.git("commit", "-q", "-m", "m")
			if c.setup != nil {
				c.setup(s)
			}
			r := s.open()
			entries, err := r.Entries(t.Context(), nil)
			if err != nil || len(entries) != len(want) {
				t.Fatalf("%d entries, %v", len(entries), err)
			}
			for _, e := range entries {
				b, err := r.OpenBlob(t.Context(), e.OID)
				if err != nil {
					t.Errorf("%s: %v", e.Path, err)
					continue
				}
				if got := readBlob(t, b); got != want[e.Path] {
					t.Errorf("%s: %d bytes that differ", e.Path, len(got))
				}
			}
			if left := leftovers(t, r); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestOpenBlobRefuses(t *testing.T) {
	s := newSandbox(t)
	s.commit("dir/model.bin", noise(2<<20))
	tree := s.git("rev-parse", "HEAD:dir")
	oid := s.git("rev-parse", ":dir/model.bin")
	object := filepath.Join(s.dir, ".git", "objects", oid[:2], oid[2:])
	loose := func(text string) func() {
		return func() {
			var b bytes.Buffer
			z := zlib.NewWriter(&b)
			io.WriteString(z, text)
			z.Close()
			replaceFile(t, object, b.Bytes())
		}
	}
	whole, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		setup func()
		oid   string
		limit int64
		want  error // nil: any error
	}{
		{name: "other content", setup: loose("blob 4\x00evil"), want: ErrDigest},
		{name: "claims more than there is", setup: loose("blob 9999999999\x00evil"), want: ErrDigest},
		{name: "claims less", setup: loose("blob 2\x00evil"), want: ErrDigest},
		{name: "claims a negative size", setup: loose("blob -4\x00evil"), want: ErrDigest},
		{name: "header without end", setup: loose(strings.Repeat("b", 1<<16)), want: ErrDigest},
		{name: "no zlib stream", setup: func() { replaceFile(t, object, []byte("evil")) }, want: ErrDigest},
		{name: "cut off", setup: func() { replaceFile(t, object, whole[:len(whole)/2]) }, want: ErrDigest},
		{name: "too large", setup: func() { replaceFile(t, object, whole) }, limit: 1000, want: safeio.ErrLimit},
		{name: "gone", setup: func() { os.Remove(object) }, want: ErrMissing},
		{name: "a tree", oid: tree},
		{name: "a short id", oid: oid[:39]},
		{name: "an option", oid: "--" + oid[2:]},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.setup != nil {
				c.setup()
			}
			r := s.open()
			if c.limit > 0 {
				r.MaxBlobSize = c.limit
			}
			if c.oid == "" {
				c.oid = oid
			}
			b, err := r.OpenBlob(t.Context(), c.oid)
			if err == nil {
				t.Fatalf("opened %d bytes", b.Size)
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if left := leftovers(t, r); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func replaceFile(t *testing.T, name string, data []byte) {
	t.Helper()
	os.Chmod(name, 0o644)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A pack whose object was altered must not pass, whoever unpacks it.
func TestDamagedPack(t *testing.T) {
	s := newSandbox(t)
	s.commit("model.bin", noise(2<<20))
	s.git("repack", "-adq")
	packs, _ := filepath.Glob(filepath.Join(s.dir, ".git", "objects", "pack", "*.pack"))
	data, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	replaceFile(t, packs[0], data)
	r := s.open()
	if _, err := r.OpenBlob(t.Context(), s.git("rev-parse", ":model.bin")); err == nil {
		t.Fatal("altered content was accepted")
	}
}

func TestOpenBlobCancelled(t *testing.T) {
	s := newSandbox(t, "--object-format=sha256") // read through cat-file
	s.commit("model.bin", noise(4<<20))
	oid := s.git("rev-parse", ":model.bin")
	r := s.open()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.OpenBlob(ctx, oid); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := r.WriteBlob(ctx, strings.NewReader("x"), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	b, err := r.OpenBlob(t.Context(), oid)
	if err != nil {
		t.Fatalf("after a cancelled read: %v", err)
	}
	b.Close()
	if left := leftovers(t, r); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestOpenBlobOrFile(t *testing.T) {
	s := newSandbox(t)
	content := noise(2 << 20)
	s.commit("model.bin", content)
	oid := s.git("rev-parse", ":model.bin")
	r := s.open()
	name := filepath.Join(s.dir, "model.bin")
	b, err := r.OpenBlobOrFile(t.Context(), oid, "model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if b.file == nil || b.file.Name() == "" || b.watch == nil {
		t.Fatal("the work tree's file is not used although it is equal")
	}
	if err := b.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte(content[1:]+"!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("a change under the reader: got %v", err)
	}
	b.Close()
	for _, c := range []struct {
		name  string
		setup func() error
		equal bool
	}{
		{"changed", func() error { return nil }, false},
		{"gone", func() error { return os.Remove(name) }, false},
		{"a directory", func() error { return os.Mkdir(name, 0o755) }, false},
		{"a link to equal bytes", func() error {
			s.write("elsewhere", content)
			return errors.Join(os.Remove(name), os.Symlink("elsewhere", name))
		}, false},
		{"restored", func() error { return errors.Join(os.Remove(name), os.WriteFile(name, []byte(content), 0o644)) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.setup(); err != nil {
				t.Fatal(err)
			}
			if equal, err := r.WorkTreeEquals(t.Context(), "model.bin", oid); equal != c.equal || err != nil {
				t.Errorf("equal: %v, %v", equal, err)
			}
			b, err := r.OpenBlobOrFile(t.Context(), oid, "model.bin")
			if err != nil {
				t.Fatal(err)
			}
			if readBlob(t, b) != content {
				t.Error("content differs from the staged blob")
			}
		})
	}
}
