package numpy

import (
	"bytes"
	"io"
	"os"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// An array that is read has exactly the bytes that its shape and type need,
// and all of them are there.
func FuzzArrayOf(f *testing.F) {
	for _, name := range []string{"arrays-p2.pkl", "arrays-p5.pkl", "exotic-p4.pkl", "scalars-p0.pkl"} {
		data, err := os.ReadFile("../../testdata/pickle/numpy-2.4/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxBytes: 4 << 20})
		for i := range tr.Events {
			if tr.Events[i].Kind != sym.EventCall {
				continue
			}
			a, err := NewReader(bytes.NewReader(data)).ArrayOf(tr.Events[i].Node)
			if err != nil {
				continue
			}
			want := a.DType.Size
			for _, n := range a.Shape {
				want *= n
			}
			if a.Data.Size != want {
				t.Fatalf("%v of %s has %d bytes", a.Shape, a.DType.Str, a.Data.Size)
			}
			if n, err := io.Copy(io.Discard, io.NewSectionReader(a.Data.Data, 0, a.Data.Size)); n != want {
				t.Fatalf("%d of %d bytes: %v", n, want, err)
			}
		}
	})
}
