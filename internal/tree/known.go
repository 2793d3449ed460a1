package tree

import (
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// known reads the listed classes of plain values. Others keep their class's
// name and their plain state.
func (b *builder) known(n *sym.Node, path []tensor.Key) *Value {
	call := n.Call()
	switch call.Func.FullName() {
	case "collections.OrderedDict":
		return b.ordered(n, path)
	case "collections.defaultdict", "collections.Counter":
		return b.mapping(n, path, call.Func.FullName())
	case "torch.Size":
		return b.sized(n, path)
	case "torch.device":
		return b.device(n, path)
	case "_codecs.encode", "builtins.bytearray", "builtins.bytes":
		return b.bytes(n, path)
	case "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple":
		return b.rebuilt(n, path, call.Func.Name())
	case "builtins.complex":
		return b.asObject(n, path, call.Args)
	}
	return b.asObject(n, path, call.Args)
}

// ordered is a mapping whose order counts, with attributes such as _metadata.
func (b *builder) ordered(n *sym.Node, path []tensor.Key) *Value {
	if len(n.Call().Live) > 0 {
		return b.orderedFrom(n, path)
	}
	return b.mapping(n, path, "")
}

func (b *builder) mapping(n *sym.Node, path []tensor.Key, class string) *Value {
	if b.open[n] {
		return b.refer(n)
	}
	b.open[n] = true
	defer delete(b.open, n)
	v := &Value{Tag: TagOrdered, Class: class}
	if class != "" {
		v.Tag = TagDict
	}
	known := b.ids[n]
	if known == nil {
		b.ids[n] = v
	}
	v.Pairs = b.pairs(n, path)
	for _, s := range n.States() {
		for _, p := range s.Frozen.Pairs() {
			v.Attrs = append(v.Attrs, [2]*Value{b.value(p.Key, path, false), b.plain(p.Value, path)})
		}
	}
	if known != nil {
		return b.refer(n)
	}
	return v
}

// orderedFrom reads OrderedDict([[key, value], ...]), which protocols 0 and 1
// and Python 2 write.
func (b *builder) orderedFrom(n *sym.Node, path []tensor.Key) *Value {
	from := n.Call().Args[0]
	if len(n.Pairs()) > 0 && len(from.Items()) > 0 {
		return b.refuse(n, path, "an OrderedDict that is filled in two ways")
	}
	v := &Value{Tag: TagOrdered}
	for _, item := range from.Items() {
		kv := item.Items()
		if len(kv) != 2 {
			return b.refuse(n, path, "an OrderedDict made from something else than pairs")
		}
		k, ok := key(kv[0])
		if !ok {
			return b.refuse(n, path, "an OrderedDict with a key that is neither text nor integer")
		}
		v.Pairs = append(v.Pairs, [2]*Value{b.value(kv[0], path, false), b.value(kv[1], below(path, k), true)})
	}
	for _, p := range from.Pairs() {
		if k, ok := key(p.Key); ok {
			v.Pairs = append(v.Pairs, [2]*Value{b.value(p.Key, path, false), b.value(p.Value, below(path, k), true)})
		}
	}
	v.Pairs = append(v.Pairs, b.pairs(n, path)...)
	return v
}

// plain walks a value that should hold no tensor. One that does is kept out of
// the named tensors, and refused.
func (b *builder) plain(n *sym.Node, path []tensor.Key) *Value {
	before := len(b.out.Tensors)
	v := b.value(n, path, false)
	if len(b.out.Tensors) > before {
		b.out.Tensors = b.out.Tensors[:before]
		return b.refuse(n, path, "a tensor in an attribute")
	}
	return v
}

func (b *builder) sized(n *sym.Node, path []tensor.Key) *Value {
	v := &Value{Tag: TagSize}
	if len(n.Call().Args) == 1 {
		for _, i := range n.Call().Args[0].Items() {
			v.Items = append(v.Items, b.value(i, path, false))
		}
	}
	return v
}

func (b *builder) device(n *sym.Node, path []tensor.Key) *Value {
	args := n.Call().Args
	if len(args) == 0 || args[0].Kind != sym.String {
		return b.omit(n, path, "torch.device", "a device of another form")
	}
	text := args[0].Text
	if len(args) > 1 {
		text = fmt.Sprintf("%s:%d", text, args[1].Int)
	}
	return &Value{Tag: TagWord, Class: "torch.device", Text: text}
}

// rebuilt is set([..]), frozenset([..]) and the like, as protocols below 4
// write them.
func (b *builder) rebuilt(n *sym.Node, path []tensor.Key, name string) *Value {
	v := &Value{Tag: name}
	if len(n.Call().Args) == 1 {
		for i, item := range n.Call().Args[0].Items() {
			v.Items = append(v.Items, b.value(item, below(path, tensor.Key{Text: fmt.Sprint(i), Int: true}), false))
		}
	}
	return v
}

// asObject keeps class, arguments and attributes of a listed plain class, as data.
func (b *builder) asObject(n *sym.Node, path []tensor.Key, args []*sym.Node) *Value {
	v := &Value{Tag: TagObject, Class: n.Call().Func.FullName()}
	for _, a := range args {
		v.Attrs = append(v.Attrs, [2]*Value{{Plain: fmt.Sprintf("args.%d", len(v.Attrs))}, b.plain(a, path)})
	}
	for i, item := range n.Items() {
		v.Attrs = append(v.Attrs, [2]*Value{{Plain: fmt.Sprintf("items.%d", i)}, b.plain(item, path)})
	}
	for _, s := range n.States() {
		for _, p := range s.Frozen.Pairs() {
			var sub []tensor.Key
			if k, ok := key(p.Key); ok {
				sub = below(path, k)
			} else {
				sub = path
			}
			v.Attrs = append(v.Attrs, [2]*Value{b.plain(p.Key, path), b.value(p.Value, sub, false)})
		}
	}
	return v
}
