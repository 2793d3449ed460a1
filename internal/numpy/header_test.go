package numpy

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An oracle is what numpy found in a file (testdata/npy/make.py).
type oracle struct {
	Version  byte
	Kind     string
	ItemSize int64
	Shape    []int64
	Fortran  bool
	Object   bool
	Start    int64
}

// TestHeaderOracle reads what numpy 1.16 on Python 2 and numpy 2.4 wrote.
func TestHeaderOracle(t *testing.T) {
	folders, err := filepath.Glob("../../testdata/npy/numpy-*")
	if err != nil || len(folders) < 2 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "oracle.json"))
		if err != nil {
			t.Fatal(err)
		}
		var files map[string][]oracle
		if err := json.Unmarshal(text, &files); err != nil || len(files) < 25 {
			t.Fatal(len(files), err)
		}
		for name, want := range files {
			t.Run(filepath.Base(folder)+"/"+name, func(t *testing.T) {
				data, err := os.ReadFile(filepath.Join(folder, name))
				if err != nil {
					t.Fatal(err)
				}
				var got []oracle
				for at := int64(0); at < int64(len(data)) && len(got) < len(want); {
					h, err := ReadHeader(bytes.NewReader(data), at, int64(len(data)))
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, oracle{data[at+6], string(h.DType.Kind), h.DType.Size, h.Shape, h.Fortran, h.Object, h.Offset})
					at = h.Offset + h.Length
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-numpy +ours)\n%s", diff)
				}
			})
		}
	}
}

// npy makes a file of a header's text and some data.
func npy(version byte, text string, data int) []byte {
	out := append([]byte(Magic), version, 0)
	if version == 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(text)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
	}
	return append(append(out, text...), make([]byte, data)...)
}

func TestHeaderRefuses(t *testing.T) {
	dict := func(descr, shape string) string {
		return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n"
	}
	nested := strings.Repeat("[('a', ", 100) + "'<f4'" + strings.Repeat(")]", 100)
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"a header of 4 GiB", append([]byte(Magic+"\x02\x00\xff\xff\xff\xff"), "{}"...), "a header of 4294967295 bytes"},
		{"cut", []byte(Magic + "\x01\x00"), "no complete header"},
		{"version 4", npy(4, dict("'<f4'", "()"), 4), "version 4.0"},
		{"a huge array", npy(1, dict("'<f8'", "(1099511627776,)"), 8), "8796093022208 bytes of data, but the file has 8"},
		{"a shape that overflows", npy(1, dict("'<f8'", "(4294967296, 4294967296)"), 8), "overflows"},
		{"a shape of many digits", npy(1, dict("'<f8'", "(9"+strings.Repeat("9", 5000)+",)"), 8), "has the number"},
		{"a negative size", npy(1, dict("'<f8'", "(-1,)"), 8), "something else than sizes"},
		{"a shape that is no tuple", npy(1, dict("'<f8'", "3"), 24), "lacks a shape"},
		{"65 dimensions", npy(1, dict("'<f8'", "("+strings.Repeat("1, ", 65)+")"), 8), "65 dimensions"},
		{"nested types", npy(2, dict(nested, "()"), 8), "too many parts"},
		{"an element of many bytes", npy(1, dict("[('a', '<f8', (65536, 65536))]", "()"), 8), "too large"},
		{"a call", npy(1, dict("__import__('os')", "()"), 8), "no literal"},
		{"two types", npy(1, "{'descr': '<f4', 'descr': '|O', 'shape': (), }", 8), "lacks a shape"},
		{"a fourth key", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", 8), "three items"},
		{"an integer as order", npy(1, "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", 8), "lacks a shape"},
		{"text behind", npy(1, dict("'<f4'", "()")+"#", 8), "no literal"},
		{"text in two pieces", npy(1, dict("'|' 'O'", "()"), 8), "no literal"},
		{"an unusual type string", npy(1, dict("'f4,O'", "()"), 8), "not known"},
		{"an alias of a type", npy(1, dict("'object'", "()"), 8), "not known"},
		{"a suffix of Python 2 in version 3", npy(3, dict("'<f4'", "(1L,)"), 4), "no literal"},
		{"no UTF-8", npy(3, dict("[('\xff', '<f4')]", "()"), 4), "not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, err := ReadHeader(bytes.NewReader(test.data), 0, int64(len(test.data)))
			var fe *FormatError
			if !errors.As(err, &fe) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %+v, %v; want an error with %q", h, err, test.want)
			}
		})
	}
}

// What is read is what the bytes can hold, and a header that is read is one
// that an array can have.
func FuzzHeader(f *testing.F) {
	f.Add(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3), }", 24))
	f.Add(npy(3, "{'descr': [(('t', 'a'), '<i4', (2,)), ('', '|V3'), (u'\\u4e2d', [('b', '|O')])], 'fortran_order': True, 'shape': ()}", 80))
	f.Add(npy(2, "{'shape': (0, 4), 'fortran_order': True, 'descr': '<M8[25s]'}", 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bytes.NewReader(data), 0, int64(len(data)))
		if err != nil {
			return
		}
		want := h.DType.Size
		for _, n := range h.Shape {
			want *= n
		}
		if h.Object {
			want = 0
		}
		if h.Length != want || h.Offset < 10 || h.Offset+h.Length > int64(len(data)) {
			t.Fatalf("%+v of %d bytes", h, len(data))
		}
	})
}
