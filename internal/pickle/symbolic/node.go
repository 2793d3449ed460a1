package symbolic

import (
	"math"
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
	Kind  Kind
	form  form
	Lazy  bool // String, Bytes: too long to hold, only Data is set
	flags flags
	// mark is where a survey keeps what it knows of the node.
	mark uint32
	Pos  int64 // where the opcode that made it begins; 0 for shared small constants
	End  int64
	Int  int64  // Bool (0, 1), Int, Extension
	Text string // String, Bytes and ByteArray unless Lazy
	more *more
}

// form says how the stream spells a text or bytes.
type form uint8

const (
	formOther  form = iota
	formBinary      // the payload is the end of the opcode
	formLine        // UNICODE: the line behind the opcode, raw-unicode-escape
	formQuoted      // STRING: what stands in the quotes on the line, escaped
)

// flags say how a node is bound up with others.
type flags uint8

const (
	taken  flags = 1 << iota // a call or BUILD has a snapshot, and no change was seen since
	shared                   // a snapshot shares the pairs
	common                   // other nodes have the same more, so that it must not be written
	held                     // something else than its place on the stack may refer to it
	lone                     // a text to which nothing but its place on the stack refers
	many                     // stands for many values that a thinning throws away
	packed                   // a Packer has what it was made from, under Int
)

// more holds what only some kinds need, to keep a Node of a scalar small.
type more struct {
	items []*Node
	call  *Call
	dict  *mapping
	rare  *rare
	hash  *keyHash
	of    *Node
}

// rare holds what few nodes need.
type rare struct {
	big    *big.Int
	data   pickle.Range
	module string
	name   string
	raw    string
	states []State
	text   *latin1Reader // String: its characters as bytes, once asked for
	line   *lineReader   // of a text whose line is not held, likewise
	known  any           // what SetKnown was given
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

// Known returns what SetKnown kept with n, nil if nothing.
func (n *Node) Known() any {
	if r := n.seldom(); r != nil {
		return r.known
	}
	return nil
}

// SetKnown keeps with n what somebody has worked out about it, for one object
// can be the argument of any number of calls. It is for finished traces, whose
// nodes change no more, and for one goroutine.
func (n *Node) SetKnown(v any) { n.extra().known = v }

// ext returns what n has of its own beside its fields, to be written.
func (n *Node) ext() *more {
	switch {
	case n.more == nil:
		n.more = &more{}
	case n.flags&common != 0:
		own := *n.more
		if own.rare != nil {
			r := *own.rare
			own.rare = &r
		}
		n.more, n.flags = &own, n.flags&^common
	}
	return n.more
}

// extra is ext for what few nodes have.
func (n *Node) extra() *rare {
	e := n.ext()
	if e.rare == nil {
		e.rare = &rare{}
	}
	return e.rare
}

// seldom is extra to be read; it is nil where there is nothing.
func (n *Node) seldom() *rare {
	if n.more == nil {
		return nil
	}
	return n.more.rare
}

// Float returns the value of a Float.
func (n *Node) Float() float64 { return math.Float64frombits(uint64(n.Int)) }

// Items returns the elements of a Tuple, List, Set or FrozenSet, and what was
// appended to an Object.
func (n *Node) Items() []*Node {
	if n.more == nil {
		return nil
	}
	return n.more.items
}

// Pairs returns the items of a Dict, in insertion order with Python's rule for
// equal keys (first key, last value), and what was set on an Object.
func (n *Node) Pairs() []Pair {
	if n.more == nil || n.more.dict == nil {
		return nil
	}
	return n.more.dict.pairs
}

// Big returns the value of an Int that does not fit 64 bits, else nil.
func (n *Node) Big() *big.Int {
	if r := n.seldom(); r != nil {
		return r.big
	}
	return nil
}

// Data returns the byte range of the payload of a String, Bytes or ByteArray
// that was written with a binary length.
func (n *Node) Data() pickle.Range {
	if r := n.seldom(); r != nil {
		return r.data
	}
	return pickle.Range{}
}

// Module and Name return the resolved names of a Global: after Python 2 names
// were mapped for protocols below 3, as CPython's find_class does.
func (n *Node) Module() string {
	if r := n.seldom(); r != nil {
		return r.module
	}
	return ""
}

// Name is described at Module.
func (n *Node) Name() string {
	if r := n.seldom(); r != nil {
		return r.name
	}
	return ""
}

// Raw returns a Global's "module.name" as the stream spells it.
func (n *Node) Raw() string {
	if r := n.seldom(); r != nil {
		return r.raw
	}
	return ""
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
	if r := n.seldom(); r != nil {
		return r.states
	}
	return nil
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
