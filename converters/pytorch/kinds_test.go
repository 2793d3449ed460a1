package pytorch

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

// beside is a tree with one tensor, "w", beside the value of a JSON text.
func beside(t *testing.T, text string) *tree.Tree {
	t.Helper()
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w := &tree.Value{Tag: tree.TagTensor, Text: "w"}
	n := tree.Named{View: torch.View{Class: "Tensor", Tensor: tensor.Tensor{Name: "w", Path: []tensor.Key{{Text: "w"}}, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1},
		Storage: &tensor.Storage{Key: "w", Size: 1, Data: strings.NewReader("x")}}}, Value: w}
	return &tree.Tree{Root: dict("w", w, "v", v), Tensors: []tree.Named{n}}
}

// What torch's restricted loader cannot hold becomes what it can, and is said.
func TestKinds(t *testing.T) {
	for _, c := range []struct{ from, to, said string }{
		{`{"list":[null,true,-5,1.5,"x",{"float":"inf"}]}`, "", ""},
		{`{"ordered":[["a",1]],"attributes":[["_metadata",{"dict":[]}]]}`, "", ""},
		{`{"dict":[["a",1]],"class":"collections.Counter"}`, "", ""},
		{`{"tuple":[{"size":[2]},{"word":"torch.float16","class":"torch.dtype"},{"word":"cuda:1","class":"torch.device"},{"bytes":"AP8="},{"bytes":"AP8=","class":"bytearray"}]}`, "", ""},
		{`{"object":"builtins.complex","args":[1.0,2.0]}`, "", ""},
		{`{"set":[1,"a",{"tuple":[1,2]}]}`, "", ""},
		{`{"dict":[[{"tuple":[1,"a"]},2],[3.5,4],[null,5]]}`, "", ""},
		{`{"list":[{"ref":1}],"id":1}`, "", ""},
		{`{"list":[{"list":[],"id":1},{"ref":1}]}`, "", ""},
		{`{"word":"evil","class":"torch.device"}`, `"evil"`, "kept as its name"},
		{`{"word":"torch.system","class":"torch.dtype"}`, `"torch.system"`, "kept as its name"},
		{`{"frozenset":[1]}`, `{"set":[1]}`, "a frozenset, kept as a set"},
		{`{"set":[{"frozenset":[1]}]}`, `{"set":[{"tuple":[1]}]}`, "kept as a tuple"},
		{`{"dict":[[1,null]],"class":"collections.defaultdict","attributes":[["default_factory",{"omitted":"a name","class":"builtins.list"}]]}`, `{"dict":[[1,null]]}`, "a collections.defaultdict, kept as a dict"},
		{`{"object":"argparse.Namespace","attributes":[["lr",0.5]]}`, `{"dict":[["__class__","argparse.Namespace"],["lr",0.5]]}`, "an object of argparse.Namespace, kept as a dict"},
		{`{"object":"lightning.fabric.utilities.data.AttributeDict","pairs":[["a",{"object":"acme.Box","pairs":[["b",1]]}]]}`, `{"dict":[["a",{"dict":[["b",1]]}]]}`, "an object of acme.Box, kept as a dict"},
		{`{"object":"pytorch_lightning.utilities.parsing.AttributeDict"}`, `{"dict":[]}`, "kept as a dict"},
		{`{"object":"acme.Box","pairs":[["a",1]],"attributes":[["n",2]]}`, `{"dict":[["__class__","acme.Box"],["__pairs__",{"dict":[["a",1]]}],["n",2]]}`, "kept as a dict"},
		{`{"object":"acme.Color","args":[1]}`, `{"dict":[["__class__","acme.Color"],["__args__",{"tuple":[1]}]]}`, "kept as a dict"},
		{`{"object":"pathlib.PosixPath","args":["/","a","b"]}`, `"/a/b"`, "a pathlib.PosixPath, kept as text"},
		{`{"set":[{"object":"acme.Color","args":[1]}]}`, `{"set":[{"tuple":["acme.Color",1]}]}`, "kept as a tuple"},
		{`{"list":[{"dict":[[{"object":"acme.Color","args":[1],"id":1},1]]},{"ref":1}]}`, `{"list":[{"dict":[[{"tuple":["acme.Color",1]},1]]},{"dict":[["__class__","acme.Color"],["__args__",{"tuple":[1]}]]}]}`, "kept as a dict"},
		{`{"module":"a.Net","pairs":[["0",{"module":"b.Lazy","pairs":[["n",1]],"attributes":[["hook",{"object":"builtins.getattr","args":[{"ref":4},"f"]}]],"id":4}]]}`,
			`{"ordered":[["0.n",1]],"attributes":[["modelaudit_modules",{"dict":[["",{"dict":[["class","a.Net"]]}],["0",{"dict":[["class","b.Lazy"],["attributes",{"dict":[["hook",{"dict":[["__class__","builtins.getattr"],["__args__",{"tuple":[null,"f"]}]]}]]}]]}]]}]]}`,
			"hook.0: left out: the module of b.Lazy that it is in"},
		{`{"module":"torch.nn.modules.container.Sequential","pairs":[["0",{"module":"torch.ao.nn.quantized.dynamic.modules.linear.Linear","pairs":[["n",1]]}],["1",{"module":"a.Net"}]]}`,
			`{"ordered":[["0.n",1]],"attributes":[["_metadata",{"ordered":[["",{"dict":[["version",1]]}],["0",{"dict":[["version",4]]}]]}],["modelaudit_modules",{"dict":[["",{"dict":[["class","torch.nn.modules.container.Sequential"]]}],["0",{"dict":[["class","torch.ao.nn.quantized.dynamic.modules.linear.Linear"]]}],["1",{"dict":[["class","a.Net"]]}]]}]]}`,
			"kept as its state_dict"},
		{`{"omitted":"made by acme.f","class":"acme.f"}`, `null`, "left out: made by acme.f"},
		{`{"omitted":"made by acme.Color","class":"acme.Color","args":[2]}`, `{"dict":[["__class__","acme.Color"],["__args__",{"tuple":[2]}]]}`, "what acme.Color makes, kept as a dict of the name and the arguments"},
		{`{"scalar":"AAAAAAAA4D8=","class":"<f8"}`, `0.5`, "numpy scalars are kept as Python values"},
		{`{"scalar":"P+AAAAAAAAA=","class":">f8"}`, `0.5`, "numpy scalars"},
		{`{"scalar":"//8=","class":"<i2"}`, `-1`, "numpy scalars"},
		{`{"scalar":"//////////8=","class":"<u8"}`, `18446744073709551615`, "numpy scalars"},
		{`{"scalar":"ADg=","class":"<f2"}`, `0.5`, "numpy scalars"},
		{`{"scalar":"AQ==","class":"|b1"}`, `true`, "numpy scalars"},
		{`{"scalar":"YQAAAGIAAAAAAAAA","class":"<U3"}`, `"ab"`, "numpy scalars"},
		{`{"scalar":"YWIA","class":"|S3"}`, `{"bytes":"YWI="}`, "numpy scalars"},
		{`{"scalar":"AAAAAAAAAAA=","class":"<M8[D]"}`, `{"bytes":"AAAAAAAAAAA="}`, "kept as its bytes"},
	} {
		parts, err := Plan(beside(t, c.from), conversion.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.from, err)
			continue
		}
		tree.Canonical(parts[0].Expect.Root)
		got, err := json.Marshal(parts[0].Expect.Root.Pairs[1][1])
		want := c.to
		if want == "" {
			want = c.from
		}
		if err != nil || string(got) != want {
			t.Errorf("%s became %s, %v, want %s", c.from, got, err, want)
		}
		said := ""
		for _, n := range parts[0].Changed {
			said += n.Path + ": " + n.Reason + "\n"
		}
		if (c.said == "") != (said == "") || !strings.Contains(said, c.said) {
			t.Errorf("%s: said %q, want %q", c.from, said, c.said)
		}
	}
}

