package gitindex

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePointer(t *testing.T) {
	oid := strings.Repeat("0123456789abcdef", 4)
	plain := "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12\n"
	for _, c := range []struct {
		name, text  string
		plain, none bool
	}{
		{name: "plain", text: plain, plain: true},
		{name: "old version", text: strings.Replace(plain, "git-lfs", "hawser", 1)},
		{name: "oldest version", text: strings.Replace(plain, "https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2", 1)},
		{name: "white space around", text: "\n " + plain + " \n\t"},
		{name: "no last line end", text: strings.TrimSuffix(plain, "\n")},
		{name: "empty lines", text: strings.ReplaceAll(plain, "\n", "\n\n")},
		{name: "CRLF", text: strings.ReplaceAll(plain, "\n", "\r\n")},
		{name: "capital digits", text: strings.Replace(plain, oid, strings.ToUpper(oid), 1)},
		{name: "extension", text: strings.Replace(plain, "oid ", "ext-0-foo sha256:"+oid+"\noid ", 1)},
		{name: "empty", text: "", none: true},
		{name: "unknown version", text: strings.Replace(plain, "v1", "v9", 1), none: true},
		{name: "keys in another order", text: "oid sha256:" + oid + "\nversion https://git-lfs.github.com/spec/v1\nsize 12\n", none: true},
		{name: "short id", text: strings.Replace(plain, "0123", "", 1), none: true},
		{name: "another hash", text: strings.Replace(plain, "sha256", "sha512", 1), none: true},
		{name: "negative size", text: strings.Replace(plain, "12", "-12", 1), none: true},
		{name: "no size", text: strings.Replace(plain, "size 12\n", "", 1), none: true},
		{name: "a further line", text: plain + "more x\n", none: true},
		{name: "1024 bytes", text: plain + strings.Repeat("\n", 1024-len(plain))},
		{name: "1025 bytes", text: plain + strings.Repeat("\n", 1025-len(plain)), none: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParsePointer([]byte(c.text))
			if ok == c.none {
				t.Fatalf("is a pointer: %v", ok)
			}
			if d := cmp.Diff(Pointer{OID: oid, Size: 12, Plain: c.plain}, got); d != "" && ok {
				t.Error(d)
			}
		})
	}
}

func FuzzParsePointer(f *testing.F) {
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 1\n"))
	f.Add([]byte("version https://hawser.github.com/spec/v1\r\next-0-x y\r\noid sha256:" + strings.Repeat("B", 64) + "\r\nsize 9\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok := ParsePointer(data)
		if !ok {
			return
		}
		again, ok := ParsePointer(p.Encode())
		if p.Plain = true; !ok || again != p {
			t.Errorf("%+v becomes %+v", p, again)
		}
	})
}

func TestOpenLFS(t *testing.T) {
	for _, c := range []struct{ name, config, dir string }{
		{"default", "", ".git/lfs"},
		{"relative lfs.storage", "elsewhere", ".git/elsewhere"},
		{"absolute lfs.storage", "ABSOLUTE", "../store"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSandbox(t)
			if c.config != "" {
				s.git("config", "lfs.storage", strings.Replace(c.config, "ABSOLUTE", filepath.Join(filepath.Dir(s.dir), "store"), 1))
			}
			r := s.open()
			content := noise(100_000)
			p := Pointer{OID: sha256Hex(content), Size: int64(len(content)), Plain: true}
			if _, err := r.OpenLFS(t.Context(), p); !errors.Is(err, ErrMissing) {
				t.Errorf("absent object: %v", err)
			}
			path := filepath.Join(c.dir, "objects", p.OID[:2], p.OID[2:4], p.OID)
			s.write(path, content)
			b, err := r.OpenLFS(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if readBlob(t, b) != content {
				t.Error("content differs")
			}
			for _, bad := range []string{content[1:] + "!", content[1:]} {
				os.Remove(filepath.Join(s.dir, path))
				s.write(path, bad)
				if _, err := r.OpenLFS(t.Context(), p); !errors.Is(err, ErrDigest) {
					t.Errorf("altered object: %v", err)
				}
			}
		})
	}
}

// git-lfs itself must agree about pointers and about where objects are.
func TestOpenLFSWrittenByGitLFS(t *testing.T) {
	s := newSandbox(t)
	if _, err := s.try(s.dir, "lfs", "install", "--local"); err != nil {
		t.Skip("git-lfs is not installed")
	}
	content := noise(300_000)
	s.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
	s.write("model.bin", content)
	s.git("add", ".")
	r := s.open()
	entries, err := r.Entries(t.Context(), []string{"model.bin"})
	if err != nil || len(entries) != 1 {
		t.Fatal(fmt.Sprint(entries), err)
	}
	b, err := r.OpenBlob(t.Context(), entries[0].OID)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := ParsePointer([]byte(readBlob(t, b)))
	if !ok || !p.Plain || p.Size != int64(len(content)) {
		t.Fatalf("pointer %+v", p)
	}
	object, err := r.OpenLFS(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if readBlob(t, object) != content {
		t.Error("content differs")
	}
}

// What WriteLFS stores git-lfs must take for its own, and a damaged object of
// the same name is mended.
func TestWriteLFS(t *testing.T) {
	s := newSandbox(t)
	r := s.open()
	content := noise(300_000)
	p, err := r.WriteLFS(t.Context(), strings.NewReader(content), int64(len(content)))
	if err != nil || p.OID != sha256Hex(content) || p.Size != int64(len(content)) || !p.Plain {
		t.Fatalf("%+v, %v", p, err)
	}
	object := filepath.Join(s.dir, ".git/lfs/objects", p.OID[:2], p.OID[2:4], p.OID)
	for _, damaged := range []string{content, "short", content[1:] + "!"} {
		os.Remove(object)
		s.write(filepath.Join(".git/lfs/objects", p.OID[:2], p.OID[2:4], p.OID), damaged)
		if again, err := r.WriteLFS(t.Context(), strings.NewReader(content), p.Size); err != nil || again != p {
			t.Fatalf("%+v, %v", again, err)
		}
		if got, _ := os.ReadFile(object); string(got) != content {
			t.Errorf("%d bytes of damage stay", len(damaged))
		}
	}
	for _, size := range []int64{p.Size + 1, -1} {
		if _, err := r.WriteLFS(t.Context(), strings.NewReader(content), size); err == nil {
			t.Errorf("size %d is taken for right", size)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.dir, ".git/lfs/*/*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if _, err := s.try(s.dir, "lfs", "install", "--local"); err != nil {
		t.Skip("git-lfs is not installed")
	}
	s.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
	oid, err := r.WriteBlob(t.Context(), strings.NewReader(string(p.Encode())), int64(len(p.Encode())))
	if err != nil {
		t.Fatal(err)
	}
	s.git("add", ".gitattributes")
	s.git("update-index", "--add", "--cacheinfo", "100644,"+oid+",model.bin")
	s.git("checkout", "--", "model.bin")
	if got, _ := os.ReadFile(filepath.Join(s.dir, "model.bin")); string(got) != content {
		t.Error("git-lfs checks other bytes out")
	}
}
