package gitindex

import (
	"encoding/hex"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteBlob(t *testing.T) {
	floats := make([]byte, 0, 5<<20)
	for rng := rand.New(rand.NewPCG(1, 2)); len(floats) < cap(floats); {
		bits := math.Float32bits(float32(rng.NormFloat64()))
		floats = append(floats, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	contents := map[string]string{
		"empty": "", "one byte": "x", "text": strings.Repeat("some text ", 1<<18), "noise": noise(9<<20 + 17),
		"one piece exactly": noise(pieceSize - len(blobHeader(pieceSize-13))), "floats": string(floats),
		"text, then noise": strings.Repeat("a", 1<<20+5) + noise(1<<20),
	}
	for _, format := range []string{"sha1", "sha256"} {
		s := newSandbox(t, "--object-format="+format)
		r := s.open()
		for name, content := range contents {
			t.Run(format+", "+name, func(t *testing.T) {
				oid, err := r.WriteBlob(t.Context(), strings.NewReader(content), int64(len(content)))
				if err != nil {
					t.Fatal(err)
				}
				h := r.blobHash(int64(len(content)))
				io.WriteString(h, content)
				if want := hex.EncodeToString(h.Sum(nil)); oid != want {
					t.Fatalf("id %s, want %s", oid, want)
				}
				if got, err := s.try(s.dir, "cat-file", "blob", oid); err != nil || strings.TrimSuffix(content, "\n") != got {
					t.Errorf("git reads %d bytes that differ, %v", len(got), err)
				}
				if again, err := r.WriteBlob(t.Context(), strings.NewReader(content), int64(len(content))); again != oid || err != nil {
					t.Errorf("second write: %s, %v", again, err)
				}
			})
		}
		if out := s.git("fsck", "--full", "--strict", "--no-dangling"); out != "" {
			t.Errorf("git fsck: %s", out)
		}
		if left := leftovers(t, r); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

func TestWriteBlobRefuses(t *testing.T) {
	s := newSandbox(t)
	r := s.open()
	// The object of "GOOD" would go to a directory that is a file.
	blocked := filepath.Join(r.ObjectsDir, s.blobID("GOOD")[:2])
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		src  string
		size int64
	}{{"short", "abc", 4}, {"long", "abcd", 3}, {"negative", "", -1}, {"no place", "GOOD", 4}} {
		t.Run(c.name, func(t *testing.T) {
			if oid, err := r.WriteBlob(t.Context(), strings.NewReader(c.src), c.size); err == nil {
				t.Errorf("wrote %s", oid)
			}
		})
	}
	if left := leftovers(t, r); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	r.ObjectsDir = filepath.Join(r.ObjectsDir, "absent")
	if _, err := r.WriteBlob(t.Context(), strings.NewReader("x"), 1); err == nil {
		t.Error("wrote to a store that is not there")
	}
}

func (s *sandbox) blobID(content string) string {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "content")
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.git("hash-object", "--no-filters", name)
}
