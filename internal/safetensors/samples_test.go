package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

// file puts a length before header and data behind it.
func file(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func read(b []byte) (*File, error) {
	return Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
}

// rewrite lays out what f holds again. Its tensors have the raw bytes of
// their range, so that types which package tensor lacks are copied too.
func rewrite(f *File, b []byte) ([]byte, error) {
	var tensors []Tensor
	for i, t := range f.Source(bytes.NewReader(b)) {
		e := f.Entries[i]
		raw := b[f.DataOffset+e.Begin : f.DataOffset+e.End]
		tensors = append(tensors, Tensor{t.Name, t.DType, t.Shape, bytes.NewReader(raw)})
	}
	var metadata []KeyValue
	if f.Metadata != nil {
		metadata = []KeyValue{}
	}
	for _, k := range f.MetadataKeys {
		metadata = append(metadata, KeyValue{k, f.Metadata[k]})
	}
	p, err := Layout(tensors, metadata)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	n, err := p.WriteTo(&out)
	if err == nil && (n != p.Size() || n != int64(out.Len())) {
		err = fmt.Errorf("wrote %d bytes, returned %d, planned %d", out.Len(), n, p.Size())
	}
	return out.Bytes(), err
}

type sample struct {
	Metadata map[string]string
	Tensors  map[string]struct {
		DType string
		Shape []int64
		Hex   string
	}
}

// The samples were written by torch and the reference library: testdata/make.py.
func samples(t testing.TB) map[string]sample {
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]sample
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func readSample(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamplesHoldWhatTorchWrote(t *testing.T) {
	for name, want := range samples(t) {
		t.Run(name, func(t *testing.T) {
			b := readSample(t, name)
			f, err := read(b)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want.Metadata, f.Metadata); d != "" {
				t.Errorf("metadata (-torch +read):\n%s", d)
			}
			got := sample{Metadata: f.Metadata, Tensors: want.Tensors}
			got.Tensors = map[string]struct {
				DType string
				Shape []int64
				Hex   string
			}{}
			for _, x := range f.Source(bytes.NewReader(b)) {
				if err := x.Check(); err != nil {
					t.Errorf("%q: %v", x.Name, err)
				}
				var data bytes.Buffer
				if _, err := x.WriteTo(&data); err != nil {
					t.Errorf("%q: %v", x.Name, err)
				}
				v := got.Tensors[x.Name]
				info, _ := x.DType.Info()
				v.DType, v.Shape, v.Hex = info.Torch, x.Shape, hex.EncodeToString(data.Bytes())
				got.Tensors[x.Name] = v
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("tensors (-torch +read):\n%s", d)
			}
			again, err := rewrite(f, b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, b) {
				t.Errorf("rewritten file differs from the reference writer's:\n%q\n%q", again, b)
			}
		})
	}
}
