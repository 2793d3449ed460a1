package rules

import (
	"sync"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A contract says how one exact global may be used. A global that is listed
// may be named as a value anywhere; what it may do beyond that is said here.
type contract struct {
	module string
	names  []string
	// calls lists the argument lists that it may be called with; none means it
	// is only named. A call through any opcode counts, but for NEWOBJ and
	// NEWOBJ_EX, which call __new__ alone: what they make of most classes is
	// not what the arguments say.
	calls []args
	// newobj says that NEWOBJ may make one.
	newobj bool
	// state is what BUILD may give to an object that it made; nil means nothing.
	state shape
	// after, unless nil, says what an object with a state must be in the end.
	after shape
	// items and appends say whether SETITEM(S), APPEND(S) and ADDITEMS may
	// change an object that it made.
	items, appends bool
	// nested is the index of an argument whose bytes the call unpickles in
	// turn, plus one; 0 means none.
	nested int
	// applies says that the call calls its first argument with its third: the
	// first is from a closed set, and the third must fit that one's contract.
	applies bool
	// makes says that the call makes an object of the class that is its first
	// argument, which may be made so.
	makes bool
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

// byName is the list as a table, made when the first pickle is judged.
var byName = sync.OnceValue(func() map[[2]string]contract {
	table := map[[2]string]contract{}
	for _, c := range contracts() {
		for _, n := range c.names {
			table[[2]string{c.module, n}] = c
		}
	}
	return table
})

func newBook(trusted map[string]bool) book { return book{byName: byName(), trusted: trusted} }

// find returns the contract of a global. A name that the policy trusts may be
// constructed and given plain attributes, and no more.
func (b book) find(g *sym.Node) (contract, bool) {
	if g == nil || g.Kind != sym.Global {
		return contract{}, false
	}
	if c, ok := b.byName[[2]string{g.Module(), g.Name()}]; ok {
		return c, true
	}
	if b.trusted[g.FullName()] && !dangerous(g.Module(), g.Name()) {
		return contract{module: g.Module(), names: []string{g.Name()}, calls: with(), newobj: true, state: attributes(), trusted: true}, true
	}
	return contract{}, false
}

// maker returns the contract of the class or function that made an object, and
// its name.
func (b book) maker(n *sym.Node) (c contract, fn *sym.Node, ok bool) {
	if n.Kind != sym.Object || n.Call() == nil {
		return contract{}, nil, false
	}
	fn = n.Call().Func
	if c, ok = b.find(fn); ok && c.makes && b.accepts(c, n.Call()) {
		fn = n.Call().Args[0]
		c, ok = b.find(fn)
	}
	return c, fn, ok
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
	if !c.newobj && (call.Op == pickle.OpNewObj || call.Op == pickle.OpNewObjEx) {
		return false
	}
	for _, a := range c.calls {
		if a.fit(call.Args) && a.fit(call.Live) {
			return (!c.applies || b.acceptsInner(call)) && (!c.makes || b.acceptsClass(call.Args[0]))
		}
	}
	return false
}

// acceptsClass judges the class of which copyreg._reconstructor makes an object.
func (b book) acceptsClass(class *sym.Node) bool {
	c, ok := b.find(class)
	return ok && c.newobj
}

// acceptsInner judges the call that _rebuild_from_type_v2(func, type, args,
// state) makes of its first argument.
func (b book) acceptsInner(call *sym.Call) bool {
	inner, ok := b.find(call.Args[0])
	return ok && b.accepts(inner, &sym.Call{Op: pickle.OpReduce, Func: call.Args[0], Args: call.Args[2].Items(), Live: call.Live[2].Items(), Known: true})
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
