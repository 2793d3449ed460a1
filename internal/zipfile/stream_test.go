package zipfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// A stream is what Open gives, without its bound of memory.
func TestStream(t *testing.T) {
	want := bytes.Repeat([]byte("hello, world\n"), 50_000)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.Create("a")
	if err == nil {
		_, err = m.Write(want)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		lim   safeio.Limits
		limit bool
	}{
		{"more than may be held", safeio.Limits{MaxAlloc: 1000}, false},
		{"more than it may expand to", safeio.Limits{MaxExpand: 1000}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()), c.lim.WithDefaults())
			if err != nil {
				t.Fatal(err)
			}
			in, err := f.Stream(f.At(0))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(in)
			if errors.Is(err, safeio.ErrLimit) != c.limit || !bytes.HasPrefix(want, got) || !c.limit && len(got) != len(want) || in.Packed() == 0 {
				t.Errorf("%d bytes of %d from %d, %v", len(got), len(want), in.Packed(), err)
			}
		})
	}
}
