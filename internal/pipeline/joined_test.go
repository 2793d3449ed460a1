package pipeline

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJoined reads anywhere in files that are one, files without a byte among them.
func TestJoined(t *testing.T) {
	dir := t.TempDir()
	var names []string
	all := ""
	for i, text := range []string{"", "abc", "", "", "defgh", "i", ""} {
		name := string(rune('0' + i))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		names, all = append(names, name), all+text
	}
	src, _, c, err := openFiles("x", dir, append(names, "missing"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if src.Size != int64(len(all)) || !src.Files[7].Missing || src.Files[4].Start != 3 {
		t.Errorf("%+v", src)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		at, n := rng.IntN(len(all)+2), rng.IntN(len(all)+2)
		p := make([]byte, n)
		got, err := src.R.ReadAt(p, int64(at))
		want := all[min(at, len(all)):min(at+n, len(all))]
		if string(p[:got]) != want || (err == io.EOF) != (got < n) && n > 0 {
			t.Fatalf("[%d,+%d): %q, %v, want %q", at, n, p[:got], err, want)
		}
	}
	// A file that became shorter is an error, never another file's bytes.
	if err := os.Truncate(filepath.Join(dir, "4"), 2); err != nil {
		t.Fatal(err)
	}
	if _, err := src.R.ReadAt(make([]byte, 8), 0); err == nil || !strings.HasPrefix(err.Error(), "4: ") {
		t.Errorf("got %v", err)
	}
}
