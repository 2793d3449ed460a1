package symbolic

import (
	"bytes"
	"strings"
	"testing"
)

func TestExtentOf(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		depth        int
		paths        int64
	}{
		{"scalar", "K\x01.", 1, 1},
		{"list of two", "(K\x01K\x02l.", 2, 3},
		{"shared twice", "](K\x01K\x02lq\x00ah\x00a.", 3, 7},
		{"in itself", "]q\x00h\x00a.", 1, 2},
		{"dict", "}K\x01(K\x02K\x03ls.", 3, 5},
		{"thousand lists", strings.Repeat("]", 1000) + strings.Repeat("a", 999) + ".", 1000, 1000},
		{"doubling", "]" + strings.Repeat("2\x86", 30) + ".", 31, 1<<31 - 1},
		{"doubling without end", "]" + strings.Repeat("2\x86", 3000) + ".", 3001, maxPaths},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := Run(bytes.NewReader([]byte(tt.stream)), 0, int64(len(tt.stream)), Options{})
			if tr.Root == nil {
				t.Fatal(tr.Failure)
			}
			if x := ExtentOf(tr.Root); x.Depth != tt.depth || x.Paths != tt.paths {
				t.Errorf("depth %d, paths %d; want %d, %d", x.Depth, x.Paths, tt.depth, tt.paths)
			}
		})
	}
}
