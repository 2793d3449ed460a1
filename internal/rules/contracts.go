package rules

import (
	"slices"
	"strings"
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
	// keywords is what NEWOBJ_EX may give by keyword; nil means nothing.
	keywords shape
	// newobj says that NEWOBJ may make one; onlyNew that nothing else may,
	// because a call would run __init__.
	newobj, onlyNew bool
	// base is the builtin that copyreg._reconstructor must be given with the
	// class; "" means object.
	base string
	// noBase there means that copyreg._reconstructor makes none.
	// state is what BUILD may give to an object that it made; nil means nothing.
	state shape
	// updates says that a state which is not accepted does no more while loading
	// than set attributes, however harmful they may be later.
	updates bool
	// after, unless nil, says what an object with a state must be in the end.
	after shape
	// stated says that it makes nothing without giving it a state.
	stated bool
	// items and appends say whether SETITEM(S), APPEND(S) and ADDITEMS may
	// change an object that it made.
	items, appends bool
	// looked says that the class looks attributes up among its items, so that no
	// key may be the name of a method that others ask for.
	looked bool
	// nested is the index of an argument whose bytes the call unpickles in
	// turn, plus one; 0 means none.
	nested int
	// applies says that the call calls its first argument with its third: the
	// first is from a closed set, and the third must fit that one's contract.
	applies bool
	// makes says that the call makes an object of the class that is its first
	// argument, which may be made so.
	makes bool
	// reads says that the call reads an attribute, its second argument, of a
	// class, its first: the two together must be a name on the list.
	reads bool
	// binds says that the call binds a function, its first argument, to an object of
	// the class that has it, its second.
	binds bool
	boxes bool // it reads the memory of an array, its second argument, as of the type that is its first
	// types says that the call looks up a type by a name that must be one on the list.
	types bool
	// closed says that names may stand only where the argument lists name them,
	// so that the call keeps none as a value.
	closed bool
	// caller says that it calls or unpickles what it is given, so that it may
	// be called as it is listed and never be kept as a value.
	caller bool
	// starts says that a call runs an __init__ which nobody read: the class may be
	// made by NEWOBJ, and be kept as a value only if [harmlessCall] says so.
	starts bool
	// holdsDType says that what reads the object's state keeps the numpy types in
	// it, so that they must not change any more.
	holdsDType bool
	// trusted: the contract comes from the policy's trust list.
	trusted bool
}

const noBase = "-"

// onlyNamed reports whether a name may be no more than named.
func (c contract) onlyNamed() bool { return len(c.calls) == 0 }

// args is one argument list: a shape for each position, of which the last
// optional ones may be missing.
type args struct {
	shapes   []shape
	optional int
}

func with(shapes ...shape) []args { return []args{{shapes: shapes}} }

// upTo accepts any number of arguments up to most.
func upTo(most int, s shape) []args {
	return []args{{shapes: slices.Repeat([]shape{s}, most), optional: most}}
}

func withOptional(optional int, shapes ...shape) []args {
	return []args{{shapes: shapes, optional: optional}}
}

