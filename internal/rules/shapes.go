package rules

import (
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A shape says whether a value may stand at one place of a contract. Shapes
// compare kinds and closed sets of names; none of them looks inside an object
// that another contract judges.
type shape func(*sym.Node) bool

// anything accepts every value. It is for places that only store what they are
// given; the value's own imports and calls are judged where they happen.
func anything(*sym.Node) bool { return true }

func kinds(ks ...sym.Kind) shape {
	return func(n *sym.Node) bool { return slices.Contains(ks, n.Kind) }
}

func integer(n *sym.Node) bool { return n.Kind == sym.Int || n.Kind == sym.Bool }
func text(n *sym.Node) bool    { return n.Kind == sym.String }
func number(n *sym.Node) bool  { return integer(n) || n.Kind == sym.Float }

// shortText accepts a str that is held whole.
func shortText(n *sym.Node) bool { return n.Kind == sym.String && !n.Lazy }

// oneOfText accepts a str from a closed set.
func oneOfText(words ...string) shape {
	return func(n *sym.Node) bool { return n.Kind == sym.String && !n.Lazy && slices.Contains(words, n.Text) }
}

// oneOfInt accepts exactly that number, also as a bool.
func oneOfInt(v int64) shape {
	return func(n *sym.Node) bool { return integer(n) && n.Big() == nil && n.Int == v }
}

// either accepts what any of the shapes accepts.
func either(shapes ...shape) shape {
	return func(n *sym.Node) bool {
		for _, s := range shapes {
			if s(n) {
				return true
			}
		}
		return false
	}
}

func none(n *sym.Node) bool { return n.Kind == sym.None }

// tupleOf accepts a tuple (or list, where list is true) whose elements all fit.
func tupleOf(elem shape) shape {
	return func(n *sym.Node) bool {
		return n.Kind == sym.Tuple && all(n.Items(), elem)
	}
}

func listOf(elem shape) shape {
	return func(n *sym.Node) bool { return n.Kind == sym.List && all(n.Items(), elem) }
}

// setOf accepts a set of what fits, as each protocol writes it.
func setOf(elem shape) shape {
	return func(n *sym.Node) bool {
		if madeBy("builtins", "set", "frozenset")(n) {
			return len(n.Call().Live) == 0 || listOf(elem)(n.Call().Live[0]) || tupleOf(elem)(n.Call().Live[0])
		}
		return (n.Kind == sym.Set || n.Kind == sym.FrozenSet) && all(n.Items(), elem)
	}
}

func all(items []*sym.Node, elem shape) bool {
	for _, i := range items {
		if !elem(i) {
			return false
		}
	}
	return true
}

// fields accepts a tuple with one element for each shape.
func fields(shapes ...shape) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Tuple || len(n.Items()) != len(shapes) {
			return false
		}
		for i, s := range shapes {
			if !s(n.Items()[i]) {
				return false
			}
		}
		return true
	}
}

// ints accepts what torch takes as sizes: a tuple or list of ints, or torch.Size.
func ints(n *sym.Node) bool {
	if len(n.Items()) > 64 {
		return false
	}
	return tupleOf(integer)(n) || listOf(integer)(n) || madeBy("torch", "Size")(n)
}

// madeBy accepts an object that a call of exactly that global made. Whether
// the call itself was well formed is judged at the call.
func madeBy(module string, names ...string) shape {
	is := global(module, names...)
	return func(n *sym.Node) bool { return n.Kind == sym.Object && n.Call() != nil && is(n.Call().Func) }
}

// global accepts exactly one of the given names of a module.
func global(module string, names ...string) shape {
	return func(n *sym.Node) bool {
		m, name := n.Module(), n.Name()
		if n.Kind != sym.Global {
			m, name = computedType(n)
		}
		return m == module && slices.Contains(names, name)
	}
}

// dictOf accepts an exact dict whose keys and values fit.
func dictOf(key, value shape) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Dict {
			return false
		}
		for _, p := range n.Pairs() {
			if !key(p.Key) || !value(p.Value) {
				return false
			}
		}
		return true
	}
}

// emptyOrdered accepts OrderedDict() that never received anything: torch puts
// backward hooks, which are functions, into that place.
func emptyOrdered(n *sym.Node) bool {
	return n == noHooks || madeBy("collections", "OrderedDict")(n) && len(n.Call().Live) == 0 && len(n.Pairs()) == 0 && len(n.States()) == 0
}

// noneHooked accepts the place of backward hooks where there are none: torch before
// 0.4 wrote None there (torch/_utils.py, _rebuild_tensor_v2).
var noneHooked = either(none, emptyOrdered)

// pairs accepts what OrderedDict takes: an exact list or tuple of pairs, or a dict.
func pairs(n *sym.Node) bool {
	pair := func(p *sym.Node) bool { return (p.Kind == sym.Tuple || p.Kind == sym.List) && len(p.Items()) == 2 }
	return n.Kind == sym.Dict || listOf(pair)(n) || tupleOf(pair)(n)
}

// packedBytes accepts what numpy takes for the bytes of elements: bytes, or a str, of which it
// takes the characters as Latin-1 (numpy/core/src/multiarray/methods.c, array_setstate, and
// multiarraymodule.c, array_scalar): Python 2 wrote both as one, and unpickled it is a str.
var packedBytes = either(rawBytes, text)

// rawBytes accepts bytes as each protocol writes them: a literal, or below
// protocol 3 _codecs.encode(text, "latin1"), for the empty one bytes().
func rawBytes(n *sym.Node) bool {
	return n.Kind == sym.Bytes || n.Kind == sym.ByteArray || madeBy("_codecs", "encode")(n) ||
		madeBy("builtins", "bytearray", "bytes")(n)
}
