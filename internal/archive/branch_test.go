package archive

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/modelaudit/action/internal/safeio"
)

// TestBranches undoes the filters for the branches of processors, also where
// what they read comes in pieces that cut instructions.
func TestBranches(t *testing.T) {
	content := fixture(t, "branches/content.raw")
	xz, _ := filepath.Glob("testdata/branches/*.xz")
	seven, _ := filepath.Glob("testdata/branches/*.7z")
	if len(xz) != 7 || len(seven) != 6 {
		t.Fatalf("%d and %d files", len(xz), len(seven))
	}
	for _, path := range xz {
		data := fixture(t, "branches/"+filepath.Base(path))
		if got, _, err := decompress(data); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes of %d, %v", path, len(got), len(content), err)
		}
	}
	lim := safeio.Limits{}.WithDefaults()
	for _, path := range seven {
		data := fixture(t, "branches/"+filepath.Base(path))
		in, err := OpenSevenZip(bytes.NewReader(data), int64(len(data)), "content.dat", lim)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes of %d, %v", path, len(got), len(content), err)
		}
	}
	for id := int64(4); id <= 10; id++ {
		whole, err := io.ReadAll(&branchReader{r: bytes.NewReader(content), filter: branches(id, 64)})
		pieces, err2 := io.ReadAll(&branchReader{r: iotest.OneByteReader(bytes.NewReader(content)), filter: branches(id, 64)})
		if err != nil || err2 != nil || bytes.Equal(whole, content) || !bytes.Equal(whole, pieces) {
			t.Errorf("filter %d: %v, %v, changed %t, the same in pieces %t", id, err, err2, !bytes.Equal(whole, content), bytes.Equal(whole, pieces))
		}
	}
}
