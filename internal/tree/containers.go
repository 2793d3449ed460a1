package tree

import (
	"strconv"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// container writes a builtin container once and refers to it afterwards. Its
// tensors have a name under each path all the same.
func (b *builder) container(n *sym.Node, path []tensor.Key) *Value {
	if b.open[n] {
		return b.refer(n)
	}
	b.open[n] = true
	defer delete(b.open, n)
	tags := map[sym.Kind]string{sym.List: TagList, sym.Tuple: TagTuple, sym.Set: TagSet, sym.FrozenSet: TagFrozenSet, sym.Dict: TagDict}
	v := &Value{Tag: tags[n.Kind]}
	known := b.ids[n]
	if known == nil {
		b.ids[n] = v
	}
	if n.Kind == sym.Dict {
		v.Pairs = b.pairs(n.Pairs(), path)
	} else {
		for i, item := range n.Items() {
			if b.full() {
				break
			}
			v.Items = append(v.Items, b.value(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), false))
		}
	}
	if known != nil && n.Kind != sym.Tuple && n.Kind != sym.FrozenSet {
		return b.refer(n)
	}
	return v
}

func (b *builder) refer(n *sym.Node) *Value {
	v := b.ids[n]
	if v.ID == 0 {
		b.nextID++
		v.ID = b.nextID
	}
	return &Value{Tag: TagRef, Ref: v.ID}
}

// below returns path with one more key, never sharing memory with a sibling.
func below(path []tensor.Key, k tensor.Key) []tensor.Key {
	return append(path[:len(path):len(path)], k)
}

func (b *builder) pairs(from []sym.Pair, path []tensor.Key) [][2]*Value {
	textKeys, plainKeys := true, true
	for _, p := range from {
		textKeys = textKeys && p.Key.Kind == sym.String
		plainKeys = plainKeys && !p.Key.Lazy && (p.Key.Kind <= sym.Bytes || p.Key.Kind == sym.Global)
	}
	var out [][2]*Value
	for _, p := range from {
		if b.full() {
			break
		}
		// A key that is an object may equal another one, which then has its value.
		k, ok := key(p.Key)
		if !ok || !plainKeys {
			out = append(out, [2]*Value{b.value(p.Key, path, false), b.unnamed(p.Value, path)})
			continue
		}
		out = append(out, [2]*Value{b.value(p.Key, path, false), b.value(p.Value, below(path, k), textKeys)})
	}
	return out
}

// unnamed walks a value whose key has no text form: a tensor there has no name.
func (b *builder) unnamed(n *sym.Node, path []tensor.Key) *Value {
	return b.without(n, below(path, tensor.Key{Text: "?"}), "a tensor under a key that is neither text nor integer, or beside one that is an object")
}

// without walks a value in which a tensor has no name. One that is there all
// the same is kept out of the named tensors, and refused with the reason.
func (b *builder) without(n *sym.Node, path []tensor.Key, reason string) *Value {
	before := len(b.out.Tensors)
	v := b.value(n, path, false)
	if len(b.out.Tensors) == before {
		return v
	}
	for i := before; i < len(b.nodes); i++ {
		if b.first[b.nodes[i]] == b.out.Tensors[i].Value {
			delete(b.first, b.nodes[i])
		}
	}
	b.out.Tensors, b.nodes = b.out.Tensors[:before], b.nodes[:before]
	return b.refuse(n, path, reason)
}

func key(n *sym.Node) (tensor.Key, bool) {
	switch {
	case n.Kind == sym.String && !n.Lazy:
		return tensor.Key{Text: n.Text}, true
	case n.Kind == sym.Int && n.Big() == nil:
		return tensor.Key{Text: strconv.FormatInt(n.Int, 10), Int: true}, true
	}
	return tensor.Key{}, false
}
