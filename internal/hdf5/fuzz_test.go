package hdf5

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// samples are the files that h5py wrote.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/*.h5")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	out := map[string][]byte{}
	for _, p := range paths {
		if out[p], err = os.ReadFile(p); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// FuzzOpen gives Open any bytes. Whatever they are, every byte has an account,
// and what the file is said to hold can be read or gives an error.
func FuzzOpen(f *testing.F) {
	for _, b := range samples(f) {
		if len(b) < 20_000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
		if err != nil {
			return
		}
		checkRegions(t, x, int64(len(b)))
		checkEdit(t, b, x)
		for _, o := range x.Objects {
			for i := range o.Attributes {
				a := &o.Attributes[i]
				if raw, err := x.Raw(a); err != nil || int64(len(raw)) != a.End-a.Start {
					t.Fatalf("%s: %d bytes, %v", a.Name, len(raw), err)
				}
				_, _ = x.Strings(a)
			}
			if size, ok := o.Bytes(); ok && size < 1<<20 {
				if r, err := x.Data(o); err == nil {
					_, _ = io.Copy(io.Discard, io.NewSectionReader(r, 0, size))
				}
			}
		}
	})
}

// checkEdit changes a string of a file that is sound, which stays sound.
func checkEdit(t *testing.T, b []byte, x *File) {
	t.Helper()
	_, a := firstString(x, true)
	if a == nil || len(x.Problems) > 0 {
		return
	}
	e, err := x.Edit([]Change{{a, 0, "a new value"}})
	if err != nil {
		return
	}
	var out bytes.Buffer
	if n, err := e.WriteTo(&out); n != e.Size() || err != nil {
		t.Fatal(n, err)
	}
	y, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()), safeio.Limits{})
	if err != nil || len(y.Problems) > 0 {
		t.Fatalf("after a change: %v, %v", err, y)
	}
	_, again := firstString(y, true)
	if texts, err := y.Strings(again); again.Name != a.Name || err != nil || texts[0].Value != "a new value" {
		t.Fatalf("the attribute %q is %v, %v", again.Name, texts, err)
	}
}

func checkRegions(t *testing.T, f *File, size int64) {
	t.Helper()
	pos := int64(0)
	for _, r := range f.Regions {
		if r.Start != pos || r.End <= r.Start {
			t.Fatalf("regions: %v", f.Regions)
		}
		if r.Kind == Unread && len(f.Problems) == 0 {
			t.Fatalf("unread, and nothing says why: %v", r)
		}
		pos = r.End
	}
	if pos != size {
		t.Fatalf("regions end at %d of %d", pos, size)
	}
}
