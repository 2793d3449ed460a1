package decompile

import (
	"fmt"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// folded describes a tensor, array or type of the libraries in short. Whatever
// is not in the usual form, or was changed in a way that is not harmless, is
// described as the call that it is.
func (p *printer) folded(n *sym.Node) (string, bool) {
	call := n.Call()
	if call == nil && n.Kind == sym.Object && n.Of() != nil {
		return p.readArray(n.Of()), true
	}
	if call == nil || call.Func.Kind != sym.Global || p.judge.Untrusted[n] || !call.Known || p.targets[n] {
		return "", false
	}
	switch name := call.Func.FullName(); {
	case call.Func.Module() == "torch._utils" || call.Func.Module() == "torch._tensor":
		return p.tensor(call.Func, call.Args, 0)
	case strings.HasSuffix(name, ".multiarray._reconstruct"):
		return p.array(n)
	case strings.HasSuffix(name, ".numeric._frombuffer") && len(call.Args) == 4:
		shape, ok := shapeOf(call.Args, 2)
		return fmt.Sprintf("array(%s %s)", dtype(call.Args[1]), shape), ok
	case strings.HasSuffix(name, ".multiarray.scalar") && len(call.Args) > 0:
		return "numpy scalar(" + dtype(call.Args[0]) + ")", true
	case name == "numpy.dtype" && len(call.Args) > 0:
		return "dtype(" + dtype(n) + ")", true
	case name == "torch.storage._load_from_bytes" && len(call.Args) == 1:
		return fmt.Sprintf("storage in the bytes at %#x", call.Args[0].Pos), true
	}
	return "", false
}

// tensor: torch/_utils.py, _rebuild_tensor_v2(storage, offset, size, stride, ...)
// and what wraps it.
func (p *printer) tensor(fn *sym.Node, args []*sym.Node, depth int) (string, bool) {
	if depth > 4 || fn.Kind != sym.Global || len(args) == 0 {
		return "", false
	}
	switch fn.Name() {
	case "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3":
		shape, ok := shapeOf(args, 2)
		if !ok {
			return "", false
		}
		element := elementOf(args[0])
		if fn.Name() == "_rebuild_tensor_v3" && len(args) > 6 && args[6].Kind == sym.Global {
			element = args[6].Name()
		}
		return fmt.Sprintf("tensor(%s %s, %s)", plain(element), shape, p.storage(args[0])), true
	case "_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter":
		if text, ok := p.folded(args[0]); ok && strings.HasPrefix(text, "tensor(") {
			return "parameter" + strings.TrimPrefix(text, "tensor"), true
		}
	case "_rebuild_from_type_v2":
		if len(args) == 4 && args[1].Kind == sym.Global {
			if text, ok := p.tensor(args[0], args[2].Items(), depth+1); ok {
				return global(args[1]) + "(" + text + ")", true
			}
		}
	}
	return "", false
}

// elementOf is the element type that a storage's class names
// (torch/storage.py, _dtype_to_storage_type_map).
func elementOf(storage *sym.Node) string {
	if storage.Kind != sym.Persistent || len(storage.Of().Items()) < 2 || storage.Of().Items()[1].Kind != sym.Global {
		return "?"
	}
	class := strings.TrimSuffix(storage.Of().Items()[1].Name(), "Storage")
	for _, t := range [][2]string{{"Float", "float32"}, {"Double", "float64"}, {"Half", "float16"}, {"BFloat16", "bfloat16"}, {"Long", "int64"},
		{"Int", "int32"}, {"Short", "int16"}, {"Char", "int8"}, {"Byte", "uint8"}, {"Bool", "bool"}, {"ComplexFloat", "complex64"},
		{"ComplexDouble", "complex128"}, {"Untyped", "?"}} {
		if t[0] == class {
			return t[1]
		}
	}
	return class
}

func (p *printer) storage(n *sym.Node) string {
	if n.Kind == sym.Persistent {
		return p.persistent(n)
	}
	return p.value(n, 60)
}

// persistent describes a persistent id: a storage of the container by its key,
// anything else as the question to the loader that it is.
func (p *printer) persistent(n *sym.Node) string {
	id := n.Of()
	if items := id.Items(); id.Kind == sym.Tuple && len(items) >= 5 && items[0].Text == "storage" && items[2].Kind == sym.String &&
		(p.opt.Storage == nil || p.opt.Storage(n)) && !p.judge.Untrusted[n] {
		return "storage " + plain(items[2].Text)
	}
	return "persistent_load(" + p.inner(id, 200) + ")"
}

// shapeOf is the tuple of sizes among arguments, "[2, 3]".
func shapeOf(args []*sym.Node, at int) (string, bool) {
	if at >= len(args) {
		return "", false
	}
	sizes := args[at]
	if sizes.Kind == sym.Object && sizes.Call() != nil && sizes.Call().Func.Is("torch", "Size") && len(sizes.Call().Args) == 1 {
		sizes = sizes.Call().Args[0]
	}
	if sizes.Kind != sym.Tuple && sizes.Kind != sym.List || len(sizes.Items()) > 64 {
		return "", false
	}
	parts := make([]string, 0, 8)
	for _, s := range sizes.Items() {
		if s.Kind != sym.Int && s.Kind != sym.Bool {
			return "", false
		}
		parts = append(parts, scalar(s))
	}
	return "[" + strings.Join(parts, ", ") + "]", true
}

// array: numpy's _reconstruct(type, shape, typechar) with the state (version,
// shape, dtype, is_f_order, data) (numpy/_core/src/multiarray/methods.c, array_setstate).
func (p *printer) array(n *sym.Node) (string, bool) {
	s := n.States()
	if len(s) != 1 || s[0].Frozen.Kind != sym.Tuple || len(s[0].Frozen.Items()) != 5 {
		return "", false
	}
	items := s[0].Frozen.Items()
	shape, ok := shapeOf(items, 1)
	if !ok {
		return "", false
	}
	text := fmt.Sprintf("array(%s %s)", dtype(items[2]), shape)
	if items[4].Kind == sym.List {
		text = strings.TrimSuffix(text, ")") + ", objects " + p.inner(items[4], 80) + ")"
	}
	return text, true
}

// readArray describes what joblib puts in the place of a wrapper: the array
// whose shape and dtype the wrapper's state has (joblib/numpy_pickle.py,
// NumpyArrayWrapper).
func (p *printer) readArray(wrapper *sym.Node) string {
	states := wrapper.States()
	if len(states) == 0 {
		return "array(from the file)"
	}
	var args [2]*sym.Node
	for _, pair := range states[len(states)-1].Frozen.Pairs() {
		switch pair.Key.Text {
		case "shape":
			args[0] = pair.Value
		case "dtype":
			args[1] = pair.Value
		}
	}
	if args[0] == nil || args[1] == nil {
		return "array(from the file)"
	}
	shape, ok := shapeOf(args[:1], 0)
	if !ok {
		return "array(from the file)"
	}
	return fmt.Sprintf("array(%s %s, from the file)", dtype(args[1]), shape)
}

// dtype is the name that a numpy.dtype call was given.
func dtype(n *sym.Node) string {
	if n.Kind == sym.Object && n.Call() != nil && len(n.Call().Args) > 0 && n.Call().Args[0].Kind == sym.String {
		return plain(n.Call().Args[0].Text)
	}
	return "?"
}
