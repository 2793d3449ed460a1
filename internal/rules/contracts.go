package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A contract says how one exact global may be used. A global that is listed
// may be named as a value anywhere; what it may do beyond that is said here.
type contract struct {
	module string
	names  []string
	// calls lists the argument lists that it may be called with; none means it
	// is only named. A call through any opcode counts.
	calls []args
	// state is what BUILD may give to an object that it made; nil means nothing.
	state shape
	// items and appends say whether SETITEM(S), APPEND(S) and ADDITEMS may
	// change an object that it made.
	items, appends bool
	// nested is the index of an argument whose bytes the call unpickles in
	// turn, plus one; 0 means none.
	nested int
	// applies says that the call calls its first argument with its third: the
	// first is from a closed set, and the third must fit that one's contract.
	applies bool
	// trusted: the contract comes from the policy's trust list.
	trusted bool
}

// args is one argument list: a shape for each position, of which the last
// optional ones may be missing.
type args struct {
	shapes   []shape
	optional int
}

func with(shapes ...shape) []args { return []args{{shapes: shapes}} }

func withOptional(optional int, shapes ...shape) []args {
	return []args{{shapes: shapes, optional: optional}}
}

// A book is the list of contracts by name, with what a policy trusts.
type book struct {
	byName  map[[2]string]contract
	trusted map[string]bool
}

func newBook(trusted map[string]bool) book {
	b := book{byName: map[[2]string]contract{}, trusted: trusted}
	for _, c := range contracts() {
		for _, n := range c.names {
			b.byName[[2]string{c.module, n}] = c
		}
	}
	return b
}

// find returns the contract of a global. A name that the policy trusts may be
// constructed and given plain attributes, and no more.
func (b book) find(g *sym.Node) (contract, bool) {
	if g == nil || g.Kind != sym.Global {
		return contract{}, false
	}
	if c, ok := b.byName[[2]string{g.Module(), g.Name()}]; ok {
		return c, true
	}
	if b.trusted[g.FullName()] {
		return contract{module: g.Module(), names: []string{g.Name()}, calls: with(), state: attributes(), trusted: true}, true
	}
	return contract{}, false
}

// accepts reports whether a call fits one of the argument lists, both as the
// arguments were at the call and as they are in the end.
func (b book) accepts(c contract, call *sym.Call) bool {
	if !call.Known || call.Kwargs != nil && len(call.Kwargs.Pairs()) > 0 {
		return false
	}
	if call.Kwargs != nil && call.Kwargs.Kind != sym.Dict {
		return false
	}
	for _, a := range c.calls {
		if a.fit(call.Args) && a.fit(call.Live) {
			return !c.applies || b.acceptsInner(call)
		}
	}
	return false
}

// acceptsInner judges the call that _rebuild_from_type_v2(func, type, args,
// state) makes of its first argument.
func (b book) acceptsInner(call *sym.Call) bool {
	inner, ok := b.find(call.Args[0])
	return ok && b.accepts(inner, &sym.Call{Func: call.Args[0], Args: call.Args[2].Items(), Live: call.Args[2].Items(), Known: true})
}

func (a args) fit(given []*sym.Node) bool {
	if len(given) > len(a.shapes) || len(given) < len(a.shapes)-a.optional {
		return false
	}
	for i, n := range given {
		if !a.shapes[i](n) {
			return false
		}
	}
	return true
}

// contracts is the whole list of what a file may import.
func contracts() []contract {
	var all []contract
	all = append(all, pythonContracts()...)
	all = append(all, numpyContracts()...)
	return append(all, torchContracts()...)
}

