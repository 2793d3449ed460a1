package weights

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/safeio"
)

func numbers(name string) *hdf5.Node {
	float := &hdf5.Type{Class: hdf5.Float, Size: 4, Precision: 32, Layout: hdf5.FloatLayout{Sign: 31, Exponent: 23, ExponentSize: 8, MantissaSize: 23, Bias: 127, Norm: 2}}
	return &hdf5.Node{Name: name, Data: &hdf5.NewData{Type: float, Dims: []int64{2}, Write: func(w io.Writer) error {
		_, err := w.Write(make([]byte, 8))
		return err
	}}}
}

func listOf(name string, values ...string) hdf5.NewAttribute {
	return hdf5.NewAttribute{Name: name, Type: &hdf5.Type{Class: hdf5.VarLen, Text: true, Size: 16, UTF8: true, Base: &hdf5.Type{Class: hdf5.String, Size: 1, UTF8: true}}, Dims: []int64{int64(len(values))}, Texts: values}
}

func written(t *testing.T, root *hdf5.Node) []byte {
	t.Helper()
	plan, err := hdf5.PlanFile(root)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := plan.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestRefused: a weight or a layer that a list names and the file lacks is refused;
// what no list names is kept, apart.
func TestRefused(t *testing.T) {
	layer := &hdf5.Node{Name: "a", Attributes: []hdf5.NewAttribute{listOf("weight_names", "a/w", "a/lost")},
		Children: []*hdf5.Node{{Name: "a", Children: []*hdf5.Node{numbers("w"), numbers("unlisted")}}}}
	tr := made(t, written(t, &hdf5.Node{Attributes: []hdf5.NewAttribute{listOf("layer_names", "a", "gone")}, Children: []*hdf5.Node{layer}}), nil)
	if got := strings.Join(names(tr), " "); got != "weights.a/w other.a.a.unlisted" {
		t.Error(got)
	}
	if len(tr.Refused) != 2 || tr.Refused[0].Path != "weights.a/lost" || tr.Refused[1].Path != "weights.gone" {
		t.Error(tr.Refused)
	}
}

// TestTwoOfOneName: names that only their separators tell apart are no tree.
func TestTwoOfOneName(t *testing.T) {
	root := &hdf5.Node{Children: []*hdf5.Node{{Name: "a.b", Children: []*hdf5.Node{numbers("c")}}, {Name: "a", Children: []*hdf5.Node{numbers("b.c")}}}}
	data := written(t, root)
	f, err := hdf5.Open(bytes.NewReader(data), int64(len(data)), safeio.Limits{}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Tree(f, nil); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
}

// FuzzTree checks that a tree's tensors lie inside their bytes, and that whatever can
// be had can be read.
func FuzzTree(f *testing.F) {
	for _, name := range []string{"keras-2.15/dense.weights.h5", "keras-3.15/types.h5", "keras-3.15/nested.h5"} {
		data, err := os.ReadFile(folder + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := hdf5.Open(bytes.NewReader(data), int64(len(data)), safeio.Limits{MaxAlloc: 1 << 20, MaxExpand: 1 << 20}.WithDefaults())
		if err != nil {
			return
		}
		out, err := Tree(file, Texts{"config": "{}"})
		if err != nil {
			return
		}
		for i := range out.Tensors {
			n := &out.Tensors[i]
			if err := n.Check(); err != nil {
				t.Fatal(n.Name, err)
			}
			if o := n.Storage.Origin; o.End > int64(len(data)) || o.Start > o.End || n.Storage.Decoder == "" && o.End-o.Start != n.Storage.Size {
				t.Fatalf("%s lies at %d to %d of %d", n.Name, o.Start, o.End, len(data))
			}
		}
	})
}
