package rules

import (
	"fmt"
	"strings"

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
		j.patched = true
		j.out.Touched = append(j.out.Touched, n, e.State.Value)
		j.add("MA107", e.Pos, e.End, n.FullName(), "BUILD changes "+spelled(n)+" itself")
		return
	}
	c, fn, ok := j.book.maker(n)
	kept := fn != nil && fn.Is("functools", "partial") && partialTuple(n, e.State.Frozen)
	if kept {
		defer j.unwrapped(n) // now that it has all that it holds
	}
	if fn != nil && !ok && fn.Kind == sym.Global {
		if j.compiledState(e) {
			return
		}
		// The call of the unlisted class is the finding.
		if (!j.data(n) || !plainState(e.State.Frozen) || !plainState(e.State.Value)) && !kept {
			j.out.Touched = append(j.out.Touched, n, e.State.Value)
		}
		if dangerous(fn.Module(), fn.Name()) {
			j.add("MA107", e.Pos, e.End, fn.FullName(), "BUILD changes what "+spelled(fn)+" returned, which may be a module")
		} else if key := planted(e.State.Frozen, e.State.Value); key != "" {
			j.add("MA106", e.Pos, e.End, fn.FullName(), "BUILD sets "+key+" of "+describe(n))
		} else if call := j.hold.unpickled(e.State.Frozen); call != "" {
			j.add("MA106", e.Pos, e.End, fn.FullName(), "BUILD gives "+describe(n)+" a pickle that calls "+call)
		}
		return
	}
	if ok && j.takes(c, e) {
		j.booster(fn, e)
		j.settle(e.State.Value.Items()) // of a tuple: only numpy's classes take one
		if c.holdsDType {
			for _, p := range e.State.Value.Pairs() {
				j.settle([]*sym.Node{p.Value})
			}
		}
		return
	}
	set := ok && (j.set(e) || j.plantedSetter(c, e))
	packed := ok && fn.Is("torch", "ScriptObject") && nativeState(e.State.Frozen) && nativeState(e.State.Value)
	if !set && !packed && !kept && (!ok || !c.updates || !plainState(e.State.Frozen) || !plainState(e.State.Value)) {
		j.out.Touched = append(j.out.Touched, n, e.State.Value)
	}
	if ok {
		j.hooked(c, e.State.Value)
	}
	j.add("MA106", e.Pos, e.End, madeByName(n), "BUILD gives "+describe(n)+" a state that its class is not known to take harmlessly")
}

// booster notes the model that a Booster gets with its state (__setstate__ of
// xgboost/core.py and of lightgbm/basic.py).
func (j *judge) booster(class *sym.Node, e *sym.Event) {
	light := class.Is("lightgbm.basic", "Booster")
	if !light && !class.Is("xgboost.core", "Booster") {
		return
	}
	for _, p := range e.State.Frozen.Pairs() {
		if (p.Key.Text == "handle" || p.Key.Text == "_handle") && p.Value.Kind != sym.None {
			j.out.Boosters = append(j.out.Boosters, Booster{Light: light, Model: p.Value, Pos: e.Pos})
		}
	}
}

// takes reports whether a contract allows a state, as it was and as it is in the end.
func (j *judge) takes(c contract, e *sym.Event) bool {
	return !j.settled[e.Node] && c.state != nil && c.state(e.State.Frozen) && c.state(e.State.Value) &&
		(c.after == nil || c.after(e.Node))
}

// data reports whether a value is an object of an unlisted class that is data by
// itself. What getattr gives may be an attribute, which something else has too.
func (j *judge) data(n *sym.Node) bool {
	return j.out.Foreign[n] && !(n.Call() != nil && n.Call().Func.Is("builtins", "getattr"))
}

func (j *judge) mutate(e *sym.Event) {
	n := e.Node
	c, fn, ok := j.book.maker(n)
	if ok && (e.Kind == sym.EventSetItem && c.items && !(c.looked && special(n)) || e.Kind == sym.EventAppend && c.appends) {
		// A state that it may have got was judged: it holds no method.
		return
	}
	if (!j.data(n) || stated(n, e.Pos)) && j.out.Wrapped[n].Made == "" {
		j.out.Touched = append(append(j.out.Touched, n), e.Args...)
	}
	if fn != nil && !ok && fn.Kind == sym.Global {
		return // the call of the unlisted class is the finding
	}
	rule := "MA106"
	if n.Kind == sym.Global {
		j.patched = true
		rule = "MA107"
	}
	j.add(rule, e.Pos, e.End, madeByName(n), fmt.Sprintf("%s calls a method of %s", e.Op, describe(n)))
}

