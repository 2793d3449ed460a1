package rules

import (
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// settle notes the dtypes that an array, a scalar or another dtype has taken,
// and the containers that they are made of: changing one later would change
// what was read before.
func (j *judge) settle(args []*sym.Node) {
	sym.Reach(func(n *sym.Node) bool {
		switch {
		case j.settled[n]:
			return false
		case n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("numpy", "dtype"):
			j.settled[n] = true
			return true
		case n.Kind == sym.Dict || n.Kind == sym.List:
			j.settled[n] = true
		}
		return n.Kind == sym.Tuple || n.Kind == sym.Dict
	}, args...)
}

func (j *judge) build(e *sym.Event) {
	n := e.Node
	if n.Kind == sym.Global {
		j.out.Touched = append(j.out.Touched, n, e.State.Value)
		j.add("MA107", e.Pos, e.End, n.FullName(), "BUILD changes "+spelled(n)+" itself")
		return
	}
	c, fn, ok := j.book.maker(n)
	if fn != nil && !ok && fn.Kind == sym.Global {
		// The call of the unlisted class is the finding.
		j.out.Touched = append(j.out.Touched, n, e.State.Value)
		if dangerous(fn.Module(), fn.Name()) {
			j.add("MA107", e.Pos, e.End, fn.FullName(), "BUILD changes what "+spelled(fn)+" returned, which may be a module")
		}
		return
	}
	if ok && j.takes(c, e) {
		j.settle(e.State.Value.Items()) // of a tuple: only numpy's classes take one
		return
	}
	j.out.Touched = append(j.out.Touched, n, e.State.Value)
	j.add("MA106", e.Pos, e.End, madeByName(n), "BUILD gives "+describe(n)+" a state that its class is not known to take harmlessly")
}

// takes reports whether a contract allows a state, as it was and as it is in the end.
func (j *judge) takes(c contract, e *sym.Event) bool {
	return !j.settled[e.Node] && c.state != nil && c.state(e.State.Frozen) && c.state(e.State.Value) &&
		(c.after == nil || c.after(e.Node))
}

func (j *judge) mutate(e *sym.Event) {
	n := e.Node
	c, fn, ok := j.book.maker(n)
	if ok && (e.Kind == sym.EventSetItem && c.items || e.Kind == sym.EventAppend && c.appends) {
		// A state that it may have got was judged: it holds no method.
		return
	}
	j.out.Touched = append(append(j.out.Touched, n), e.Args...)
	if fn != nil && !ok && fn.Kind == sym.Global {
		return // the call of the unlisted class is the finding
	}
	rule := "MA106"
	if n.Kind == sym.Global {
		rule = "MA107"
	}
	j.add(rule, e.Pos, e.End, madeByName(n), fmt.Sprintf("%s calls a method of %s", e.Op, describe(n)))
}
