package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A Wrapped says what a call that may not be trusted gives, where that can be
// known without carrying it out.
type Wrapped struct {
	// Inner is the value that the call was given and gives back, nil if there is none.
	Inner *sym.Node
	// Loose: what the call gives is not that value, but holds it and nothing else.
	Loose bool
	// Copy: what the call gives is an equal value of its own. Deep: so is all in it.
	Copy, Deep bool
	// Changed, unless nil, is the container that the call takes Inner out of.
	Changed *sym.Node
	// Made is the name of the class of which the call makes an empty object, "" for
	// none: dict, list or collections.OrderedDict.
	Made string
}

// An Unwrapper finds out what calls give. It does no more than so much work.
type Unwrapper struct {
	// Untrusted tells which values may not be trusted.
	Untrusted func(*sym.Node) bool
	spent     int
}

// maxUnwrapping bounds the values and letters that an Unwrapper looks at.
const maxUnwrapping = 8 << 20

// Unwrap says what the call that made a value gives, nothing if that is not known.
// passive: what the call was given is as it was, but for a dict of globals itself.
func (u *Unwrapper) Unwrap(n *sym.Node) (w Wrapped, passive bool) {
	if n.Kind != sym.Object || n.Call() == nil || !n.Call().Known || n.Call().Kwargs != nil {
		return Wrapped{}, false
	}
	if inner, changed := u.picked(n.Call()); inner != nil {
		if u.Untrusted(inner) {
			inner = nil
		}
		return Wrapped{Inner: inner, Changed: changed}, true
	}
	switch call := n.Call(); call.Func.FullName() {
	case "functools.partial":
		w, passive = u.partial(n), true
	case "typing.cast":
		if passive = len(call.Live) == 2; passive {
			w.Inner = call.Live[1]
		}
	case "builtins.getattr":
		w = Wrapped{Inner: attributeOf(call), Loose: true}
		passive = w.Inner != nil
	case "copy.copy", "copy.deepcopy", "builtins.dict":
		w = Wrapped{Inner: u.copied(call), Copy: true, Deep: call.Func.Name() == "deepcopy"}
		passive = w.Inner != nil
	case "operator.getitem", "_operator.getitem":
		w.Inner = item(call.Args)
		passive = w.Inner != nil
	case "builtins.eval":
		w, passive = u.evaluated(call)
	}
	if w.Inner != nil && u.Untrusted(w.Inner) {
		w.Inner = nil
	}
	return w, passive
}

// unwrapped notes what the call that made an untrusted value gives. It reports
// whether the call leaves what it is given as it is.
func (j *judge) unwrapped(n *sym.Node) bool {
	w, passive := j.unwrapper.Unwrap(n)
	if w, passive = j.again(n, w, passive); !passive && w.Made == "" {
		w = Wrapped{}
	}
	if j.out.Wrapped[n] = w; w.Inner == nil && w.Made == "" {
		delete(j.out.Wrapped, n)
	}
	if passive && n.Call().Func.Is("builtins", "eval") && len(n.Call().Live) > 1 {
		j.out.Grown = append(j.out.Grown, n.Call().Live[1]) // gets __builtins__
	}
	if passive {
		j.quiet = append(j.quiet, n)
	}
	return passive
}

// again takes back what is said of a call that takes a value out of a container
// out of which another call took one.
func (j *judge) again(n *sym.Node, w Wrapped, passive bool) (Wrapped, bool) {
	p, ok := pickOf(n.Call())
	switch before := j.emptied[p.live]; {
	case ok && before != nil && before != n:
		return Wrapped{}, false
	case w.Changed != nil:
		j.emptied[w.Changed] = n
		j.out.Grown = append(j.out.Grown, w.Changed)
	}
	return w, passive
}

// doubted takes back what was said of calls where the stream changes a module or
// a class: then a name may stand for another function than it does elsewhere.
func (j *judge) doubted() {
	if !j.patched {
		return
	}
	clear(j.out.Wrapped)
	for _, n := range j.quiet {
		j.out.Touched = append(j.out.Touched, n.Call().Live...)
		if n.Call().Func.Kind != sym.Global {
			j.out.Touched = append(j.out.Touched, n.Call().Func)
		}
		for _, s := range n.States() {
			j.out.Touched = append(j.out.Touched, s.Value)
		}
	}
}

// partialTuple reports whether BUILD gives a partial the state that it pickles
// with, which it keeps as it is (Modules/_functoolsmodule.c, partial_setstate).
func partialTuple(n *sym.Node, state *sym.Node) bool {
	if n.Call() == nil || !n.Call().Func.Is("functools", "partial") || state.Kind != sym.Tuple || len(state.Items()) != 4 {
		return false
	}
	s := state.Items()
	return s[1].Kind == sym.Tuple && (s[2].Kind == sym.Dict || s[2].Kind == sym.None) && (s[3].Kind == sym.Dict || s[3].Kind == sym.None)
}

