package scan

import (
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// A taint knows which values of a stream a call that may not be trusted made,
// or could have changed.
type taint struct {
	untrusted map[*sym.Node]bool
	foreign   map[*sym.Node]bool // of the untrusted: objects that are data as they stand
	changed   map[*sym.Node]bool
	// patched names something that such a call got at and that loading itself
	// depends on, "" if there is nothing.
	patched string
	// carrying is what carries found out, so that calls of what calls gave do not
	// each ask for all those below.
	carrying map[*sym.Node]bool
	// left bounds the nodes that are looked at in all, with what they refer to: graphs
	// are shared, and each value asks for what it depends on. Beyond it everything is unsafe.
	left int
}

func newTaint(m *Checkpoint) *taint {
	t := &taint{untrusted: m.Judgement.Untrusted, foreign: m.Judgement.Foreign, changed: map[*sym.Node]bool{}, carrying: map[*sym.Node]bool{}, left: 60_000_000}
	sym.Reach(func(n *sym.Node) bool {
		// numpy keeps a pointer to the bytes that an array was made from, so
		// that a change of one array reaches every other.
		if n.Mutable() || n.Kind == sym.Bytes {
			t.changed[n] = true
		}
		return true
	}, m.Judgement.Touched...)
	for _, n := range m.Judgement.Grown {
		t.changed[n] = true
	}
	sym.Reach(func(n *sym.Node) bool {
		if rules.Reconstructs(n) {
			t.patched = n.FullName()
		}
		return container(n)
	}, m.Judgement.Touched...)
	t.spread(m.Trace)
	return t
}

// spread marks every mention of a storage that was changed under another one.
func (t *taint) spread(tr *sym.Trace) {
	keys := map[string]bool{}
	for _, mark := range []bool{true, false} {
		for i := range tr.Events {
			n := tr.Events[i].Node
			if tr.Events[i].Kind != sym.EventPersistent || len(n.Of().Items()) < 3 {
				continue
			}
			key := n.Of().Items()[2].Text
			if mark && t.changed[n] {
				keys[key] = true
			} else if keys[key] {
				t.changed[n] = true
			}
		}
	}
}

// unsafe reports whether a value is not, or not surely, what the graph says. A
// tensor depends on all that it was made from; of other values it is the
// containers that they were made from, for the values in those are looked at
// by themselves.
func (t *taint) unsafe(n *sym.Node) bool {
	if t.changed[n] || t.distrusted(n) {
		return true
	}
	if n.Of() != nil && n.Call() == nil && t.reads(n.Of()) {
		return true
	}
	if n.Kind != sym.Object || n.Call() == nil || len(t.changed)+len(t.untrusted) == 0 {
		return false
	}
	whole, bad := rebuilds(n.Call().Func) && !listsObjects(n), false
	from := slices.Clone(n.Call().Live)
	for _, s := range n.States() {
		from = append(from, s.Value)
	}
	t.walk(func(n *sym.Node) bool {
		bad = bad || t.changed[n] && (whole || container(n)) || whole && t.distrusted(n)
		return !bad && (whole || container(n))
	}, from...)
	return bad || t.left < 0
}

func (t *taint) distrusted(n *sym.Node) bool {
	return t.untrusted[n] && (!t.foreign[n] || ofTensor(n))
}

// ofTensor reports whether a value is what getattr gives of a tensor or an array, which may
// be another tensor: its transpose, its gradient.
func ofTensor(n *sym.Node) bool {
	call := n.Call()
	if n.Kind != sym.Object || call == nil || !call.Func.Is("builtins", "getattr") || len(call.Args) == 0 {
		return false
	}
	of := call.Args[0].Call()
	return call.Args[0].Kind == sym.Object && of != nil && rebuilds(of.Func)
}

// listsObjects reports whether a value is an array of objects: these are looked at
// one by one, as the items of a list are.
func listsObjects(n *sym.Node) bool {
	if f := n.Call().Func.Name(); f != "_reconstruct" && f != "_mareconstruct" || len(n.States()) != 1 {
		return false
	}
	state := n.States()[0].Frozen.Items()
	return len(state) >= 5 && state[4].Kind == sym.List
}

// reads reports whether a wrapper, which says what a loader reads in its place,
// is not surely what the graph says.
func (t *taint) reads(wrapper *sym.Node) bool { return t.changed[wrapper] || t.untrusted[wrapper] }

// carries reports whether a value was made from tensor data, so that leaving
// it out loses a tensor.
func (t *taint) carries(n *sym.Node) bool {
	found := false
	var asked []*sym.Node // along the way
	t.walk(func(n *sym.Node) bool {
		carries, known := t.carrying[n]
		if known && !carries {
			return false
		}
		if t.untrusted[n] && !known {
			asked = append(asked, n)
		}
		found = found || carries || n.Kind == sym.Persistent || n.Kind == sym.Object && n.Call() == nil && n.Of() != nil || n.Kind == sym.Object && n.Call() != nil && rebuilds(n.Call().Func)
		return !found
	}, n)
	switch {
	case found:
		t.carrying[n] = true
	case t.left >= 0:
		for _, n := range asked {
			t.carrying[n] = false
		}
	}
	return found || t.left < 0
}

// walk is sym.Reach within the budget.
func (t *taint) walk(visit func(*sym.Node) bool, roots ...*sym.Node) {
	sym.Reach(func(n *sym.Node) bool {
		t.left -= n.Width()
		return t.left >= 0 && visit(n)
	}, roots...)
}

func container(n *sym.Node) bool {
	switch n.Kind {
	case sym.Tuple, sym.List, sym.Dict, sym.Set, sym.FrozenSet:
		return true
	}
	return false
}

// rebuilds names the functions whose result holds tensor data.
func rebuilds(fn *sym.Node) bool {
	switch fn.Module() {
	case "torch._utils", "torch._tensor":
		return true
	}
	switch fn.FullName() {
	case "torch.nn.parameter.Parameter", "torch.storage._load_from_bytes", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
		"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
		"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer", "numpy.ma.core._mareconstruct":
		return true
	}
	return false
}