// A book is the list of contracts by name, with what a policy trusts.
type book struct {
	byName  map[[2]string]contract
	list    list
	trusted map[string]bool
	own     map[string]bool // classes that the archive's own sources define
	modules bool            // the loader takes ("module", class, file, source) for the class
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

func newBook(trusted map[string]bool) book {
	return book{byName: byName(), list: list{}, trusted: trusted}
}

// find returns the contract of a global, or of the attribute of a class that a
// listed call reads. A name that the policy trusts may be constructed and given
// plain attributes, and no more.
func (b book) find(g *sym.Node) (contract, bool) {
	module, name := nameOf(b.class(g))
	if name == "" && makesResult(g) {
		return resultContract, true
	}
	if name == "" {
		return blockContract, makesBlock(g)
	}
	if c, ok := b.byName[[2]string{module, name}]; ok {
		return c, true
	}
	if c, ok := b.list.find(module, name); ok {
		return c, true
	}
	if methodNamed(module, name) {
		return contract{module: module, names: []string{name}}, true
	}
	if full := module + "." + name; b.own[full] && strings.HasPrefix(full, "__torch__.") || len(b.own) > 0 && ListedNativeClass(full) {
		return ownContract(module, name), true
	}
	if b.trusted[module+"."+name] && !dangerous(module, name) {
		return contract{module: module, names: []string{name}, calls: []args{{}, {shapes: []shape{integer}}}, newobj: true, state: attributes(), trusted: true}, true
	}
	return contract{}, false
}

// class returns the class that a persistent id of torch's older format stands
// for (torch/serialization.py, _legacy_load), or n itself.
func (b book) class(n *sym.Node) *sym.Node {
	if b.modules {
		return sourced(n)
	}
	return n
}

func sourced(n *sym.Node) *sym.Node {
	if n == nil || n.Kind != sym.Persistent {
		return n
	}
	if i := n.Of().Items(); n.Of().Kind == sym.Tuple && len(i) == 4 && oneOfText("module")(i[0]) && i[1].Kind == sym.Global {
		return i[1]
	}
	return n
}

// maker returns the contract of the class or function that made an object, and
// its name.
func (b book) maker(n *sym.Node) (c contract, fn *sym.Node, ok bool) {
	if n.Kind != sym.Object || n.Call() == nil {
		return contract{}, nil, false
	}
	fn = b.class(n.Call().Func)
	c, ok = b.find(fn)
	if ok && c.onlyNamed() {
		return contract{}, fn, false
	}
	if !ok || !c.makes {
		return c, fn, ok
	}
	if class := classOf(n.Call()); class != nil {
		if made, known := b.find(class); !known || b.accepts(c, n.Call()) {
			return made, class, known
		}
	}
	return c, fn, ok
}

// accepts reports whether a call fits one of the argument lists, both as the
// arguments were at the call and as they are in the end.
func (b book) accepts(c contract, call *sym.Call) bool {
	if !call.Known || call.Kwargs != nil && !c.named(call.Kwargs) {
		return false
	}
	if new := call.Op == pickle.OpNewObj || call.Op == pickle.OpNewObjEx; new && !c.newobj || !new && c.onlyNew {
		return false
	}
	if _, name := typeOfCall(call); c.types && name == "" {
		return false
	}
	for _, a := range c.calls {
		if a.fit(call.Args) && a.fit(call.Live) {
			return (!c.applies || b.acceptsInner(call)) && (!c.makes || b.acceptsClass(call.Args)) && (!c.reads || b.acceptsRead(call.Args)) && (!c.binds || binds(call.Args)) && (!c.boxes || boxes(call))
		}
	}
	return false
}

// named reports whether the arguments that are given by keyword are none, or such
// as the contract allows.
func (c contract) named(given *sym.Node) bool {
	return given.Kind == sym.Dict && (len(given.Pairs()) == 0 || c.keywords != nil && dictOf(shortText, c.keywords)(given))
}

// acceptsClass judges copyreg._reconstructor(class, base, state), which makes
// an object of the class and runs base.__init__ unless that is object's.
func (b book) acceptsClass(args []*sym.Node) bool {
	c, ok := b.find(args[0])
	if !ok || !c.newobj {
		return false
	}
	switch c.base {
	case "dict":
		return args[1].Is("builtins", "dict") && args[2].Kind == sym.Dict && !(c.looked && special(args[2]))
	case "list":
		return args[1].Is("builtins", "list") && args[2].Kind == sym.List
	case "tuple":
		return args[1].Is("builtins", "tuple") && args[2].Kind == sym.Tuple
	case noBase:
		return false
	case "str":
		return args[1].Is("builtins", "str") && shortText(args[2])
	}
	return args[1].Is("builtins", "object") && args[2].Kind == sym.None
}

// acceptsRead judges builtins.getattr(class, name), and the method of an object
// that a library keeps as a value.
func (b book) acceptsRead(args []*sym.Node) bool {
	if resultClass(args[0]) && args[1].Text == "__new__" {
		return true
	}
	if args[0].Kind != sym.Global {
		return boundMethod(args[0], args[1]) || patternMethod(args[0], args[1])
	}
	at := [2]string{args[0].Module(), args[0].Name() + "." + args[1].Text}
	if _, ok := b.byName[at]; ok || methodNamed(at[0], at[1]) {
		return true
	}
	_, ok := b.list.find(at[0], at[1])
	return ok || args[1].Text != "" && b.listedMember(args[0], args[1].Text)
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
	all = append(all, libraryContracts()...)
	all = append(all, geometryContracts()...)
	all = append(all, getterContracts()...)
	all = append(all, numpyContracts()...)
	all = append(all, randomContracts()...)
	all = append(all, slices.Concat(pandasContracts(), earlyPandas())...)
	all = append(all, arrowContracts()...)
	all = append(all, nativeContracts()...)
	all = append(all, scipyContracts()...)
	all = append(all, statsContracts()...)
	all = append(all, joblibContracts()...)
	all = append(all, torchContracts()...)
	all = append(all, modelContracts()...)
	all = append(all, jitContracts()...)
	return slices.Concat(all, distributedContracts(), dtensorContracts(), omegaconfContracts(), typingContracts(), spaceContracts(), earlySpaces(), graphContracts(), jaxContracts(), objectContracts())
}
