package witness

import (
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// A recorder resolves names for gopickle: every one becomes an inert value.
type recorder struct{ refused string }

func (r *recorder) findClass(module, name string) (any, error) {
	return &global{rec: r, name: module + "." + name}, nil
}

// A global is a name that the stream imports.
type global struct {
	rec  *recorder
	name string // "torch._utils._rebuild_tensor_v2"
}

// Call records a call; the calls that build tensors are understood.
func (g *global) Call(args ...any) (any, error) {
	switch g.name {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
		return rebuildTensor(g.name, args), nil
	case "torch._utils._rebuild_parameter":
		return rebuildParameter(args, 3), nil
	case "torch._utils._rebuild_parameter_with_state":
		return rebuildParameter(args, 4), nil
	case "torch.nn.parameter.Parameter":
		return calledParameter(args), nil
	case "torch._tensor._rebuild_from_type_v2":
		return rebuildFromType(args), nil
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		return reconstructArray(args), nil
	case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
		return arrayFromBuffer(args), nil
	case "numpy.ma.core._mareconstruct":
		return reconstructMasked(args), nil
	case "numpy.dtype":
		return newDType(args), nil
	}
	o := &object{of: g, args: args}
	if strings.HasPrefix(g.name, "torch._utils._rebuild") || strings.HasPrefix(g.name, "torch._tensor._rebuild") ||
		g.name == "torch.storage._load_from_bytes" {
		o.unmodelled = quote(g.name) + " is not modelled"
	}
	return o, nil
}

// PyNew records the creation of an instance.
func (g *global) PyNew(args ...any) (any, error) { return &object{of: g, args: args}, nil }

// PySetState is BUILD on the name itself, which changes a class or a module.
func (g *global) PySetState(any) error { g.change(); return nil }

// Append is APPEND on the name itself.
func (g *global) Append(any) { g.change() }

// Set is SETITEM on the name itself.
func (g *global) Set(_, _ any) { g.change() }

// Add is ADDITEMS on the name itself.
func (g *global) Add(any) { g.change() }

func (g *global) change() { g.rec.refused = "the stream changes " + quote(g.name) }

// GoString keeps gopickle's error texts short.
func (g *global) GoString() string { return "global" }

// An object is the result of a call that the witness does not understand. It
// keeps whatever was put into it, so that tensors inside are not overlooked.
type object struct {
	of         any    // the callee: a *global or an *object
	args       []any  // shared with the stream's argument tuple
	held       []any  // states, items, keys and values that were put in later
	unmodelled string // why its place in the tree might be a tensor's, or ""
}

// Call records a call of the object.
func (o *object) Call(args ...any) (any, error) { return &object{of: o, args: args}, nil }

// PyNew records the creation of an instance of the object.
func (o *object) PyNew(args ...any) (any, error) { return &object{of: o, args: args}, nil }

// PySetState records a BUILD.
func (o *object) PySetState(state any) error {
	o.held = append(o.held, state)
	return nil
}

// Append records an item.
func (o *object) Append(v any) { o.held = append(o.held, v) }

// Set records a key and a value.
func (o *object) Set(k, v any) { o.held = append(o.held, k, v) }

// Add records a member.
func (o *object) Add(v any) { o.held = append(o.held, v) }

// GoString keeps gopickle's error texts short.
func (o *object) GoString() string { return "object" }

// class names what the object was made by.
func (o *object) class() string {
	if g, ok := o.of.(*global); ok {
		return quote(g.name)
	}
	return "the result of a call"
}

// A storage is a persistent id of a tensor's bytes.
type storage struct {
	key, typ   string
	unmodelled string
}

// persistent understands ("storage", type, key, location, numel[, view]) and
// ("module", class, file, source), as torch/serialization.py writes them.
func persistent(id any) (any, error) {
	s := &storage{unmodelled: "an odd persistent id"}
	t, ok := id.(*types.Tuple)
	if !ok || t.Len() < 2 {
		return s, nil
	}
	typ, isGlobal := t.Get(1).(*global)
	switch t.Get(0) {
	case "module":
		return t.Get(1), nil
	case "storage":
		if !isGlobal || t.Len() < 5 || t.Len() > 6 {
			return s, nil
		}
		key, ok := t.Get(2).(string)
		if !ok || strings.HasPrefix(key, cutPrefix) {
			return s, nil
		}
		if t.Len() == 6 && t.Get(5) != nil {
			return &storage{unmodelled: "a view of a storage"}, nil
		}
		return &storage{key: key, typ: typ.name}, nil
	}
	return s, nil
}

// quote makes a name from the file fit to be printed.
func quote(name string) string {
	if len(name) > 80 {
		name = name[:80] + "..."
	}
	return fmt.Sprintf("%q", name)
}
