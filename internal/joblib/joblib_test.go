package joblib

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An oracle is what joblib's own loader met in a file (testdata/joblib/make.py).
type oracle struct {
	Globals  [][2]string
	Siblings []string
	Arrays   []described
}

type described struct {
	Kind     string
	ItemSize int64
	Shape    []int64
	Order    string
	Object   bool
	Start    int64
	End      int64
	Padding  int64
}

// content undoes the compressions that the standard library knows; ok is false
// for the others.
func content(t testing.TB, data []byte) (out []byte, ok bool) {
	t.Helper()
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("ZF")):
		// The length in hexadecimal, 19 characters wide, and one more in files
		// of Python 2.
		r, err = zlib.NewReader(bytes.NewReader(bytes.TrimLeft(data[2+19:], " ")))
	case data[0] == 0x78:
		r, err = zlib.NewReader(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		r, err = gzip.NewReader(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("BZh")):
		r = bzip2.NewReader(bytes.NewReader(data))
	case data[0] == 0x5d && data[1] == 0 || data[0] == 0xfd:
		return nil, false
	default:
		return data, true
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return out, true
}

// globals lists what a stream imports, nested pickles at their places.
func globals(data []byte, s *Stream) (list [][2]string) {
	var events []sym.Event
	add := func(tr *sym.Trace) {
		for _, e := range tr.Events {
			if e.Kind == sym.EventImport {
				events = append(events, e)
			}
		}
	}
	add(s.Trace)
	for _, a := range s.Arrays {
		if a.Element.Object {
			add(sym.Run(bytes.NewReader(data), a.Offset, a.Offset+a.Length, sym.Options{}))
		}
	}
	slices.SortFunc(events, func(a, b sym.Event) int { return int(a.Pos - b.Pos) })
	for _, e := range events {
		list = append(list, [2]string{e.Node.Module(), e.Node.Name()})
	}
	return list
}

func describe(s *Stream) (list []described) {
	for _, a := range s.Arrays {
		list = append(list, described{string(a.Element.Kind), a.Element.Size, a.Shape, string(a.Order), a.Element.Object, a.Offset, a.Offset + a.Length, a.Padding})
	}
	return list
}

// TestOracle reads what joblib 0.8 to 1.6 wrote, and finds what they find.
func TestOracle(t *testing.T) {
	files, err := filepath.Glob("../../testdata/joblib/*/*.joblib")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimPrefix(filepath.ToSlash(path), "../../testdata/joblib/"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data, ok := content(t, raw)
			if !ok {
				t.Skip("a compression that this test does not read")
			}
			var want oracle
			text, err := os.ReadFile(path + ".json")
			if err == nil {
				err = json.Unmarshal(text, &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			s := Read(bytes.NewReader(data), 0, int64(len(data)), Options{})
			if s.Trace.Failure != nil || s.Trace.End != int64(len(data)) || len(s.Problems) > 0 {
				t.Fatalf("ends at %d of %d: %v %v", s.Trace.End, len(data), s.Trace.Failure, s.Problems)
			}
			if s.Wrappers != len(want.Arrays)+len(want.Siblings) {
				t.Errorf("%d wrappers", s.Wrappers)
			}
			if diff := cmp.Diff(want.Arrays, describe(s)); diff != "" && len(want.Arrays)+len(s.Arrays) > 0 {
				t.Errorf("arrays (-joblib +ours)\n%s", diff)
			}
			// Below protocol 3 the file spells names of Python 2, and so does the
			// oracle.
			want.Globals = python3(want.Globals)
			if diff := cmp.Diff(want.Globals, python3(globals(data, s))); diff != "" {
				t.Errorf("globals (-joblib +ours)\n%s", diff)
			}
			var siblings []string
			for _, b := range s.Siblings {
				siblings = append(siblings, b.Name)
			}
			if !slices.Equal(siblings, want.Siblings) {
				t.Errorf("siblings %q, want %q", siblings, want.Siblings)
			}
		})
	}
}

// python3 spells the two names of Python 2 that joblib's files have.
func python3(list [][2]string) (out [][2]string) {
	for _, n := range list {
		switch n[0] {
		case "copy_reg":
			n[0] = "copyreg"
		case "__builtin__":
			n[0] = "builtins"
		}
		out = append(out, n)
	}
	return out
}