// What no torch could load is refused, where torch tells by types and shapes.
func TestFits(t *testing.T) {
	of := func(d tensor.DType, shape ...int64) *tensor.Tensor { return &tensor.Tensor{DType: d, Shape: shape} }
	i := tensor.I64
	for _, c := range []struct {
		name      string
		ok, lying bool
	}{
		{"coo", fitsCOO([]int64{3, 4, 2}, of(i, 2, 5), of(tensor.F32, 5, 2)), fitsCOO([]int64{10, 10}, of(tensor.F32, 4), of(tensor.F32, 2))},
		{"coo of more values", fitsCOO([]int64{3}, of(i, 1, 5), of(tensor.F32, 5)), fitsCOO([]int64{3}, of(i, 1, 5), of(tensor.F32, 6))},
		{"csr", fitsCompressed("csr", []int64{3, 4}, of(i, 4), of(i, 5), of(tensor.F32, 5)), fitsCompressed("csr", []int64{3, 4}, of(i, 3), of(i, 5), of(tensor.F32, 5))},
		{"csc in batches", fitsCompressed("csc", []int64{2, 3, 4}, of(i, 2, 5), of(i, 2, 6), of(tensor.F32, 2, 6)), fitsCompressed("csc", []int64{2, 3, 4}, of(i, 2, 4), of(i, 2, 6), of(tensor.F32, 2, 6))},
		{"bsr", fitsCompressed("bsr", []int64{4, 6}, of(i, 3), of(i, 1), of(tensor.F32, 1, 2, 3)), fitsCompressed("bsr", []int64{4, 6}, of(i, 3), of(i, 1), of(tensor.F32, 1))},
		{"dtype", isDType("int4") && isDType("float16"), isDType("system") || isDType("int8_t") || isDType("int9")},
		{"gradient", differentiable(tensor.BF16) && differentiable(tensor.C64), differentiable(i) || differentiable(tensor.Bool)},
	} {
		if !c.ok || c.lying {
			t.Errorf("%s: right ones %v, wrong ones %v", c.name, c.ok, c.lying)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ from, want string }{
		{`{"word":"cuda:x","class":"torch.device"}`, "is no device"},
		{`{"meta":"evil","shape":[4]}`, "makes no meta tensor"},
		{`{"meta":"float32","shape":[4611686018427387904,4]}`, "makes no meta tensor"},
		{`{"sparse":"coo","shape":[10,10]}`, "makes no sparse tensor"},
		{`{"tuple":[{"list":[{"ref":1}]}],"id":1}`, "a tuple that holds itself"},
		{`{"set":[{"list":[]}]}`, "a list as a key"},
		{`{"list":[{"dict":[],"class":"collections.defaultdict","attributes":[["default_factory",{"list":[],"id":1}]]},{"ref":1}]}`, "a reference to a value that is not written"},
		{`{"set":[{"object":"a","args":[{"ref":1}],"id":1}]}`, "nested too deeply"},
	} {
		if _, err := Plan(beside(t, c.from), conversion.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.from, err, c.want)
		}
	}
	if _, err := Plan(beside(t, `1`), conversion.Options{MaxShardSize: 1}); err == nil || !strings.Contains(err.Error(), "shards of torch hold a state_dict alone") {
		t.Errorf("shards: %v", err)
	}
}

