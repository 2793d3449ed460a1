package safeio

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// A spool gives back what was written, from memory and from a file, and leaves
// nothing.
func TestSpool(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for _, size := range []int{0, 1, spoolMemory, spoolMemory + 1, 3 * spoolMemory} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * i >> 3)
		}
		var s Spool
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1<<20+7)
			if m, err := s.Write(rest[:n]); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		got, err := io.ReadAll(io.NewSectionReader(&s, 0, s.Size()+10))
		if err != nil || s.Size() != int64(size) || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
		if n, err := s.ReadAt(make([]byte, 4), int64(size)); n != 0 || err != io.EOF {
			t.Errorf("%d bytes: at the end %d, %v", size, n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
