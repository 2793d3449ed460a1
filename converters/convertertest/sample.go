package convertertest

import (
	"bytes"
	"io"
	"strconv"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

// A drawer makes a tree with tensors of every kind that a converter must keep.
type drawer struct {
	tree *tree.Tree
	read func() error // before every read of a tensor's bytes
}

// checkpoint has weights in an OrderedDict, a state, plain values.
func checkpoint(read func() error) *tree.Tree {
	d := &drawer{tree: &tree.Tree{}, read: read}
	weights := &tree.Value{Tag: tree.TagOrdered}
	at := func(name string) []tensor.Key { return []tensor.Key{{Text: "model"}, {Text: name}} }
	for _, info := range tensor.DTypes() {
		name := "all." + info.Torch
		d.add(weights, at(name), tensor.Tensor{DType: info.DType, Shape: []int64{2, 2}, Strides: []int64{2, 1}, Storage: d.storage(name, 4*info.Size)})
	}
	d.add(weights, at("transposed"), tensor.Tensor{DType: tensor.F32, Shape: []int64{3, 2}, Strides: []int64{1, 3}, Storage: d.storage("t", 24)})
	d.add(weights, at("expanded"), tensor.Tensor{DType: tensor.I16, Shape: []int64{2, 3}, Strides: []int64{0, 1}, Offset: 1, Storage: d.storage("e", 8)})
	d.add(weights, at("scalar"), tensor.Tensor{DType: tensor.F64, Storage: d.storage("s", 8)})
	d.add(weights, at("packed"), tensor.Tensor{DType: tensor.F4, Storage: d.storage("p", 1)})
	d.add(weights, at("empty"), tensor.Tensor{DType: tensor.F32, Shape: []int64{0, 3}, Strides: []int64{3, 1}, Storage: d.storage("n", 0)})
	big := d.storage("b", 8)
	big.BigEndian = true
	d.add(weights, at("big"), tensor.Tensor{DType: tensor.I32, Shape: []int64{2}, Strides: []int64{1}, Storage: big})
	tied := d.storage("tied", 8)
	for _, name := range []string{"tied.a", "tied.b"} {
		d.add(weights, at(name), tensor.Tensor{DType: tensor.F32, Shape: []int64{2}, Strides: []int64{1}, Storage: tied})
	}
	state := &tree.Value{Tag: tree.TagDict}
	d.add(state, []tensor.Key{{Text: "optimizer"}, {Text: "step"}}, tensor.Tensor{DType: tensor.F32, Shape: []int64{1}, Strides: []int64{1}, Storage: d.storage("step", 4)})
	d.tree.Root = dict("model", weights, "optimizer", state, "epoch", int64(3), "lr", 0.5, "name", "run \u00e9", "none", nil)
	return d.tree
}

// add puts a tensor into a mapping, under the last key of its path.
func (d *drawer) add(to *tree.Value, path []tensor.Key, t tensor.Tensor) {
	t.Path, t.Name = path, tree.Name(path)
	v := &tree.Value{Tag: tree.TagTensor, Text: t.Name}
	if !t.DType.InSafetensors(len(t.Shape)) {
		v.DType = string(t.DType)
	}
	d.tree.Tensors = append(d.tree.Tensors, tree.Named{View: torch.View{Tensor: t, Class: "Tensor"}, Dict: true, Value: v})
	to.Pairs = append(to.Pairs, [2]*tree.Value{{Plain: path[len(path)-1].Text}, v})
}

// storage is size bytes, each unlike its neighbours.
func (d *drawer) storage(key string, size int64) *tensor.Storage {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*37 + len(key)*11 + 1)
	}
	if len(key) > 4 && key == "all.bool" {
		b = bytes.Repeat([]byte{0, 1}, int(size)/2)
	}
	return &tensor.Storage{Key: key, Size: size, Data: &reader{bytes.NewReader(b), d.read}}
}

// A reader asks before every read.
type reader struct {
	io.ReaderAt
	before func() error
}

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.before(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// dict makes a dict of texts and values.
func dict(kv ...any) *tree.Value {
	out := &tree.Value{Tag: tree.TagDict}
	for i := 0; i < len(kv); i += 2 {
		v, ok := kv[i+1].(*tree.Value)
		if !ok {
			v = &tree.Value{Plain: kv[i+1]}
		}
		out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: kv[i]}, v})
	}
	return out
}

// nested is a tree whose only tensor lies depth lists deep.
func nested(depth int) *tree.Tree {
	d := &drawer{tree: &tree.Tree{}, read: func() error { return nil }}
	inner := &tree.Value{Tag: tree.TagDict}
	path := []tensor.Key{}
	for range depth {
		path = append(path, tensor.Key{Text: strconv.Itoa(0), Int: true})
	}
	d.add(inner, append(path, tensor.Key{Text: "w"}), tensor.Tensor{DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1}, Storage: d.storage("w", 1)})
	root := inner
	for range depth {
		root = &tree.Value{Tag: tree.TagList, Items: []*tree.Value{root}}
	}
	d.tree.Root = root
	return d.tree
}
