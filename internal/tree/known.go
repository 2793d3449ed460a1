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
	switch name := b.class(call); name {
	case "collections.OrderedDict":
		return b.mapping(n, path, TagOrdered, "")
	case "collections.defaultdict", "collections.Counter":
		return b.mapping(n, path, TagDict, name)
	case "builtins.dict":
		return b.mapping(n, path, TagDict, "")
	case "torch.Size":
		return b.sized(n, path)
	case "torch.device":
		return b.device(n, path)
	case "_codecs.encode", "builtins.bytearray", "builtins.bytes":
		return b.bytes(n, path)
	case "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple":
		return b.rebuilt(n, path, call.Func.Name())
	case "builtins.getattr":
		return b.method(n, path)
	default:
		args := call.Args
		if call.Func.Is("copyreg", "_reconstructor") { // of a class, below protocol 2
			args = nil
			if b.in.Class == nil && len(call.Args) > 0 {
				name = call.Args[0].FullName()
			}
		}
		return b.asObject(n, path, name, args)
	}
}

// mapping is a mapping that a call made, with what was set on it and with
// attributes such as _metadata.
func (b *builder) mapping(n *sym.Node, path []tensor.Key, tag, class string) *Value {
	v := &Value{Tag: tag, Class: class}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	from, reason := contents(n)
	if reason != "" {
		return b.refuse(n, path, reason)
	}
	v.Pairs = b.pairs(from, path)
	b.keep(v, n, path)
	if args := n.Call().Args; class == "collections.defaultdict" && len(args) > 0 {
		v.Attrs = append(v.Attrs, [2]*Value{{Plain: "default_factory"}, b.plain(args[0], below(path, tensor.Key{Text: "default_factory"}))})
	}
	if again {
		return b.refer(n)
	}
	if from := attributes(n); len(from) > 0 {
		b.later = append(b.later, func() { v.Attrs = append(v.Attrs, b.pairs(from, path)...) })
	}
	return v
}

// contents is what a mapping holds: what the call was given, a dict or a list
// of pairs as protocols 0 and 1 and Python 2 write it, and what was set later.
func contents(n *sym.Node) (out []sym.Pair, refused string) {
	args := n.Call().Args
	if n.Call().Func.Is("collections", "defaultdict") {
		args = args[min(1, len(args)):]
	}
	if len(args) == 0 {
		return n.Pairs(), ""
	}
	from := args[0]
	switch {
	case len(n.Pairs()) > 0 && len(from.Items())+len(from.Pairs()) > 0:
		return nil, "a mapping that is filled in two ways"
	case len(n.Pairs()) > 0:
		return n.Pairs(), ""
	case len(from.Items()) == 0:
		return from.Pairs(), ""
	}
	return fromPairs(from.Items())
}

// fromPairs reads a list of pairs: an equal key keeps its first place and takes
// the last value.
func fromPairs(items []*sym.Node) (out []sym.Pair, refused string) {
	at := map[tensor.Key]int{}
	for _, item := range items {
		kv := item.Items()
		if len(kv) != 2 {
			return nil, "a mapping made from something else than pairs"
		}
		k, ok := key(kv[0])
		if !ok {
			return nil, "a mapping with a key that is neither text nor integer"
		}
		if i, twice := at[k]; twice {
			out[i].Value = kv[1]
			continue
		}
		at[k] = len(out)
		out = append(out, sym.Pair{Key: kv[0], Value: kv[1], Pos: item.Pos})
	}
	return out, ""
}

// plain walks a value that should hold no tensor.
func (b *builder) plain(n *sym.Node, path []tensor.Key) *Value {
	return b.without(n, path, "a tensor in an attribute")
}

func (b *builder) sized(n *sym.Node, path []tensor.Key) *Value {
	v := &Value{Tag: TagSize}
	if len(n.Call().Args) == 1 {
		for _, i := range n.Call().Args[0].Items() {
			if b.full() {
				break
			}
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

// rebuilt is set([..]), frozenset([..]), list((..)) and tuple([..]); protocols
// below 4 write sets so.
func (b *builder) rebuilt(n *sym.Node, path []tensor.Key, name string) *Value {
	var items []*sym.Node
	if len(n.Call().Args) == 1 {
		items = n.Call().Args[0].Items()
	}
	return b.holds(n, name, items, path)
}
