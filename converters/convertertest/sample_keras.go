package convertertest

import (
	"fmt"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// kerasModel has weights of every type that Keras keeps, the state of an optimizer,
// and what a file of Keras says of its layers.
func kerasModel(read func() error, legacy bool) *tree.Tree {
	d := &drawer{tree: &tree.Tree{}, read: read}
	weights, state, names := &tree.Value{Tag: tree.TagDict}, &tree.Value{Tag: tree.TagDict}, &tree.Value{Tag: tree.TagList}
	add := func(name string, t tensor.Tensor) {
		if legacy {
			name = "dense/" + name + ":0"
			names.Items = append(names.Items, &tree.Value{Plain: name})
		} else {
			name = fmt.Sprintf("layers.dense.vars.%d", len(weights.Pairs))
		}
		d.add(weights, []tensor.Key{{Text: "weights"}, {Text: name}}, t)
	}
	for _, kind := range []tensor.DType{tensor.Bool, tensor.U8, tensor.I8, tensor.U16, tensor.I16, tensor.F16, tensor.BF16, tensor.U32, tensor.I32, tensor.F32,
		tensor.U64, tensor.I64, tensor.F64, tensor.C64, tensor.C128} {
		info, _ := kind.Info()
		if kind != tensor.BF16 || !legacy { // which the older form does not have
			add(info.Torch, tensor.Tensor{DType: kind, Shape: []int64{2, 2}, Strides: []int64{2, 1}, Storage: d.storage("all."+info.Torch, 4*info.Size)})
		}
	}
	add("transposed", tensor.Tensor{DType: tensor.F32, Shape: []int64{3, 2}, Strides: []int64{1, 3}, Storage: d.storage("t", 24)})
	add("scalar", tensor.Tensor{DType: tensor.F64, Storage: d.storage("s", 8)})
	add("empty", tensor.Tensor{DType: tensor.F32, Shape: []int64{0, 3}, Strides: []int64{3, 1}, Storage: d.storage("n", 0)})
	big := d.storage("b", 8)
	big.BigEndian = true
	add("big", tensor.Tensor{DType: tensor.I32, Shape: []int64{2}, Strides: []int64{1}, Storage: big})
	step := map[bool]string{true: "Adam/m/dense/kernel:0", false: "vars.0"}[legacy]
	d.add(state, []tensor.Key{{Text: "optimizer"}, {Text: step}}, tensor.Tensor{DType: tensor.I64, Storage: d.storage("step", 8)})
	d.tree.Root = dict("weights", weights, "optimizer", state)
	if legacy {
		d.tree.Root.Pairs = append(d.tree.Root.Pairs, dict("layer_names", dict("dense", names, "dropout", &tree.Value{Tag: tree.TagList}),
			"backend", "tensorflow", "keras_version", "2.15.0").Pairs...)
	} else {
		d.tree.Root.Pairs = append(d.tree.Root.Pairs, dict("names", dict("", "model", "layers.dense", "hidden"),
			"empty_groups", &tree.Value{Tag: tree.TagList, Items: []*tree.Value{{Plain: "layers/dropout/vars"}}}).Pairs...)
	}
	return d.tree
}