// plainState reports whether a state is what pickle itself updates the
// attributes of an object with (CPython, Modules/_pickle.c, load_build), and
// sets none of the names that Python looks up.
func plainState(s *sym.Node) bool {
	if i := s.Items(); s.Kind == sym.Tuple && len(i) == 2 && (i[0].Kind == sym.None || i[0].Kind == sym.Dict) && (i[1].Kind == sym.None || i[1].Kind == sym.Dict) {
		return named(i[0]) && named(i[1])
	}
	return s.Kind == sym.None || s.Kind == sym.Dict && named(s)
}

// nativeState reports whether a state is that of one of torch's own native
// classes, which copies what it is given (torch/csrc/jit/python/script_init.cpp).
func nativeState(s *sym.Node) bool {
	i := s.Items()
	return s.Kind == sym.Tuple && len(i) == 2 && shortText(i[1]) && strings.HasPrefix(i[1].Text, "__torch__.torch.classes.")
}

// named reports whether every key is a text that is no special name.
func named(dict *sym.Node) bool {
	for _, p := range dict.Pairs() {
		if p.Key.Kind != sym.String || p.Key.Lazy || specialKey(p.Key) {
			return false
		}
	}
	return true
}

// stated reports whether an object had a state before pos: what an opcode looks
// up on it, such as append, may then be in the state.
func stated(n *sym.Node, pos int64) bool {
	return len(n.States()) > 0 && n.States()[0].Pos < pos
}

// planted returns a name that Python itself looks up and that no ordinary state
// holds, "" if the states set none.
func planted(states ...*sym.Node) string {
	for _, s := range states {
		for _, half := range append(s.Items(), s) {
			for _, p := range half.Pairs() {
				if k := p.Key; k.Kind == sym.String && strings.HasPrefix(k.Text, "__") && strings.HasSuffix(k.Text, "__") {
					return clip(k.Text)
				}
			}
		}
	}
	return ""
}

// kept reports names that call or unpickle what they are given and that an
// object keeps as a value: whoever calls it later calls that. An object that is
// dropped before the end counts too: a listed function that was given it may
// have called an attribute of it while loading. Of a class whose constructor nobody
// has read the same is said where it is, or is in, what an object has: dicts and lists call nothing.
func (j *judge) kept(tr *sym.Trace) {
	if !j.callers {
		return
	}
	roots := []*sym.Node{tr.Root}
	var objects []*sym.Node
	for i := range tr.Events {
		if e := &tr.Events[i]; e.Kind == sym.EventCall || e.Kind == sym.EventBuild {
			roots = append(roots, e.Node)
			if !ordinaryDict(e.Node) || len(e.Node.States()) > 0 {
				objects = append(objects, e.Node)
			}
		}
	}
	j.keeping(roots, func(c contract, _ *sym.Node) string {
		if c.caller {
			return "%s is kept as a value, and calls what it is given"
		}
		return ""
	})
	j.keeping(objects, func(c contract, v *sym.Node) string {
		if (c.starts || c.onlyNew) && !harmlessCall(v) {
			return "the class %s is kept as a value, and what it does with arguments is not known to be harmless"
		}
		return ""
	})
}

var ordinaryDict = madeBy("collections", "OrderedDict", "defaultdict", "Counter")

// keeping reports the listed names that are values below the roots and of which wrong
// says what is wrong.
func (j *judge) keeping(roots []*sym.Node, wrong func(contract, *sym.Node) string) {
	closed := func(call *sym.Call) bool {
		c, ok := j.book.find(call.Func)
		return ok && (c.closed || c.makes || c.reads)
	}
	sym.Reach(func(n *sym.Node) bool {
		if c, _, ok := j.book.maker(n); ok && c.holdsDType {
			return false // joblib compares the class in it, and calls nothing
		}
		if j.book.class(n) != n {
			return false // a class as torch's older format names it, which is no value of the file's
		}
		values(n, closed, func(v *sym.Node) {
			c, ok := j.book.find(v)
			if v.Kind != sym.Global || !ok || j.out.Untrusted[v] {
				return
			}
			if what := wrong(c, v); what != "" {
				j.out.Untrusted[v] = true
				j.add("MA104", v.Pos, v.End, v.FullName(), fmt.Sprintf(what, spelled(v)))
			}
		})
		return true
	}, roots...)
}

// values calls f for every node that n refers to, but for what it called and
// for the arguments of a closed call.
func values(n *sym.Node, closed func(*sym.Call) bool, f func(*sym.Node)) {
	for _, i := range n.Items() {
		f(i)
	}
	for _, p := range n.Pairs() {
		f(p.Key)
		f(p.Value)
	}
	for _, s := range n.States() {
		f(s.Value)
	}
	if c := n.Call(); c != nil && !closed(c) {
		for _, a := range c.Live {
			f(a)
		}
	}
}
