package safetensors

import (
	"bytes"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/modelaudit/action/internal/tensor"
)

// drawTensors draws tensors of all types with their bytes.
func drawTensors(t *rapid.T) []Tensor {
	names := rapid.SliceOfNDistinct(rapid.String(), 0, 12, rapid.ID[string]).Draw(t, "names")
	out := make([]Tensor, 0, len(names))
	for _, name := range names {
		if name == metadataKey {
			continue
		}
		x := Tensor{Name: name, DType: dtypes[rapid.IntRange(0, len(dtypes)-1).Draw(t, "dtype")].dtype}
		x.Shape = rapid.SliceOfN(rapid.Int64Range(0, 5), 0, 4).Draw(t, "shape")
		if x.DType == F6E2M3 || x.DType == F6E3M2 {
			x.Shape = append(x.Shape, 4) // four times six bits are whole bytes
		}
		if x.DType == tensor.F4 {
			x.Shape = append(x.Shape, 1)
		}
		e, _, err := entryOf(x)
		if err != nil {
			t.Fatal(err)
		}
		x.Data = bytes.NewReader(rapid.SliceOfN(rapid.Byte(), int(e.End), int(e.End)).Draw(t, "data"))
		out = append(out, x)
	}
	return out
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tensors := drawTensors(t)
		var metadata []KeyValue
		for _, k := range rapid.SliceOfNDistinct(rapid.String(), 0, 4, rapid.ID[string]).Draw(t, "keys") {
			metadata = append(metadata, KeyValue{k, rapid.String().Draw(t, "value")})
		}
		p, err := Layout(tensors, metadata)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := p.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		f, err := read(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if f.DataOffset%8 != 0 || len(f.Entries) != len(tensors) || len(f.MetadataKeys) != len(metadata) {
			t.Fatalf("data at %d, %d entries, %d metadata keys", f.DataOffset, len(f.Entries), len(f.MetadataKeys))
		}
		checkTiling(t, f, p.Size())
		checkSame(t, f, p.Entries())
		for i, kv := range metadata {
			if f.MetadataKeys[i] != kv.Key || f.Metadata[kv.Key] != kv.Value {
				t.Fatalf("metadata %q", kv.Key)
			}
		}
		want := map[string]Tensor{}
		for _, x := range tensors {
			want[x.Name] = x
		}
		for _, e := range f.Entries {
			data := want[e.Name].Data.(*bytes.Reader)
			got := out.Bytes()[f.DataOffset+e.Begin : f.DataOffset+e.End]
			if _, err := data.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if raw, _ := io.ReadAll(data); !bytes.Equal(raw, got) {
				t.Fatalf("tensor %q: %x, want %x", e.Name, got, raw)
			}
		}
	})
}

// checkTiling checks that the entries cover the data section without hole or
// overlap, and that each is aligned to its element's size.
func checkTiling(t *rapid.T, f *File, size int64) {
	end := int64(0)
	for _, e := range f.Entries {
		if e.Begin != end || e.End < e.Begin {
			t.Fatalf("tensor %q at [%d,%d) after %d", e.Name, e.Begin, e.End, end)
		}
		if width := int64(dtypes[dtypeRank(e.DType)].bits / 8); width > 1 && e.Begin%width != 0 {
			t.Fatalf("tensor %q of %s at %d is not aligned", e.Name, e.DType, e.Begin)
		}
		end = e.End
	}
	if f.DataOffset+end != size {
		t.Fatalf("the tensors end at %d, the file at %d", f.DataOffset+end, size)
	}
}

func checkSame(t *rapid.T, f *File, planned []Entry) {
	for i, e := range f.Entries {
		p := planned[i]
		if e.Name != p.Name || e.DType != p.DType || e.Begin != p.Begin || e.End != p.End {
			t.Fatalf("read %v, planned %v", e, p)
		}
	}
}
