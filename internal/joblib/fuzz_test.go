package joblib

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Arrays lie in the file, one behind the other, each behind the BUILD that it
// belongs to.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("../../testdata/joblib/*/[op]*.joblib")
	if err != nil || len(paths) < 10 {
		f.Fatal(len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for loader := range byte(3) {
			f.Add(data, loader)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, loader byte) {
		s := Read(bytes.NewReader(data), 0, int64(len(data)), Options{Loader: Loader(loader % 3), MaxOps: 100_000})
		var end int64
		for _, a := range s.Arrays {
			if a.At > a.Offset-a.Padding || a.Offset-a.Padding < end || a.Length < 0 || a.Padding < 0 || a.Offset+a.Length > int64(len(data)) {
				t.Fatalf("%+v behind %d in %d bytes", a, end, len(data))
			}
			end = a.Offset + a.Length
			if a.Element.Object {
				continue
			}
			size := a.Element.Size
			for _, n := range a.Shape {
				size *= n
			}
			if size != a.Length {
				t.Fatalf("%+v", a)
			}
		}
		if len(s.Problems) > maxProblems {
			t.Fatal(len(s.Problems))
		}
		if len(s.Arrays)+len(s.Siblings) > s.Wrappers {
			t.Fatal("arrays without a wrapper")
		}
	})
}
