package symbolic

import (
	"math/big"

	"github.com/modelaudit/action/internal/pickle"
)

// A Kind says what a Node stands for.
type Kind uint8

// The kinds. Everything from None to FrozenSet is exactly that builtin type;
// the others are values that only a loader could know more of.
const (
	None Kind = iota
	Bool
	Int
	Float
	String // Python str
	Bytes
	ByteArray
	Tuple
	List
	Dict
	Set
	FrozenSet
	Global     // what importing Module and reading Name would give
	Object     // what a call would give
	Persistent // what the loader's persistent_load would give for Of
	Extension  // what copyreg's registry holds under the code Int
	Buffer     // an out-of-band buffer
)

// String returns the Python word for k.
func (k Kind) String() string {
	names := [...]string{"None", "bool", "int", "float", "str", "bytes", "bytearray", "tuple", "list", "dict", "set",
		"frozenset", "global", "object", "persistent id", "extension", "buffer"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// A Node is one value of the graph that a pickle stream describes. Identity is
// the pointer: what the stream shares, the graph shares. Graphs may be cyclic,
// and a small stream can describe a graph with exponentially many paths, so a
// walk must remember the nodes it has seen.
type Node struct {
	Kind Kind
	form form
	Lazy bool // String, Bytes: too long to hold, only Data is set
	// taken: a call or BUILD has a snapshot, and no change was seen since;
	// shared: a snapshot shares the pairs.
	taken, shared bool
	Pos           int64 // where the opcode that made it begins; 0 for shared small constants
	End           int64
	Int           int64   // Bool (0, 1), Int, Extension
	F             float64 // Float
	Text          string  // String, Bytes and ByteArray unless Lazy
	items         []*Node
	more          *more
}

// form says how the stream spells a text or bytes.
type form uint8

const (
	formOther  form = iota
	formBinary      // the payload is the end of the opcode
	formLine        // UNICODE: the line behind the opcode, raw-unicode-escape
)

// more holds what only some kinds need, to keep a Node of a scalar small.
type more struct {
	big    *big.Int
	data   pickle.Range
	pairs  []Pair
	index  map[keyHash]int
	module string
	name   string
	raw    string
	call   *Call
	states []State
	of     *Node
	hash   *keyHash
	text   *latin1Reader // String: its characters as bytes, once asked for
}

// A Pair is one item of a mapping.
type Pair struct {
	Key, Value *Node
	Pos        int64 // of the opcode that set it
}

// A State is one BUILD.
type State struct {
	Pos, End int64
	Value    *Node
	// Frozen is Value as it was at the time of the BUILD: a later change of
	// the state's own dict does not reach an object whose __dict__ was updated
	// from it. What is frozen is said at Call.Args.
	Frozen *Node
}

// A Call is one call that loading would make.
type Call struct {
	Op       pickle.Opcode // REDUCE, INST, OBJ, NEWOBJ or NEWOBJ_EX
	Pos, End int64
	Func     *Node
	// Args are the positional arguments as they were at the time of the call:
	// lists, dicts and sets, also those in tuples, are copied one level deep.
	// Known is false when the argument tuple itself is not visible.
	Args  []*Node
	Known bool
	// Live are the same arguments, uncopied.
	Live   []*Node
	Kwargs *Node // NEWOBJ_EX
}

func (n *Node) ext() *more {
	if n.more == nil {
		n.more = &more{}
	}
	return n.more
}

// Items returns the elements of a Tuple, List, Set or FrozenSet, and what was
// appended to an Object.
func (n *Node) Items() []*Node { return n.items }

// Pairs returns the items of a Dict, in insertion order with Python's rule for
// equal keys (first key, last value), and what was set on an Object.
func (n *Node) Pairs() []Pair {
	if n.more == nil {
		return nil
	}
	return n.more.pairs
}

// Big returns the value of an Int that does not fit 64 bits, else nil.
func (n *Node) Big() *big.Int {
	if n.more == nil {
		return nil
	}
	return n.more.big
}

// Data returns the byte range of the payload of a String, Bytes or ByteArray
// that was written with a binary length.
func (n *Node) Data() pickle.Range {
	if n.more == nil {
		return pickle.Range{}
	}
	return n.more.data
}

// Module and Name return the resolved names of a Global: after Python 2 names
// were mapped for protocols below 3, as CPython's find_class does.
func (n *Node) Module() string {
	if n.more == nil {
		return ""
	}
	return n.more.module
}

// Name is described at Module.
func (n *Node) Name() string {
	if n.more == nil {
		return ""
	}
	return n.more.name
}

// Raw returns a Global's "module.name" as the stream spells it.
func (n *Node) Raw() string {
	if n.more == nil {
		return ""
	}
	return n.more.raw
}

// Call returns the call that made an Object, else nil.
func (n *Node) Call() *Call {
	if n.more == nil {
		return nil
	}
	return n.more.call
}

// States returns the BUILDs that a value received, in order.
func (n *Node) States() []State {
	if n.more == nil {
		return nil
	}
	return n.more.states
}

// Of returns the id of a Persistent, and the wrapper that a loader read an
// Object from (Built.Replaced).
func (n *Node) Of() *Node {
	if n.more == nil {
		return nil
	}
	return n.more.of
}

// FullName returns "module.name" of a Global, "" for other kinds.
func (n *Node) FullName() string {
	if n.Kind != Global {
		return ""
	}
	return n.Module() + "." + n.Name()
}

// Is reports whether n is the Global of exactly that module and name.
func (n *Node) Is(module, name string) bool {
	return n != nil && n.Kind == Global && n.Module() == module && n.Name() == name
}

// Mutable reports whether a call that gets n as argument could change it.
func (n *Node) Mutable() bool {
	switch n.Kind {
	case ByteArray, List, Dict, Set, Object, Persistent, Extension, Buffer:
		return true
	}
	return false
}

// Children calls f for every node that n refers to directly.
func (n *Node) Children(f func(*Node)) {
	for _, i := range n.items {
		f(i)
	}
	m := n.more
	if m == nil {
		return
	}
	for _, p := range m.pairs {
		f(p.Key)
		f(p.Value)
	}
	for _, s := range m.states {
		f(s.Value)
		f(s.Frozen)
	}
	if m.of != nil {
		f(m.of)
	}
	if c := m.call; c != nil {
		f(c.Func)
		for i, a := range c.Args {
			f(a)
			if c.Live[i] != a {
				f(c.Live[i])
			}
		}
		if c.Kwargs != nil {
			f(c.Kwargs)
		}
	}
}

// Reach calls visit once for every node reachable from the roots, roots
// included, in depth-first order without recursion. When visit returns false
// the walk does not go below that node.
func Reach(visit func(*Node) bool, roots ...*Node) {
	seen := map[*Node]bool{}
	stack := make([]*Node, 0, len(roots))
	push := func(n *Node) {
		if n != nil && !seen[n] {
			seen[n] = true
			stack = append(stack, n)
		}
	}
	for i := len(roots) - 1; i >= 0; i-- {
		push(roots[i])
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if visit(n) {
			n.Children(push)
		}
	}
}
