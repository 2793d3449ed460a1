package scan

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
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
	// Patched names something that such a call got at and that loading itself
	// depends on, "" if there is nothing: then nothing in the stream is certain.
	Patched string
	// Kept reports whether the object of the stream holds a tensor.
	Kept bool
}

// Places lists the places of a pickle that was judged.
func (p Pickle) Places() Places {
	t := newTaint(&Checkpoint{Judgement: p.Judgement, Trace: p.Trace})
	out := Places{Untrusted: map[int64]string{}, Changed: map[int64]bool{}, Tensors: map[int64]bool{}, Plain: map[int64]bool{}, Patched: t.patched}
	for n := range t.untrusted {
		out.Untrusted[n.Pos] = MadeBy(n)
		if n.Kind == sym.Object && t.carries(n) {
			out.Tensors[n.Pos] = true
		}
	}
	for n := range p.Judgement.Foreign {
		if n.Kind == sym.Object && len(n.States()) == 1 && n.States()[0].Value.Kind == sym.Dict && len(n.Items())+len(n.Pairs()) == 0 {
			out.Plain[n.Pos] = true
		}
	}
	for n := range t.changed {
		out.Changed[n.Pos] = true
	}
	if p.Trace.Root != nil {
		out.Kept = t.carries(p.Trace.Root)
	}
	return out
}

// MadeBy is the full name of a global, or of what made an object; "" for any other.
func MadeBy(n *sym.Node) string {
	if c := n.Call(); c != nil {
		return c.Func.FullName()
	}
	return n.FullName()
}
