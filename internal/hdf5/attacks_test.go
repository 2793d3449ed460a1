package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

const newest = "testdata/h5py-3.16.0-hdf5-2.0.0/"

func open(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	checkRegions(t, f, int64(len(b)))
	return f
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	return samples(t)[newest+name]
}

func put64(b []byte, at int64, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }

// after is the place behind the first occurrence of text.
func after(t *testing.T, b []byte, text string) int64 {
	t.Helper()
	i := bytes.Index(b, []byte(text))
	if i < 0 {
		t.Fatalf("%q is not there", text)
	}
	return int64(i + len(text))
}

// TestAttacks damages a file in one place. What is hit is a problem, and the
// rest is still read.
func TestAttacks(t *testing.T) {
	pointer := func(f *File) int64 { return f.Root.Attribute("model_config").Start }
	for _, tt := range []struct {
		name, file string
		damage     func(t *testing.T, b []byte, f *File)
		want       string // in a problem
		kept       bool   // the other attributes of the root are read
	}{
		{"a loop in a B-tree", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			at := after(t, b, "TREE\x00")
			b[at] = 1
			put64(b, at+3+16+8, uint64(at-5))
		}, "another structure begins", true},
		{"a B-tree of too many levels", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			b[after(t, b, "TREE\x00")] = 255
		}, "signature TREE is not there", true},
		{"a node with more than its place", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			b[after(t, b, "SNOD\x01\x00")] = 200
		}, "place for 8", true},
		{"a name outside its heap", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			put64(b, after(t, b, "SNOD\x01\x00")+2, 1<<40)
		}, "has no name at", true},
		{"a heap that is nowhere", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			put64(b, pointer(f)+4, 1<<50)
		}, "does not fit into the file", true},
		{"a number that the heap lacks", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			b[pointer(f)+12] = 99
		}, "has no object 99", true},
		{"a string longer than its object", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			binary.LittleEndian.PutUint32(b[pointer(f):], 1<<31)
		}, "2147483648 elements", true},
		{"an attribute of 4 GB", "chunks-earliest.h5", func(t *testing.T, b []byte, f *File) {
			o := f.Lookup("fixed")
			put64(b, spaceOf(t, b, o), 1<<61)
		}, "", false},
		{"chunks that do not suit the type", "chunks-earliest.h5", func(t *testing.T, b []byte, f *File) {
			b[after(t, b, "\x05\x00\x00\x00\x03\x00\x00\x00")] = 7
		}, "make no sense", true},
		{"chunks of one dimension less", "chunks-earliest.h5", func(t *testing.T, b []byte, f *File) {
			b[after(t, b, "\x05\x00\x00\x00\x03\x00\x00\x00")-17] = 2
		}, "chunks of 1 dimensions cannot hold 2", true},
		{"a group of groups of itself", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			l := f.Root.Link("model_weights")
			put64(b, l.Start+8, uint64(f.Root.Addr))
		}, "", true},
		{"an object in the midst of another", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			l := f.Root.Link("model_weights")
			put64(b, l.Start+8, uint64(f.Root.Addr+8))
		}, "is not known", true},
		{"a link to the end of the file", "keras-earliest.h5", func(t *testing.T, b []byte, f *File) {
			l := f.Root.Link("model_weights")
			put64(b, l.Start+8, uint64(len(b)-3))
		}, "is not known", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := slices.Clone(sample(t, tt.file))
			before := open(t, b)
			tt.damage(t, b, before)
			f := open(t, b)
			for _, o := range f.Objects {
				if r, err := f.Data(o); err == nil {
					_, _ = r.ReadAt(make([]byte, 1), 0)
				}
			}
			found := tt.want == ""
			for _, p := range f.Problems {
				found = found || strings.Contains(p.Reason, tt.want)
			}
			if !found {
				t.Errorf("problems: %+v", f.Problems)
			}
			if tt.kept && len(f.Root.Attributes) != len(before.Root.Attributes) {
				t.Errorf("%d attributes of %d", len(f.Root.Attributes), len(before.Root.Attributes))
			}
		})
	}
}