// pythonContracts: the standard library. Facts from CPython 3.11, Lib and
// Objects: each class's __reduce_ex__.
func pythonContracts() []contract {
	factory := either(none, global("builtins", "int", "float", "str", "bool", "list", "dict", "set", "tuple", "bytes"),
		global("collections", "OrderedDict"))
	return []contract{
		{module: "collections", names: []string{"OrderedDict"}, calls: withOptional(1, pairs), state: ordered, items: true},
		{module: "collections", names: []string{"defaultdict"}, calls: withOptional(2, factory, kinds(sym.Dict)), items: true},
		{module: "collections", names: []string{"Counter"}, calls: withOptional(1, kinds(sym.Dict)), items: true},
		{module: "collections", names: []string{"deque"}, calls: withOptional(2, either(tupleOf(anything), listOf(anything)), either(none, integer)), appends: true},
		{module: "builtins", names: []string{"set", "frozenset", "list", "tuple"}, calls: withOptional(1, either(listOf(anything), tupleOf(anything)))},
		{module: "builtins", names: []string{"dict"}, calls: withOptional(1, either(kinds(sym.Dict), pairs))},
		{module: "builtins", names: []string{"bytearray"}, calls: []args{{}, {shapes: []shape{rawBytes}}, {shapes: []shape{text, oneOfText("latin-1", "latin1")}}}},
		{module: "builtins", names: []string{"bytes"}, calls: []args{{}, {shapes: []shape{rawBytes}}}},
		{module: "builtins", names: []string{"complex"}, calls: withOptional(1, number, number)},
		{module: "builtins", names: []string{"int", "float", "bool", "str"}},
		{module: "builtins", names: []string{"slice", "range"}, calls: withOptional(2, either(none, integer), either(none, integer), either(none, integer))},
		{module: "_codecs", names: []string{"encode"}, calls: with(text, oneOfText("latin1", "latin-1"))},
		{module: "argparse", names: []string{"Namespace"}, calls: with(), state: attributes("_get_kwargs", "_get_args")},
		{module: "pathlib", names: []string{"PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"}, calls: []args{
			{}, {shapes: []shape{text}}, {shapes: []shape{text, text}}, {shapes: []shape{text, text, text}}, {shapes: []shape{text, text, text, text}},
			{shapes: []shape{text, text, text, text, text}}, {shapes: []shape{text, text, text, text, text, text}}}},
		{module: "datetime", names: []string{"datetime", "date", "time"}, calls: withOptional(1, either(rawBytes, text), either(none, madeBy("datetime", "timezone")))},
		{module: "datetime", names: []string{"timedelta"}, calls: with(integer, integer, integer)},
		{module: "datetime", names: []string{"timezone"}, calls: withOptional(1, madeBy("datetime", "timedelta"), text)},
		{module: "decimal", names: []string{"Decimal"}, calls: with(text)},
		{module: "fractions", names: []string{"Fraction"}, calls: []args{{shapes: []shape{text}}, {shapes: []shape{integer, integer}}}},
	}
}

// ordered is the state of an OrderedDict: torch keeps the versions of a
// module's state in its attribute _metadata. Any other attribute could hide a
// method that a later opcode or the program looks up.
var ordered = dictOf(oneOfText("_metadata"), anything)

// attributes accepts a dict of plain attribute names: no dunder, and none of
// the names that the class itself defines.
func attributes(defined ...string) shape {
	key := func(n *sym.Node) bool {
		if n.Kind != sym.String || n.Lazy || len(n.Text) > 4 && n.Text[:2] == "__" {
			return false
		}
		for _, d := range defined {
			if n.Text == d {
				return false
			}
		}
		return true
	}
	return dictOf(key, anything)
}

// numpyContracts: numpy/core/src/multiarray/methods.c (array_reduce,
// array_setstate), numpy/core/numeric.py (_frombuffer). The two spellings are
// numpy 1 and numpy 2.
func numpyContracts() []contract {
	var all []contract
	all = append(all,
		contract{module: "numpy", names: []string{"ndarray"}},
		contract{module: "numpy", names: []string{"dtype"}, calls: withOptional(2, text, integer, integer), state: dtypeState},
	)
	for _, core := range []string{"numpy.core", "numpy._core"} {
		all = append(all,
			contract{module: core + ".multiarray", names: []string{"_reconstruct"},
				calls: with(global("numpy", "ndarray"), fields(integer), rawBytes), state: arrayState},
			contract{module: core + ".multiarray", names: []string{"scalar"}, calls: with(plainDType, rawBytes)},
			contract{module: core + ".numeric", names: []string{"_frombuffer"},
				calls: withOptional(1, kinds(sym.Bytes, sym.ByteArray), plainDType, tupleOf(integer), oneOfText("C", "F", "K"), either(none, tupleOf(integer)))},
		)
	}
	return all
}
