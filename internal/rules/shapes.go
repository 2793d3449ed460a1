package rules

import (
	"slices"

	"github.com/modelaudit/action/internal/numpy"
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

// oneOfText accepts a str from a closed set.
func oneOfText(words ...string) shape {
	return func(n *sym.Node) bool { return n.Kind == sym.String && !n.Lazy && slices.Contains(words, n.Text) }
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
	return tupleOf(integer)(n) || listOf(integer)(n) || madeBy("torch", "Size")(n)
}

// madeBy accepts an object that a call of exactly that global made. Whether
// the call itself was well formed is judged at the call.
func madeBy(module string, names ...string) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Object || n.Call() == nil {
			return false
		}
		f := n.Call().Func
		return f.Kind == sym.Global && f.Module() == module && slices.Contains(names, f.Name())
	}
}

// global accepts exactly one of the given names of a module.
func global(module string, names ...string) shape {
	return func(n *sym.Node) bool {
		return n.Kind == sym.Global && n.Module() == module && slices.Contains(names, n.Name())
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
	return madeBy("collections", "OrderedDict")(n) && len(n.Call().Live) == 0 && len(n.Pairs()) == 0 && len(n.States()) == 0
}

// pairs accepts what OrderedDict takes: an exact list or tuple of pairs, or a dict.
func pairs(n *sym.Node) bool {
	pair := func(p *sym.Node) bool { return (p.Kind == sym.Tuple || p.Kind == sym.List) && len(p.Items()) == 2 }
	return n.Kind == sym.Dict || listOf(pair)(n) || tupleOf(pair)(n)
}

// rawBytes accepts bytes as each protocol writes them: a literal, or below
// protocol 3 _codecs.encode(text, "latin1"), for the empty one bytes().
func rawBytes(n *sym.Node) bool {
	return n.Kind == sym.Bytes || n.Kind == sym.ByteArray || madeBy("_codecs", "encode")(n) ||
		madeBy("builtins", "bytearray", "bytes")(n)
}

// plainDType accepts a numpy dtype that is what its type string says.
func plainDType(n *sym.Node) bool {
	_, err := numpy.DTypeOf(n)
	return err == nil
}

// dtypeState accepts the state that numpy gives a dtype. Whether it agrees
// with the type string is judged where the dtype is used.
func dtypeState(n *sym.Node) bool {
	i := n.Items()
	if n.Kind != sym.Tuple || len(i) < 8 || len(i) > 9 {
		return false
	}
	sub := either(none, fields(plainDType, either(integer, tupleOf(integer))))
	field := either(fields(plainDType, integer), fields(plainDType, integer, text))
	return integer(i[0]) && rawOrText(i[1]) && sub(i[2]) && either(none, tupleOf(text))(i[3]) &&
		either(none, dictOf(text, field))(i[4]) && integer(i[5]) && integer(i[6]) && integer(i[7])
}

func rawOrText(n *sym.Node) bool { return n.Kind == sym.String || n.Kind == sym.Bytes }

// arrayState accepts (version, shape, dtype, is_fortran, data). Elements that
// are Python objects come as a list; bytes would be used as addresses.
func arrayState(n *sym.Node) bool {
	i := n.Items()
	if n.Kind != sym.Tuple || len(i) != 5 || !integer(i[0]) || !tupleOf(integer)(i[1]) || !integer(i[3]) {
		return false
	}
	d, err := numpy.DTypeOf(i[2])
	if err != nil {
		return false
	}
	if d.Object() {
		return i[4].Kind == sym.List
	}
	return rawBytes(i[4])
}