// spaceOf finds the first dimension of a dataset's shape in an old header.
func spaceOf(t *testing.T, b []byte, o *Object) int64 {
	t.Helper()
	var dims []byte
	for _, d := range o.Space.Dims {
		dims = binary.LittleEndian.AppendUint64(dims, uint64(d))
	}
	i := bytes.Index(b[o.Addr:], dims)
	if i < 0 {
		t.Fatal("no dimensions")
	}
	return o.Addr + int64(i)
}

// TestBombs reads a small file that claims to hold much: by a shape of which
// next to nothing is stored, or by chunks that grow.
func TestBombs(t *testing.T) {
	f := open(t, sample(t, "bomb.h5"))
	for _, name := range []string{"bomb", "nothing"} {
		if _, err := f.Data(f.Lookup(name)); !errors.Is(err, safeio.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := f.Lookup("bomb").Layout.Stored; got != 1039 {
		t.Errorf("stored: %d", got)
	}
	b := slices.Clone(sample(t, "bomb.h5"))
	o := f.Lookup("bomb")
	at := int64(bytes.Index(b[o.Addr:], []byte{0, 0, 0x10, 0, 1, 0, 0, 0})) + o.Addr
	binary.LittleEndian.PutUint32(b[at:], 1<<10) // the size of a chunk that holds 2^20 elements
	f = open(t, b)
	o = f.Lookup("bomb")
	o.Space.Dims[0] = 1 << 20
	r, err := f.Data(o)
	if err == nil {
		_, err = io.ReadAll(io.NewSectionReader(r, 0, 1<<20))
	}
	if err == nil || !strings.Contains(err.Error(), "more than its") {
		t.Errorf("a chunk that grows: %v", err)
	}
}

// TestChecksums changes each byte of a file whose structures have checksums.
// Where the byte is none of data it is noticed, but in the global heap, which
// has none, and in what nothing refers to.
func TestChecksums(t *testing.T) {
	b := slices.Clone(sample(t, "keras-latest.h5"))
	before := open(t, b)
	heap := after(t, b, "GCOL") - 4
	for _, r := range before.Regions {
		for at := r.Start; at < r.End; at++ {
			if r.Kind != Structure || at >= heap && at < heap+4096 {
				continue
			}
			b[at] ^= 0x10
			f, err := Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
			if err == nil && len(f.Problems) == 0 {
				t.Errorf("the byte at %#x may change", at)
			}
			b[at] ^= 0x10
		}
	}
}

// TestElsewhere has the links and datasets that lie in other files, with their
// names: they are told, and nothing is opened.
func TestElsewhere(t *testing.T) {
	f := open(t, sample(t, "elsewhere-latest.h5"))
	o := f.Lookup("external")
	if e := o.Layout.External; len(e) != 2 || e[0] != (ExternalFile{"raw.bin", 0, 20}) || e[1] != (ExternalFile{"raw2.bin", 8, -1}) {
		t.Errorf("%+v", e)
	}
	if _, err := f.Data(o); err == nil || !strings.Contains(err.Error(), "another file") {
		t.Error(err)
	}
	v := f.Lookup("virtual")
	if _, err := f.Data(v); err == nil || v.Layout.Kind != Virtual || !slices.Equal(v.Layout.Sources, []Source{{"a.h5", "data"}, {"b.h5", "data"}}) {
		t.Error(v.Layout, err)
	}
}

// TestMoved: HDF5 takes the place where it finds a superblock for the base address, whatever
// the file says, so that a file with something before it is what it was.
func TestMoved(t *testing.T) {
	b := sample(t, "keras-earliest.h5")
	want, got := open(t, b), open(t, append(make([]byte, 1024), b...))
	if len(got.Problems) > 0 || len(got.Objects) != len(want.Objects) {
		t.Errorf("%d objects of %d, %v", len(got.Objects), len(want.Objects), got.Problems)
	}
}

// TestCutOff cuts a file at every length: it is an error, or a problem.
func TestCutOff(t *testing.T) {
	for _, name := range []string{"keras-earliest.h5", "keras-latest.h5"} {
		b := sample(t, name)
		for n := 0; n < len(b); n += 7 {
			if f, err := Open(bytes.NewReader(b[:n]), int64(n), safeio.Limits{}); err == nil && len(f.Problems) == 0 {
				t.Errorf("%s is complete with %d bytes of %d", name, n, len(b))
			}
		}
	}
}
