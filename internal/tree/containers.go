package tree

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// container writes a builtin container.
func (b *builder) container(n *sym.Node, path []tensor.Key) *Value {
	tags := map[sym.Kind]string{sym.List: TagList, sym.Tuple: TagTuple, sym.Set: TagSet, sym.FrozenSet: TagFrozenSet, sym.Dict: TagDict}
	return b.holds(n, tags[n.Kind], n.Items(), path)
}

// holds writes a container once and refers to it afterwards. Its tensors have a
// name under each path all the same.
func (b *builder) holds(n *sym.Node, tag string, items []*sym.Node, path []tensor.Key) *Value {
	v := &Value{Tag: tag}
	refers := tag != TagTuple && tag != TagFrozenSet
	if refers && b.bare[n] {
		return b.refer(n)
	}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	before := len(b.out.Tensors) + len(b.out.Many) + len(b.out.Refused) + len(b.keyed)
	switch tag {
	case TagDict:
		v.Pairs = b.pairs(n.Pairs(), path)
		b.keep(v, n, path)
	case TagSet, TagFrozenSet:
		v.Items = b.members(items, path)
	default:
		v.Items = b.list(items, path)
	}
	if refers && len(b.out.Tensors)+len(b.out.Many)+len(b.out.Refused)+len(b.keyed) == before && !b.full() {
		b.bare[n] = true
	}
	if again && refers {
		return b.refer(n)
	}
	return v
}

// members are the elements of a set, each once by Python's equality.
func (b *builder) members(items []*sym.Node, path []tensor.Key) (out []*Value) {
	b.visits += len(items)         // equal ones too
	items, _ = sym.Distinct(items) // what Python cannot hash ends the load
	for _, item := range items {
		if b.full() {
			break
		}
		out = append(out, b.without(item, path, "a tensor in a set, which has no order to name it by"))
	}
	return out
}

func (b *builder) refer(n *sym.Node) *Value {
	v := b.ids[n]
	if v == nil { // an outline lacks it
		return b.blank
	}
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

// pairs are the items of a mapping at path. It is refused where Python may hold
// two of its keys for equal.
func (b *builder) pairs(from []sym.Pair, path []tensor.Key) [][2]*Value {
	long := b.longKeys(from)
	textKeys, plainKeys, told := keyKinds(from, long)
	if b.byTensor(from) {
		return b.tensorKeys(from, path)
	}
	var scalars []tensor.Key
	if !plainKeys {
		scalars = b.scalarKeys(from)
	}
	if !plainKeys && scalars == nil && len(from) > 1 && b.equalKeys(from) {
		b.refuse(from[0].Key, path, "a mapping with keys that Python holds for equal, or may: of each two it keeps one")
		return nil
	}
	if n := len(from); n > 0 {
		if _, packed := from[n-1].Value.Packed(); packed { // so are others: there are very many
			b.out.Tensors, b.nodes = slices.Grow(b.out.Tensors, n), slices.Grow(b.nodes, n)
		}
	}
	var out [][2]*Value
	why := ""
	for i, p := range from {
		if b.full() {
			break
		}
		// A key that is an object may equal another one, which then has its value.
		written := b.without(p.Key, path, "a tensor in a key")
		var k tensor.Key
		plain, ok := plainKeyOf(p.Key, 0)
		if ok {
			k, ok = KeyOf(plain)
		}
		if text, is := long[p.Key]; is {
			k, plain, ok = tensor.Key{Text: text}, &Value{Plain: text}, true
		}
		if scalars != nil {
			k = scalars[i]
		} else if !ok || !plainKeys && !told {
			if why == "" {
				why = nameless(from)
			}
			out = append(out, [2]*Value{written, b.unnamed(p.Value, path, why)})
			continue
		}
		v := b.value(p.Value, below(path, k), textKeys)
		if written == b.blank {
			if v == b.blank {
				continue
			}
			if written = plain; written == nil {
				written = b.whole(p.Key, path, false)
			}
		}
		out = append(out, [2]*Value{written, v})
	}
	return out
}

// byTensor reports whether every key is a tensor, as the parameters are in the
// state of an optimizer. Python tells tensors apart by what they are, not by
// their elements (torch/_tensor.py, Tensor.__hash__).
func (b *builder) byTensor(from []sym.Pair) bool {
	for _, p := range from {
		if p.Key.Kind != sym.Object || b.in.Unsafe(p.Key) {
			return false
		}
		if _, err := b.in.Tensors.TensorOf(p.Key); err != nil {
			return false
		}
	}
	return len(from) > 0
}

// tensorKeys walks such a mapping when all other tensors have their names: a
// value's name has the place of its key.
func (b *builder) tensorKeys(from []sym.Pair, path []tensor.Key) [][2]*Value {
	out := make([][2]*Value, len(from))
	for i := range out {
		out[i] = [2]*Value{{}, {}}
	}
	b.keyed = append(b.keyed, func() {
		for i, p := range from {
			if b.full() {
				return
			}
			at := below(path, tensor.Key{Text: strconv.Itoa(i), Int: true})
			out[i] = [2]*Value{b.alias(p.Key, below(at, tensor.Key{Text: "key"})), b.value(p.Value, at, false)}
		}
	})
	return out
}

// alias writes a tensor under the name that it has.
func (b *builder) alias(n *sym.Node, path []tensor.Key) *Value {
	if first := b.first[n]; first != nil {
		return &Value{Tag: TagAlias, Same: first}
	}
	return b.value(n, path, false)
}

// plainKey reports whether a key equals no other key of the graph, whatever
// the loader: bytes that are a text of Python 2 are one to a loader that is
// told its encoding, and may then equal another one.
func plainKey(n *sym.Node) bool {
	switch {
	case n.Lazy:
		return false
	case n.Kind == sym.Bytes:
		return strings.IndexFunc(n.Text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	}
	return n.Kind < sym.Bytes || n.Kind == sym.Global
}

const oddKey = "a tensor under a key that is no plain value, or beside one that is an object: give it a text as key"

// nameless says why the values of a mapping have no names.
func nameless(from []sym.Pair) string {
	if slices.ContainsFunc(from, func(p sym.Pair) bool { return p.Key.Lazy }) {
		return "a tensor in a mapping with keys of more than a million letters, or with equal ones of thousands, which are not read as names: give it shorter ones"
	}
	return oddKey
}

// unnamed walks a value whose key has no name: a tensor there has no name.
func (b *builder) unnamed(n *sym.Node, path []tensor.Key, why string) *Value {
	return b.without(n, below(path, tensor.Key{Text: "?"}), why)
}

// without walks a value in which a tensor has no name. One that is there all
// the same is kept out of the named tensors, and refused with the reason.
func (b *builder) without(n *sym.Node, path []tensor.Key, reason string) *Value {
	before, many := len(b.out.Tensors), len(b.out.Many)
	b.nameless++
	v := b.value(n, path, false)
	b.nameless--
	if len(b.out.Tensors) == before && len(b.out.Many) == many {
		return v
	}
	b.out.Many = b.out.Many[:many]
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
