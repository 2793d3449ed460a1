package tree

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A module is what makes an object a torch.nn.Module: the three mappings that
// every state of one has (torch/nn/modules/module.py, Module.__init__).
type module struct {
	parameters, buffers, modules *sym.Node
	set                          *sym.Node // says which buffers state_dict() leaves out, nil if there is none
	rest                         []sym.Pair
}

// moduleOf finds the parts of a module among an object's attributes.
func moduleOf(attrs []sym.Pair) (*module, bool) {
	m := &module{}
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
		default:
			m.rest = append(m.rest, p)
		}
	}
	return m, holdsNames(m.parameters) && holdsNames(m.buffers) && holdsNames(m.modules)
}

// hides is what Python's `in` says of a buffer's name, for a buffer that it
// finds in the set is left out (Module._save_to_state_dict): a set as a rule, but
// any container will do. It is not known of an object of another kind.
func hides(set *sym.Node) (in func(string) bool, known bool) {
	var items []*sym.Node
	n := set
	if n != nil && n.Kind == sym.Object && n.Call() != nil && len(n.Call().Args) < 2 {
		f := n.Call().Func
		switch {
		case f.Is("builtins", "set"), f.Is("builtins", "frozenset"), f.Is("builtins", "list"), f.Is("builtins", "tuple"):
			items = n.Items()
			n = &sym.Node{Kind: sym.Tuple}
			if args := set.Call().Args; len(args) == 1 {
				n = args[0]
			}
		}
	}
	switch {
	case n == nil:
	case n.Kind == sym.String && n == set && !n.Lazy:
		return func(name string) bool { return strings.Contains(n.Text, name) }, true
	case n.Kind == sym.Dict:
		for _, p := range n.Pairs() {
			items = append(items, p.Key)
		}
	case n.Kind == sym.Set, n.Kind == sym.FrozenSet, n.Kind == sym.List, n.Kind == sym.Tuple:
		items = append(items[:len(items):len(items)], n.Items()...)
	default:
		return func(string) bool { return false }, false
	}
	names := map[string]bool{}
	for _, item := range items {
		if item.Kind == sym.String && !item.Lazy {
			names[item.Text] = true
		}
	}
	return func(name string) bool { return names[name] }, true
}

// compiledModule is the class of what torch.compile gives for a module.
const compiledModule = "torch._dynamo.eval_frame.OptimizedModule"

// compiled names the tensors of a module that was saved as torch.compile gave it:
// the first argument is the module, and the only one below it (torch/_dynamo/eval_frame.py,
// OptimizedModule.__init__). What compiles it is left out.
func (b *builder) compiled(n *sym.Node, path []tensor.Key, class string) *Value {
	v := &Value{Tag: TagModule, Text: class}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	const inner = "_orig_mod"
	v.Pairs = [][2]*Value{{{Plain: inner}, b.value(n.Call().Args[0], below(path, tensor.Key{Text: inner}), true)}}
	if again {
		return b.refer(n)
	}
	b.omit(n.Call().Args[1], below(path, tensor.Key{Text: "dynamo_ctx"}), "", "what compiles the module when it is run, which is code")
	return v
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
	hidden, known := hides(m.set)
	if pairs, _ := entries(m.buffers); !known && len(pairs) > 0 {
		return b.refuse(n, path, "which buffers state_dict() leaves out says an object of another kind than a set")
	}
	own := m.takeOwn(class)
	if why := ownNames(class, own); why != "" && !again {
		b.out.Omitted = append(b.out.Omitted, Missing{Path: Name(path), Pos: n.Pos, Reason: why})
	}
	if !again { // before those of the modules below it, as a reader comes by them
		b.later = append(b.later, func() { v.Attrs = b.pairs(m.rest, path) })
	}
	for _, from := range []*sym.Node{m.parameters, m.buffers, m.modules} {
		if from == m.modules {
			v.Pairs = append(v.Pairs, b.ownState(own, path)...)
		}
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
			if from == m.buffers && hidden(p.Key.Text) {
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
