package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// noHooks stands for a dict of hooks that never received anything.
var noHooks = &sym.Node{Kind: sym.Dict}

// hooked notes the dicts of hooks in a state that one of torch's modules is not
// known to take harmlessly.
func (j *judge) hooked(c contract, state *sym.Node) {
	if !c.updates || state.Kind != sym.Dict {
		return
	}
	for _, p := range state.Pairs() {
		if p.Key.Kind == sym.String && strings.HasSuffix(p.Key.Text, "_hooks") && !hookDict(p.Value) {
			j.plantedHooks(p.Value)
		}
	}
}

// hookedTensor reports whether the hooks of a tensor are all that is wrong with the
// call that makes it. torch notes the dict and calls what is in it when gradients
// are computed (torch/_utils.py, _rebuild_parameter).
func (j *judge) hookedTensor(c contract, call *sym.Call) bool {
	if !call.Func.Is("torch._utils", call.Func.Name()) || !call.Known {
		return false
	}
	for i, n := range call.Live {
		bare := *call
		bare.Live, bare.Args = slices.Clone(call.Live), slices.Clone(call.Args)
		bare.Live[i], bare.Args[i] = noHooks, noHooks
		if len(n.Pairs()) > 0 && j.book.accepts(c, &bare) {
			return j.plantedHooks(n)
		}
	}
	return false
}

// plantedHooks notes a dict of hooks if all in it that torch does not register
// itself gets at what runs code, which is nobody's hook: it may go.
func (j *judge) plantedHooks(hooks *sym.Node) bool {
	if hooks.Kind != sym.Dict && (!madeBy("collections", "OrderedDict")(hooks) || len(hooks.Call().Live)+len(hooks.States()) > 0) {
		return false
	}
	var bad []*sym.Node
	for _, p := range hooks.Pairs() {
		switch {
		case p.Value.Kind == sym.Bool || hook(p.Value):
		case !harms(p.Value):
			return false
		default:
			bad = append(bad, p.Value)
		}
	}
	for _, n := range bad {
		j.out.Untrusted[n] = true
	}
	j.out.Hooks = append(j.out.Hooks, hooks)
	return len(bad) > 0
}

// harms reports whether a value gets at a name that is known to run code.
func harms(n *sym.Node) (found bool) {
	left := 1000
	sym.Reach(func(n *sym.Node) bool {
		left--
		found = found || n.Kind == sym.Global && dangerous(n.Module(), n.Name())
		return !found && left > 0
	}, n)
	return found
}
