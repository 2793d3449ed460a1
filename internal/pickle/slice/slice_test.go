package slice

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
)

// assemble returns the pickle of a program text.
func assemble(t testing.TB, text string) []byte {
	t.Helper()
	b, err := pickle.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhole: without anything to cut, what CPython's picklers wrote comes out as
// it went in, frames and memo included.
func TestWhole(t *testing.T) {
	n := 0
	for _, pattern := range []string{"../../../testdata/pickle/*/*.pkl", "../../../testdata/pickle/*.pkl"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var out bytes.Buffer
			s := pr.Cut(Request{Cut: func(int64) bool { return false }})
			if _, err := s.WriteTo(&out); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !bytes.Equal(out.Bytes(), data[:pr.End()]) {
				t.Errorf("%s: %d bytes became %d others", name, pr.End(), out.Len())
			}
			n++
		}
	}
	if n < 20 {
		t.Errorf("only %d files", n)
	}
}

// FuzzCut: whatever is cut, what is written can be read again, and then there is
// nothing more to do.
func FuzzCut(f *testing.F) {
	f.Add(assemble(f, "PROTO 4\nFRAME auto\nEMPTY_LIST\nMEMOIZE\nSHORT_BINUNICODE \"a\"\nMEMOIZE\nAPPEND\nBINGET 0\nAPPEND\nSTOP"), uint64(1))
	f.Add(assemble(f, "EMPTY_DICT\nMARK\nBINUNICODE \"k\"\nBINPUT 1\nNONE\nBINUNICODE \"l\"\nBINGET 1\nSETITEMS\nSTOP"), uint64(6))
	f.Fuzz(func(t *testing.T, data []byte, which uint64) {
		pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
		if err != nil {
			return
		}
		s := pr.Cut(Request{Cut: func(pos int64) bool { return which>>(pos%61)&1 == 1 }})
		var out, again bytes.Buffer
		if _, err := s.WriteTo(&out); err != nil {
			return
		}
		pr, err = Read(bytes.NewReader(out.Bytes()), 0, int64(out.Len()), nil, nil)
		if err != nil {
			t.Fatalf("%q became %q: %v", data, out.Bytes(), err)
		}
		if pr.End() != int64(out.Len()) {
			t.Fatalf("%q became %q, which ends at %d", data, out.Bytes(), pr.End())
		}
		if _, err := pr.Cut(Request{Cut: func(int64) bool { return false }}).WriteTo(&again); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("%q became %q, and that %q: %v", data, out.Bytes(), again.Bytes(), err)
		}
	})
}
