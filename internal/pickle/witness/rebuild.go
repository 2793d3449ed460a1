package witness

import (
	"math/big"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// A tensorNode is a tensor in the object tree. Its sizes were copied when the
// rebuild function was called, as torch does.
type tensorNode struct {
	t          Tensor // without Path
	state      any    // what was set on it as attributes, or nil
	called     bool   // by its class, and may be given a state that changes no element
	unmodelled string // why t is not all there is to know, or ""
}

// PySetState is BUILD on a tensor: set_ or __setstate__, which give it other data.
func (n *tensorNode) PySetState(state any) error {
	if t, ok := state.(*types.Tuple); ok && n.called && t.Len() == 3 { // (requires_grad, volatile, hooks)
		return nil
	}
	n.unmodelled = "BUILD on a tensor is not modelled"
	return nil
}

// GoString keeps gopickle's error texts short.
func (n *tensorNode) GoString() string { return "tensor" }

// rebuildTensor follows _rebuild_tensor(storage, offset, size, stride), _v2
// (..., requires_grad, hooks[, metadata]) and _v3 (..., requires_grad, hooks,
// dtype[, metadata]) of torch/_utils.py.
func rebuildTensor(name string, args []any) *tensorNode {
	n := &tensorNode{unmodelled: "odd arguments of " + name}
	least, most := 4, 4
	switch name {
	case "torch._utils._rebuild_tensor_v2":
		least, most = 6, 7
	case "torch._utils._rebuild_tensor_v3":
		least, most = 7, 8
	}
	if len(args) < least || len(args) > most {
		return n
	}
	s, ok := args[0].(*storage)
	if !ok {
		n.unmodelled = "a tensor whose storage is no persistent id"
		return n
	}
	if s.unmodelled != "" {
		n.unmodelled = s.unmodelled
		return n
	}
	n.t.Key, n.t.StorageType = s.key, s.typ
	var okOffset, okSize, okStride, okMeta, okType bool
	n.t.Offset, okOffset = integer(args[1])
	n.t.Size, okSize = integers(args[2])
	n.t.Stride, okStride = integers(args[3])
	okType, okMeta = true, true
	if least == 7 {
		var g *global
		if g, okType = args[6].(*global); okType {
			n.t.DType = g.name
		}
	}
	if most > 4 && len(args) == most {
		n.t.Conj, n.t.Neg, okMeta = metadata(args[most-1])
	}
	if okOffset && okSize && okStride && okType && okMeta {
		n.unmodelled = ""
	}
	return n
}

// metadata reads the {"conj": bool, "neg": bool} argument.
func metadata(v any) (conj, neg, ok bool) {
	if v == nil {
		return false, false, true
	}
	d, ok := v.(*types.Dict)
	if !ok || d.Len() > 2 {
		return false, false, false
	}
	seen := map[any]bool{}
	for _, e := range *d {
		bit, isBool := e.Value.(bool)
		key, isText := e.Key.(string)
		if !isBool || !isText || seen[key] {
			return false, false, false
		}
		seen[key] = true
		switch key {
		case "conj":
			conj = bit
		case "neg":
			neg = bit
		default:
			return false, false, false
		}
	}
	return conj, neg, true
}

// rebuildParameter follows _rebuild_parameter(tensor, requires_grad, hooks)
// and _rebuild_parameter_with_state(..., state): a view of the same tensor.
func rebuildParameter(args []any, want int) any {
	if len(args) != want {
		return &tensorNode{unmodelled: "odd arguments of a parameter"}
	}
	n, ok := args[0].(*tensorNode)
	if !ok {
		return &object{args: args, unmodelled: "a parameter of what is no modelled tensor"}
	}
	if want == 4 {
		return withState(n, args[3])
	}
	return n
}

// calledParameter follows Parameter(tensor[, requires_grad]) of torch/nn/parameter.py, as
// torch before 0.4 wrote it: a view of the same tensor, which takes a state that changes no element.
func calledParameter(args []any) any {
	if len(args) == 0 || len(args) > 2 {
		return &tensorNode{unmodelled: "odd arguments of a parameter"}
	}
	n, ok := rebuildParameter(args, len(args)).(*tensorNode)
	if !ok {
		return &object{args: args, unmodelled: "a parameter of what is no modelled tensor"}
	}
	out := *n
	out.called = true
	return &out
}

// rebuildFromType follows _rebuild_from_type_v2(func, type, args, state) of
// torch/_tensor.py for the plain tensor types.
func rebuildFromType(args []any) any {
	odd := &object{args: args, unmodelled: "a tensor of another class, or with odd arguments"}
	if len(args) != 4 {
		return odd
	}
	fn, okFn := args[0].(*global)
	typ, okType := args[1].(*global)
	inner, okArgs := args[2].(*types.Tuple)
	if !okFn || !okType || !okArgs {
		return odd
	}
	switch typ.name {
	case "torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer":
	default:
		return odd
	}
	switch fn.name {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
		return withState(rebuildTensor(fn.name, *inner), args[3])
	}
	return odd
}

// maxState is how many attributes of a tensor are looked at.
const maxState = 1000

// withState is n with the attributes that state sets, which must not be data
// of the tensor; the walk checks that none of them holds a tensor.
func withState(n *tensorNode, state any) *tensorNode {
	out := *n
	out.state = types.NewTupleFromSlice([]any{n.state, state})
	halves := []any{state}
	if t, ok := state.(*types.Tuple); ok && t.Len() == 2 {
		halves = *t
	}
	for _, half := range halves {
		if half == nil {
			continue
		}
		d, ok := half.(*types.Dict)
		if !ok || d.Len() > maxState {
			out.unmodelled = "an odd state of a tensor"
			return &out
		}
		for _, e := range *d {
			key, ok := e.Key.(string)
			if !ok || strings.HasPrefix(key, "__") || key == "data" || key == "real" || key == "imag" || key == "grad" {
				out.unmodelled = "a state that may change a tensor"
				return &out
			}
		}
	}
	return &out
}

// integer returns v as an int64; False and True are no integers here.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case *big.Int:
		return v.Int64(), v.IsInt64()
	}
	return 0, false
}

// integers copies a tuple or list of integers.
func integers(v any) ([]int64, bool) {
	var items []any
	switch v := v.(type) {
	case *types.Tuple:
		items = *v
	case *types.List:
		items = *v
	default:
		return nil, false
	}
	if len(items) > 64 {
		return nil, false
	}
	out := make([]int64, len(items))
	for i, item := range items {
		n, ok := integer(item)
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}
