package witness

import (
	"iter"
	"slices"

	"github.com/nlpodyssey/gopickle/types"
)

// A module is an object that got one state with the three mappings of
// torch.nn.Module (torch/nn/modules/module.py, Module.__init__). Its class does
// not matter: state_dict() names what the mappings hold.
type module struct {
	parts  [3]iter.Seq2[any, any] // parameters, buffers, modules
	keys   [3]any                 // the mappings themselves
	hidden map[string]struct{}    // buffers that are not persistent
	rest   []any
}

// moduleOf reports whether o is a module whose class __new__ alone made.
func moduleOf(o *object) (*module, bool) {
	if len(o.held) != 1 || !o.bare() {
		return nil, false
	}
	state, ok := o.held[0].(*types.Dict)
	if !ok {
		return nil, false
	}
	m := &module{hidden: map[string]struct{}{}}
	for _, e := range *state {
		key, _ := e.Key.(string)
		if at := slices.Index([]string{"", "_parameters", "_buffers", "_modules"}, key); at > 0 {
			m.keys[at-1] = e.Value
			m.parts[at-1] = mappingItems(e.Value)
			continue
		}
		if key == "_non_persistent_buffers_set" {
			for _, name := range members(e.Value) {
				if s, ok := name.(string); ok {
					m.hidden[s] = struct{}{}
				}
			}
		}
		m.rest = append(m.rest, e.Value)
	}
	return m, m.parts[0] != nil && m.parts[1] != nil && m.parts[2] != nil
}

// bare reports whether nothing was given to the call that made the object but
// its class.
func (o *object) bare() bool {
	g, ok := o.of.(*global)
	switch {
	case !ok:
		return false
	case len(o.args) == 0:
		return true
	case g.name != "copyreg._reconstructor" && g.name != "copy_reg._reconstructor" || len(o.args) != 3 || o.args[2] != nil:
		return false
	}
	_, ok = o.args[0].(*global)
	base, isName := o.args[1].(*global)
	return ok && isName && (base.name == "builtins.object" || base.name == "__builtin__.object")
}

// compiled is the module that torch.compile made o of, nil if it did not
// (torch/_dynamo/eval_frame.py, OptimizedModule.__reduce__).
func (o *object) compiled() *object {
	g, ok := o.of.(*global)
	if !ok || g.name != "torch._dynamo.eval_frame.OptimizedModule" || len(o.args) != 2 || len(o.held) > 0 {
		return nil
	}
	inner, _ := o.args[0].(*object)
	return inner
}

// below visits a value under one more step.
func (w *walker) below(step string, v any) error {
	if len(w.path) >= maxNest {
		return refusal("the object tree is too deep")
	}
	w.path = append(w.path, step)
	if err := w.visit(v); err != nil {
		return err
	}
	w.path = w.path[:len(w.path)-1]
	return nil
}

// mappingItems are the items of a dict or an OrderedDict without attributes.
func mappingItems(v any) iter.Seq2[any, any] {
	switch v := v.(type) {
	case *types.Dict:
		return dictItems(v)
	case *types.OrderedDict:
		if len(v.PyDict) == 0 {
			return orderedItems(v)
		}
	}
	return nil
}

// members are the texts in a set, also in one that a call makes of a list.
func members(v any) (out []any) {
	switch v := v.(type) {
	case *types.Set:
		for m := range *v {
			out = append(out, m)
		}
	case *object:
		g, ok := v.of.(*global)
		if ok && (g.name == "builtins.set" || g.name == "__builtin__.set") && len(v.args) == 1 {
			if list, ok := v.args[0].(*types.List); ok {
				return *list
			}
		}
	}
	return out
}

// module walks what state_dict() names. What else the object holds is looked at
// in the end: a tensor there that was not found by then has a name of its own.
func (w *walker) module(o *object, m *module) error {
	if _, ok := w.onPath[o]; ok {
		return w.refuse("a module inside itself")
	}
	if len(w.path) >= maxNest {
		return refusal("the object tree is too deep")
	}
	w.onPath[o] = struct{}{}
	defer delete(w.onPath, o)
	for i, items := range m.parts {
		for k, item := range items {
			step, ok := k.(string)
			if !ok {
				return w.refuse("a module with odd keys")
			}
			if _, hidden := m.hidden[step]; hidden && i == 1 {
				continue
			}
			w.path = append(w.path, step)
			if err := w.visit(item); err != nil {
				return err
			}
			w.path = w.path[:len(w.path)-1]
		}
		if err := w.distinct(m.keys[i], items); err != nil {
			return err
		}
	}
	w.rest = append(w.rest, m.rest...)
	return nil
}

// others refuses a tensor that stands in an attribute of a module and nowhere else.
func (w *walker) others() error {
	seen := map[any]struct{}{}
	stack := w.rest
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch v := v.(type) {
		case *tensorNode:
			if _, ok := w.known[v]; !ok || w.holds(v.state) {
				return refusal("a tensor in an attribute of a module")
			}
		case *array, *storage:
			return refusal("a tensor in an attribute of a module")
		case *object, *types.Dict, *types.OrderedDict, *types.List, *types.Tuple, *types.Set, *types.FrozenSet:
			if o, ok := v.(*object); ok && o.unmodelled != "" {
				return refusal(o.unmodelled)
			}
			if _, ok := seen[v]; !ok {
				seen[v] = struct{}{}
				stack = appendParts(stack, v)
			}
		}
	}
	return nil
}
