package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// setter is the method that BUILD looks up on an object itself, so that an attribute
// of that name is called with the next state in the place of the class's own.
const setter = "__setstate__"

// plantedSetter notes a state that gives an object such a method and that its class
// takes harmlessly but for that. No class keeps a value under the name: it may go.
func (j *judge) plantedSetter(c contract, e *sym.Event) bool {
	s := e.State
	if s.Value.Kind != sym.Dict || len(s.Frozen.Pairs()) != len(s.Value.Pairs()) || c.state == nil || j.settled[e.Node] {
		return false
	}
	isSetter := func(k *sym.Node) bool { return k.Kind == sym.String && !k.Lazy && k.Text == setter }
	frozen, value := s.Frozen.Without(isSetter), s.Value.Without(isSetter)
	if len(value.Pairs()) == len(s.Value.Pairs()) || !c.state(frozen) || !c.state(value) || c.after != nil && !c.after(e.Node) {
		return false
	}
	for _, p := range value.Pairs() {
		if j.out.Untrusted[p.Value] {
			return false
		}
	}
	for _, p := range s.Value.Pairs() {
		if isSetter(p.Key) {
			j.out.Untrusted[p.Value], j.setters[e.Node] = true, p.Value
		}
	}
	j.out.Hooks = append(j.out.Hooks, s.Value)
	return true
}

// set notes a state that an object does not get, because a method that was planted
// is called with it. It knows no more than that state.
func (j *judge) set(e *sym.Event) bool {
	f := j.setters[e.Node]
	if f == nil {
		return false
	}
	j.out.Touched = append(j.out.Touched, e.State.Value)
	if f.Kind != sym.Global {
		j.out.Touched = append(j.out.Touched, f)
	}
	j.out.Unset = append(j.out.Unset, e.Pos)
	return true
}
