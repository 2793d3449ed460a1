package symbolic

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// A Side is one of two graphs that are compared.
type Side struct {
	Root *Node
	Data io.ReaderAt // the bytes that the graph was read from
}

// A Left says in what a graph may differ from the one that it was made from.
type Left struct {
	// Gone, unless nil, says which values are left out: as an item of a dict with
	// its key, as an item of a list altogether or with None in its place.
	Gone func(*Node) bool
	// Anew, unless nil, says which texts and bytes have other content, which
	// somebody else compares.
	Anew func(*Node) bool
	// Instead, unless nil, says what stands in the place of a value, nil if nothing does.
	Instead func(*Node) *Node
	// Emptied, unless nil, says which calls became an object that was empty, with
	// the same items since. Of exec that is None.
	Emptied func(*Node) bool
	// Unset, unless nil, says of the place of a BUILD whether it is left out.
	Unset func(pos int64) bool
}

// Same compares two graphs node by node: kinds, values, order, what is shared
// and what is cyclic. The error names the first difference by the place in a.
func Same(a, b Side, o Left) error {
	gone, anew := o.Gone, o.Anew
	never := func(*Node) bool { return false }
	if gone == nil {
		gone = never
	}
	if anew == nil {
		anew = never
	}
	if o.Emptied == nil {
		o.Emptied = never
	}
	if o.Instead == nil {
		o.Instead = func(*Node) *Node { return nil }
	}
	if o.Unset == nil {
		o.Unset = func(int64) bool { return false }
	}
	c := &comparing{unset: o.Unset, a: a.Data, b: b.Data, gone: gone, anew: anew, instead: o.Instead, emptied: o.Emptied, ab: map[*Node]*Node{}, ba: map[*Node]*Node{}}
	c.pair(a.Root, b.Root, nil)
	for len(c.todo) > 0 && c.err == nil {
		next := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.node(next[0], next[1])
	}
	return c.err
}

type comparing struct {
	a, b    io.ReaderAt
	gone    func(*Node) bool
	anew    func(*Node) bool
	instead func(*Node) *Node
	emptied func(*Node) bool
	unset   func(int64) bool
	ab, ba  map[*Node]*Node
	todo    [][2]*Node
	err     error
}

func (c *comparing) differ(x *Node, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("the %s made at %#x: %s", x.Kind, x.Pos, fmt.Sprintf(format, args...))
	}
}

// pair notes that two nodes stand at the same place. of is what holds x.
func (c *comparing) pair(x, y, of *Node) {
	if x != nil {
		if other := c.instead(x); other != nil {
			x = other
		}
	}
	switch {
	case x == nil && y == nil:
		return
	case x != nil && y != nil && y.Kind == None && c.emptied(x) && x.Call().Func.Is("builtins", "exec") && len(x.States())+len(x.Items())+len(x.Pairs()) == 0:
		return
	case x == nil || y == nil || x.Kind != y.Kind && !c.emptied(x):
		if x == nil {
			x = of
		}
		c.differ(x, "is not there, or of another kind")
		return
	case !x.Mutable() && x.Kind < Tuple: // its identity has no meaning
		c.scalar(x, y)
		return
	}
	p, q := c.ab[x], c.ba[y]
	switch {
	case p == nil && q == nil:
		c.ab[x], c.ba[y] = y, x
		c.todo = append(c.todo, [2]*Node{x, y})
	case p != y || q != x:
		c.differ(x, "is shared in another way")
	}
}

func (c *comparing) list(of *Node, x, y []*Node) {
	if len(x) != len(y) {
		c.differ(of, "has %d parts, the other %d", len(x), len(y))
		return
	}
	for i := range x {
		c.pair(x[i], y[i], of)
	}
}

func (c *comparing) node(x, y *Node) {
	if c.emptied(x) {
		c.items(x, y)
		c.pairs(x, y)
		if y.Kind != List && y.Kind != Dict && (y.Call() == nil || !y.Call().Func.Is("collections", "OrderedDict") || len(y.Call().Args) > 0) || len(c.states(x))+len(y.States()) > 0 {
			c.differ(x, "is no object that was empty")
		}
		return
	}
	if x.Kind == ByteArray {
		c.scalar(x, y)
	}
	if x.Int != y.Int || x.Raw() != y.Raw() || x.Module() != y.Module() || x.Name() != y.Name() || x.Kind >= Global && x.Text != y.Text {
		c.differ(x, "is another one")
	}
	c.items(x, y)
	c.pairs(x, y)
	s, t := c.states(x), y.States()
	if len(s) != len(t) {
		c.differ(x, "has %d states, the other %d", len(s), len(t))
		return
	}
	for i := range s {
		c.pair(s[i].Value, t[i].Value, x)
		c.pair(s[i].Frozen, t[i].Frozen, x)
	}
	c.pair(x.Of(), y.Of(), x)
	c.call(x, x.Call(), y.Call())
}

// states are those of a value that were not left out.
func (c *comparing) states(x *Node) []State {
	return slices.DeleteFunc(slices.Clone(x.States()), func(s State) bool { return c.unset(s.Pos) })
}

func (c *comparing) call(of *Node, x, y *Call) {
	if x == nil && y == nil {
		return
	}
	if x == nil || y == nil || x.Op != y.Op || x.Known != y.Known {
		c.differ(of, "is made by another call")
		return
	}
	c.pair(x.Func, y.Func, of)
	c.pair(x.Kwargs, y.Kwargs, of)
	c.list(of, x.Args, y.Args)
	c.list(of, x.Live, y.Live)
}

// items compares what is in a list, tuple or set.
func (c *comparing) items(x, y *Node) {
	from := x.Items()
	if x.Kind == List && slices.ContainsFunc(from, c.gone) {
		dropped := len(from) != len(y.Items())
		var left []*Node
		for i, n := range from {
			switch {
			case !c.gone(n):
				left = append(left, n)
			case !dropped && y.Items()[i].Kind == None:
				left = append(left, y.Items()[i])
			}
		}
		from = left
	}
	c.list(x, from, y.Items())
}

func (c *comparing) pairs(x, y *Node) {
	var from []Pair
	for _, p := range x.Pairs() {
		if !c.gone(p.Key) && !c.gone(p.Value) {
			from = append(from, p)
		}
	}
	to := y.Pairs()
	if len(from) != len(to) {
		c.differ(x, "has %d keys, the other %d", len(from), len(to))
		return
	}
	for i := range from {
		c.pair(from[i].Key, to[i].Key, x)
		c.pair(from[i].Value, to[i].Value, x)
	}
}

// scalar compares values that hold no others.
func (c *comparing) scalar(x, y *Node) {
	p, q := x.Big(), y.Big()
	switch {
	case x == y, c.anew(x):
	case x.Int != y.Int || x.Lazy != y.Lazy || x.Text != y.Text || (p == nil) != (q == nil) || p != nil && p.Cmp(q) != 0:
		c.differ(x, "has another value")
	case x.Lazy && !sameBytes(io.NewSectionReader(c.a, x.Data().Off, x.Data().Len), io.NewSectionReader(c.b, y.Data().Off, y.Data().Len)):
		c.differ(x, "has other bytes")
	}
}

// sameBytes compares two runs to their ends.
func sameBytes(a, b *io.SectionReader) bool {
	if a.Size() != b.Size() {
		return false
	}
	p, q := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(a, p)
		m, _ := io.ReadFull(b, q)
		if n != m || !bytes.Equal(p[:n], q[:n]) {
			return false
		}
		if err != nil {
			return err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
}
