package tree

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A module is what makes an object a torch.nn.Module: the three mappings that
// every state of one has (torch/nn/modules/module.py, Module.__init__).
type module struct {
	parameters, buffers, modules *sym.Node
	set                          *sym.Node       // what hidden was read from, nil if there is none
	hidden                       map[string]bool // buffers that state_dict() leaves out
	rest                         []sym.Pair
}

// moduleOf finds the parts of a module among an object's attributes.
func moduleOf(attrs []sym.Pair) (*module, bool) {
	m := &module{hidden: map[string]bool{}}
	for _, p := range attrs {
		switch p.Key.Text {
		case "_parameters":
			m.parameters = p.Value
		case "_buffers":
			m.buffers = p.Value
		case "_modules":
			m.modules = p.Value
		case "_non_persistent_buffers_set":
			m.set = p.Value
			for _, name := range setItems(p.Value) {
				m.hidden[name.Text] = true
			}
		default:
			m.rest = append(m.rest, p)
		}
	}
	return m, holdsNames(m.parameters) && holdsNames(m.buffers) && holdsNames(m.modules)
}

// setItems are the elements of a set, also of one that a call makes of a list.
func setItems(n *sym.Node) []*sym.Node {
	if n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("builtins", "set") && len(n.Call().Args) == 1 {
		n = n.Call().Args[0]
	}
	return n.Items()
}

// holdsNames reports whether n is a dict or an OrderedDict with texts as keys.
func holdsNames(n *sym.Node) bool {
	if n == nil || n.Kind != sym.Dict && (n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("collections", "OrderedDict")) {
		return false
	}
	pairs, refused := entries(n)
	for _, p := range pairs {
		if p.Key.Kind != sym.String || p.Key.Lazy {
			return false
		}
	}
	return refused == ""
}

func entries(n *sym.Node) ([]sym.Pair, string) {
	if n.Kind == sym.Object {
		return contents(n)
	}
	return n.Pairs(), ""
}

// module names the tensors of a module as state_dict() does: parameters, then
// buffers, then what is below (Module._save_to_state_dict, Module.state_dict).
// What else the object holds is looked at when all names are known.
func (b *builder) module(n *sym.Node, m *module, path []tensor.Key, class string) *Value {
	v := &Value{Tag: TagModule, Text: class}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	if m.set != nil && b.in.Unsafe(m.set) {
		return b.refuse(n, path, "which buffers state_dict() leaves out could have been changed by a call that may not be trusted")
	}
	if !again { // before those of the modules below it, as a reader comes by them
		b.later = append(b.later, func() { v.Attrs = b.pairs(m.rest, path) })
	}
	for _, from := range []*sym.Node{m.parameters, m.buffers, m.modules} {
		if b.in.Unsafe(from) {
			b.refuse(from, path, "what the module holds could have been changed by a call that may not be trusted")
			continue
		}
		pairs, _ := entries(from)
		for _, p := range pairs {
			if b.full() {
				break
			}
			at := below(path, tensor.Key{Text: p.Key.Text})
			if from == m.buffers && m.hidden[p.Key.Text] {
				v.Pairs = append(v.Pairs, [2]*Value{{Plain: p.Key.Text}, b.hiddenBuffer(p.Value, at)})
				continue
			}
			v.Pairs = append(v.Pairs, [2]*Value{{Plain: p.Key.Text}, b.value(p.Value, at, true)})
		}
	}
	if again {
		return b.refer(n)
	}
	return v
}

func (b *builder) hiddenBuffer(n *sym.Node, path []tensor.Key) *Value {
	if n.Kind == sym.None {
		return &Value{}
	}
	return b.omit(n, path, "torch.Tensor", "a buffer that is not persistent, which state_dict() leaves out too")
}
