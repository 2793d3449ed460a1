package scan

import (
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// Places says by the offsets of instructions what of a pickle is not to be
// believed: where a value is made that a call, a name or an id gave which is not
// known to be harmless, and where one is made that such a call could have changed.
type Places struct {
	Untrusted map[int64]string // the callable's or the name's full name, "" where it has none
	Changed   map[int64]bool
	// Tensors holds the places in Untrusted whose values were made from tensors.
	Tensors map[int64]bool
	// Plain holds the places in Untrusted of objects of unlisted classes that are
	// no more than a dict for a state.
	Plain map[int64]bool
	// Contained holds those of objects of such classes that have items: "dict" or
	// "list", which has these without the class. Attributes holds the BUILDs of theirs.
	Contained  map[int64]string
	Attributes map[int64]bool
	// Inner says of places in Untrusted which value stands for what is made there,
	// and Made of which class it is an empty object.
	Inner map[int64]Inner
	Made  map[int64]string
	// Nothing holds the places in Untrusted whose value is None for certain.
	Nothing map[int64]bool
	// Hooks holds the places where dicts are made of which a key may go although
	// they are a part of an object.
	Hooks map[int64]bool
	// Unset holds the places of BUILDs whose object does not get the state.
	Unset map[int64]bool
	// Patched names something that such a call got at and that loading itself
	// depends on, "" if there is nothing: then nothing in the stream is certain.
	Patched string
	// Whole is which value on the stack, from the bottom, is the object of a stream that
	// breaks off behind it, or that gives what an untrusted call returned and has one
	// object below it, or threw one away last; -1 if there is none, or it is not known which.
	Whole int
	// Kept reports whether the object of the stream holds a tensor.
	Kept bool
}

// An Inner is the value that a call gives back.
type Inner struct {
	Pos         int64 // where it is made
	Loose, Copy bool  // those of rules.Wrapped
}

// Places lists the places of a pickle that was judged.
func (p Pickle) Places() Places {
	t := newTaint(&Checkpoint{Judgement: p.Judgement, Trace: p.Trace})
	out := Places{
		Untrusted: map[int64]string{}, Changed: map[int64]bool{}, Tensors: map[int64]bool{}, Plain: map[int64]bool{},
		Contained: map[int64]string{}, Attributes: map[int64]bool{}, Inner: map[int64]Inner{}, Made: map[int64]string{},
		Nothing: map[int64]bool{}, Hooks: map[int64]bool{}, Unset: map[int64]bool{}, Patched: t.patched,
	}
	for n := range t.untrusted {
		out.Untrusted[n.Pos] = MadeBy(n)
		if GivesNone(n) {
			out.Nothing[n.Pos] = true
		}
		if n.Kind == sym.Object && t.carries(n) {
			out.Tensors[n.Pos] = true
		}
	}
	for n, w := range p.Judgement.Wrapped {
		switch {
		case w.Made != "":
			out.Made[n.Pos] = w.Made
		case w.Deep && !t.apart(n, w.Inner, p.Trace):
		case !w.Loose || t.carries(w.Inner):
			out.Inner[n.Pos] = Inner{w.Inner.Pos, w.Loose, w.Copy}
		}
	}
	for n := range p.Judgement.Foreign {
		out.foreign(n, t.contained(n))
	}
	for _, n := range p.Judgement.Hooks {
		out.Hooks[n.Pos] = true
	}
	for _, pos := range p.Judgement.Unset {
		out.Unset[pos] = true
	}
	for n := range t.changed {
		out.Changed[n.Pos] = true
	}
	out.Whole, out.Kept = t.result(p)
	return out
}

// foreign notes an object of an unlisted class, which has its items as a dict or list
// has them if contained says so.
func (l *Places) foreign(n *sym.Node, contained string) {
	if contained != "" {
		l.Contained[n.Pos] = contained
		for _, s := range n.States() {
			l.Attributes[s.Pos] = true
		}
	}
	if n.Kind == sym.Object && len(n.States()) == 1 && n.States()[0].Value.Kind == sym.Dict && len(n.Items())+len(n.Pairs()) == 0 {
		l.Plain[n.Pos] = true
	}
}

// result returns Places.Whole and Places.Kept.
func (t *taint) result(p Pickle) (whole int, kept bool) {
	root := p.Trace.Root
	if whole = t.whole(p.Trace); root != nil && !t.below(p, whole) {
		whole = -1
	}
	if whole >= 0 {
		root = p.Trace.Left[whole]
	}
	if root == nil { // no loader gets these, but whoever wrote them may miss them
		return whole, slices.ContainsFunc(p.Trace.Left, t.carries)
	}
	return whole, t.carries(root)
}

// apart reports whether nothing but one value, which is made of it, has anything in
// another one that can change: a storage has its key.
func (t *taint) apart(n, of *sym.Node, tr *sym.Trace) bool {
	inside, keys, apart := map[*sym.Node]bool{}, map[string]bool{}, true
	key := func(n *sym.Node) (string, bool) {
		if n.Kind != sym.Persistent || len(n.Of().Items()) < 3 {
			return "", false
		}
		return n.Of().Items()[2].Text, true
	}
	t.walk(func(n *sym.Node) bool {
		inside[n] = n.Mutable()
		if k, ok := key(n); ok {
			keys[k] = true
		}
		return true
	}, of)
	t.walk(func(x *sym.Node) bool {
		k, _ := key(x)
		apart = apart && !inside[x] && !keys[k]
		return apart && x != n
	}, append([]*sym.Node{tr.Root}, tr.Left...)...)
	return apart && t.left >= 0
}

// contained says of an object of an unlisted class which builtin has its items, ""
// if it has none or its attributes hold a tensor.
func (t *taint) contained(n *sym.Node) string {
	items, pairs := len(n.Items()), len(n.Pairs())
	if n.Kind != sym.Object || (items > 0) == (pairs > 0) || slices.ContainsFunc(n.States(), func(s sym.State) bool { return t.carries(s.Frozen) }) {
		return ""
	}
	if items > 0 {
		return "list"
	}
	return "dict"
}

// whole finds the object of a stream that breaks off where a writer would end it:
// no MARK is open, and all else on the stack came out of what may not be trusted, or
// is nothing.
func (t *taint) whole(tr *sym.Trace) int {
	at := -1
	for i, n := range tr.Left {
		switch {
		case t.untrusted[n] || n.Kind == sym.None || n.Kind == sym.Tuple && len(n.Items()) == 0:
		case at >= 0 || tr.Open > 0:
			return -1
		default:
			at = i
		}
	}
	return at
}

// below reports whether the object of a stream is nothing but what an untrusted
// call returned, so that who put it there left the real one on the stack, or threw it away at the end.
func (t *taint) below(p Pickle, whole int) bool {
	root := p.Trace.Root
	if _, wrapped := p.Judgement.Wrapped[root]; whole < 0 || wrapped || !t.distrusted(root) || t.carries(root) {
		return false
	}
	at := p.Trace.Left[whole]
	return at.Kind == sym.Object || (at.Kind == sym.Dict || at.Kind == sym.List) && len(at.Items())+len(at.Pairs()) > 0
}

// Unwrapped is the value that stands for one that an untrusted call gave, nil if
// there is none.
func Unwrapped(n *sym.Node, untrusted func(*sym.Node) bool) *sym.Node {
	w, _ := (&rules.Unwrapper{Untrusted: untrusted}).Unwrap(n)
	return w.Inner
}

// GivesNone reports whether a value is what exec returns.
func GivesNone(n *sym.Node) bool {
	return n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("builtins", "exec") && len(n.States())+len(n.Items())+len(n.Pairs()) == 0
}

// MadeBy is the full name of a global, or of what made an object; "" for any other.
func MadeBy(n *sym.Node) string {
	if c := n.Call(); c != nil {
		return c.Func.FullName()
	}
	return n.FullName()
}