// zeros writes n zero bytes without holding them.
type zeros int64

func (z zeros) WriteTo(w io.Writer) (int64, error) {
	buf := make([]byte, 1<<20)
	for left := int64(z); left > 0; {
		n := min(left, int64(len(buf)))
		if _, err := w.Write(buf[:n]); err != nil {
			return 0, err
		}
		left -= n
	}
	return int64(z), nil
}

// A sparse file keeps what is not zero, for a reader that goes to its end only.
type sparse struct {
	tail []byte
	size int64
}

func (s *sparse) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.tail = append(s.tail, p...)
	if len(s.tail) > 64<<20 {
		s.tail = append(s.tail[:0], s.tail[len(s.tail)-8<<20:]...)
	}
	return len(p), nil
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(s.tail).ReadAt(p, off-(s.size-int64(len(s.tail))))
}

// A file of more than 4 GiB and one of more than 65,535 records are zip64, which
// Go's reader finds every record of.
func TestZip64(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 4 GiB to nowhere")
	}
	var many []*record
	for range 70_000 {
		many = append(many, bytesOf("data/0", []byte("x")))
	}
	for name, records := range map[string][]*record{
		"large": {bytesOf("data.pkl", []byte("x")), {name: "data/0", data: zeros(math.MaxUint32 + 10), size: math.MaxUint32 + 10}, bytesOf("data/1", []byte("y")), bytesOf("data/2", nil)},
		"many":  many,
	} {
		a, err := newArchive(records)
		if err != nil {
			t.Fatal(err)
		}
		var out sparse
		if n, err := a.writeTo(&out); err != nil || n != a.size || out.size != n {
			t.Fatalf("%s: %d of %d: %v", name, n, a.size, err)
		}
		z, err := zip.NewReader(&out, out.size)
		if err != nil || len(z.File) != len(records)+1 {
			t.Fatalf("%s: %v, %v", name, z, err)
		}
		if name == "many" {
			continue
		}
		sizes := []uint64{}
		for _, f := range z.File {
			sizes = append(sizes, f.UncompressedSize64)
		}
		if diff := cmp.Diff([]uint64{1, math.MaxUint32 + 10, 1, 0, 40}, sizes); diff != "" {
			t.Error(diff)
		}
		r, err := z.File[2].Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "y" {
			t.Errorf("behind 4 GiB: %q, %v", got, err)
		}
		if at, err := z.File[2].DataOffset(); err != nil || at%alignment != 0 {
			t.Errorf("not aligned: %d, %v", at, err)
		}
	}
}