// partial finds the one value that a partial of a named function holds.
func (u *Unwrapper) partial(n *sym.Node) Wrapped {
	call := n.Call()
	if len(call.Live) == 0 || call.Live[0].Kind != sym.Global || len(n.Items())+len(n.Pairs()) > 0 {
		return Wrapped{}
	}
	values := call.Live[1:]
	switch states := n.States(); {
	case len(states) > 1, len(states) == 1 && (!partialTuple(n, states[0].Frozen) || len(values) > 0):
		return Wrapped{}
	case len(states) == 1:
		s := states[0].Frozen.Items()
		values = append(values[:0:0], s[1].Items()...)
		for _, d := range s[2:] {
			for _, p := range d.Pairs() {
				values = append(values, p.Value)
			}
		}
	}
	w := Wrapped{Loose: true}
	for _, v := range values {
		switch {
		case v.Kind < sym.Tuple && !v.Mutable() || v.Kind == sym.Global || u.Untrusted(v):
		case w.Inner != nil:
			return Wrapped{}
		default:
			w.Inner = v
		}
	}
	return w
}

// attributeOf returns the container of which getattr looks up a name. One that
// is of a builtin class, or an OrderedDict without attributes, runs nothing.
func attributeOf(call *sym.Call) *sym.Node {
	if len(call.Live) < 2 || call.Args[1].Kind != sym.String || !builtin(call.Live[0]) {
		return nil
	}
	return call.Live[0]
}

func builtin(n *sym.Node) bool {
	switch n.Kind {
	case sym.Dict, sym.List, sym.Tuple:
		return true
	}
	return orderedDict(n) && len(n.States()) == 0
}

func orderedDict(n *sym.Node) bool {
	return n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("collections", "OrderedDict")
}

// stateDict reports whether a value is what a module of torch has for a state_dict:
// an OrderedDict with one attribute, of which nothing that is done to a dict takes notice.
func stateDict(n *sym.Node) bool {
	if !orderedDict(n) || len(n.States()) != 1 {
		return false
	}
	s := n.States()[0].Frozen
	return s.Kind == sym.Dict && len(s.Pairs()) == 1 && valueOf(s, "_metadata") != nil
}

// copied returns what a call makes a copy of: a container that holds nothing
// whose own way to be copied is not known.
func (u *Unwrapper) copied(call *sym.Call) *sym.Node {
	if len(call.Live) != 1 || !builtin(call.Live[0]) && !stateDict(call.Live[0]) || call.Func.Is("builtins", "dict") && call.Live[0].Kind != sym.Dict {
		return nil
	}
	bad := false
	sym.Reach(func(n *sym.Node) bool {
		u.spent++
		bad = bad || u.spent > maxUnwrapping || n.Kind > sym.Global && u.Untrusted(n)
		return !bad
	}, call.Live[0])
	if bad {
		return nil
	}
	return call.Live[0]
}

// item returns what operator.getitem finds in a dict by a text, or in a list or
// tuple by a number.
func item(args []*sym.Node) *sym.Node {
	if len(args) != 2 {
		return nil
	}
	of, key := args[0], args[1]
	switch {
	case of.Kind == sym.Dict && key.Kind == sym.String && !key.Lazy:
		return valueOf(of, key.Text)
	case (of.Kind == sym.List || of.Kind == sym.Tuple) && key.Kind == sym.Int && key.Big() == nil && key.Int >= 0 && key.Int < int64(len(of.Items())):
		return of.Items()[key.Int]
	}
	return nil
}

// valueOf returns the value of a key of a dict whose keys are all texts, nil if
// there is none.
func valueOf(of *sym.Node, key string) (found *sym.Node) {
	for _, p := range of.Pairs() {
		switch {
		case p.Key.Kind != sym.String || p.Key.Lazy:
			return nil
		case p.Key.Text == key:
			found = p.Value
		}
	}
	return found
}

// evaluated says what eval gives. quiet: what it was given, but for the dict of
// its globals itself, is as it was.
func (u *Unwrapper) evaluated(call *sym.Call) (w Wrapped, quiet bool) {
	if len(call.Args) == 0 || len(call.Args) > 3 || call.Args[0].Kind != sym.String || call.Args[0].Lazy {
		return Wrapped{}, false
	}
	if u.spent += len(call.Args[0].Text); u.spent > maxUnwrapping {
		return Wrapped{}, false
	}
	names := map[string]*sym.Node{}
	for _, of := range call.Args[1:] {
		if of.Kind != sym.Dict && of.Kind != sym.None {
			return Wrapped{}, false
		}
		for _, p := range of.Pairs() {
			if u.spent++; p.Key.Kind != sym.String || p.Key.Lazy || p.Key.Text == "__builtins__" || u.spent > maxUnwrapping {
				return Wrapped{}, false
			}
			names[p.Key.Text] = p.Value
		}
	}
	e := expression{rest: call.Args[0].Text, names: names}
	v, ok := e.whole()
	if !ok {
		return Wrapped{}, false
	}
	return Wrapped{Inner: v.node, Made: v.made}, true
}
