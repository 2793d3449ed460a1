package marshal

// MaxSize is how many bytes are decoded at most: 16 MiB.
const MaxSize = 16 << 20

// Value is one decoded value; the package comment lists the types.
type Value any

// Bytes is a bytes object.
type Bytes []byte

// Tuple is a tuple.
type Tuple []Value

// List is a list.
type List []Value

// Dict is a dict, its items in the order in which they were written.
type Dict []Item

// Item is one key of a dict with its value.
type Item struct{ Key, Value Value }

// Set is a set or a frozenset.
type Set struct {
	Frozen bool
	Items  []Value
}

// Slice is a slice object, which CPython 3.14 keeps as a constant.
type Slice struct{ Start, Stop, Step Value }

// Special is one of the values that have no data.
type Special string

// The special values.
const (
	Ellipsis      Special = "Ellipsis"
	StopIteration Special = "StopIteration"
)

// Layout is how a code object's parts are written (Python/marshal.c, w_complex_object).
type Layout int

// The layouts, each with the versions of CPython that write it.
const (
	Layout36  Layout = iota // 3.6 and 3.7
	Layout38                // 3.8 to 3.10: the count of positional-only arguments came
	Layout311               // 3.11 to 3.14: one table of variables, a table of exceptions
)

// Layouts lists all layouts, oldest first.
func Layouts() []Layout { return []Layout{Layout36, Layout38, Layout311} }

// Flags of a code object (Include/cpython/code.h).
const (
	FlagVarArgs     = 0x04
	FlagVarKeywords = 0x08
	FlagGenerator   = 0x20
	FlagCoroutine   = 0x80
	FlagAsync       = 0x200
)

// Code is a code object.
type Code struct {
	Layout         Layout
	Size           int // bytes of input, where DecodeCode read it
	Args           int // positional arguments, the positional-only ones included
	PositionalOnly int
	KeywordOnly    int
	StackSize      int
	Flags          int
	Instructions   []byte // co_code
	Consts         Tuple
	Names          []string
	Variables      []string // co_varnames: arguments first. In Layout311, of all variables those that are locals
	Free           []string
	Cells          []string
	Slots          []Slot // Layout311 alone: all variables by the index that instructions use
	File, Name     string
	Qualified      string // Layout311 alone
	FirstLine      int
	Lines          []byte
	Exceptions     []byte // Layout311 alone
}

// Slot is a variable of a code object of Layout311: one may be a local and a
// cell at once (Include/internal/pycore_code.h, CO_FAST_*).
type Slot struct {
	Name string
	Kind byte
}

// Kinds of a slot, bits.
const (
	SlotLocal byte = 0x20
	SlotCell  byte = 0x40
	SlotFree  byte = 0x80
)

// Arguments returns the names of the arguments in order: positional, keyword-only,
// then *args and **kwargs where the flags say so; what the table of variables lacks is left out.
func (c *Code) Arguments() []string {
	n := c.Args + c.KeywordOnly
	if c.Flags&FlagVarArgs != 0 {
		n++
	}
	if c.Flags&FlagVarKeywords != 0 {
		n++
	}
	return c.Variables[:max(0, min(n, len(c.Variables)))]
}
