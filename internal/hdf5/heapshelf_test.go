package hdf5

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// countedReader counts the bytes that are read.
type countedReader struct {
	io.ReaderAt
	n int64
}

func (r *countedReader) ReadAt(b []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(b, off)
	r.n += int64(n)
	return n, err
}

// TestStringsOfOneCollection: values that lie in one collection are found without
// reading it again for each.
func TestStringsOfOneCollection(t *testing.T) {
	root := &Node{}
	for i := range 2000 {
		root.Children = append(root.Children, &Node{Name: fmt.Sprint(i), Attributes: []NewAttribute{{Name: "name", Type: Words(), Texts: []string{fmt.Sprint("layer", i)}}}})
	}
	plan, err := PlanFile(root)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := plan.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	r := &countedReader{ReaderAt: bytes.NewReader(b.Bytes())}
	f, err := Open(r, int64(b.Len()), safeio.Limits{})
	if err != nil || len(f.Problems) > 0 {
		t.Fatal(err, f.Problems)
	}
	for _, o := range f.Objects[1:] {
		texts, err := f.Strings(o.Attribute("name"))
		if err != nil || len(texts) != 1 || texts[0].Value != "layer"+o.Path[1:] {
			t.Fatalf("%s: %v, %v", o.Path, texts, err)
		}
	}
	if most := 10 * int64(b.Len()); r.n > most {
		t.Errorf("%d bytes read of a file of %d", r.n, b.Len())
	}
}

// TestCollectionsReadAgain: values that lie so that collections would be read again and
// again are an error, not work without end.
func TestCollectionsReadAgain(t *testing.T) {
	f := &File{heaps: newHeapShelf()}
	f.heaps.left = 0
	if _, err := f.heapObject(8, 64, 1); err == nil {
		t.Error("no error")
	}
}
