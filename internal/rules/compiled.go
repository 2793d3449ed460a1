package rules

import (
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// compiledParts are the classes of what torch.compile puts around a module and
// pickle writes with it (torch 2.15: torch/_dynamo/eval_frame.py, convert_frame.py,
// hooks.py, repro/after_dynamo.py). They stay findings, for what they hold is run
// when the module is; loading makes them without __init__, and a state is their __dict__.
var compiledParts = global("torch._dynamo.convert_frame", "CatchErrorsWrapper", "ConvertFrame", "ConvertFrameAssert", "ConvertFrameBox")

var compiledBackends = either(compiledParts, global("torch._dynamo.hooks", "Hooks"), global("torch._dynamo.repro.after_dynamo", "WrapBackendDebug"))

// compiled reports whether a call is one that torch.compile's objects are made by,
// and leaves what it is given as it is: a part by __new__, the context around the
// parts, or the module with its context. The module's __init__ has the context wrap a
// method of the module, and calls neither (OptimizedModule._initialize).
func (j *judge) compiled(call *sym.Call) bool {
	a := call.Live
	switch fn := j.book.class(call.Func); {
	case !call.Known || call.Kwargs != nil || fn.Kind != sym.Global:
		return false
	case compiledBackends(fn):
		return len(a) == 0 && j.plainNew(call)
	case fn.Is("torch._dynamo.eval_frame", "OptimizeContext"):
		return len(a) == 3 && j.partOf(a[0], compiledParts) && a[1].Is("contextlib", "nullcontext") && kinds(sym.Bool)(a[2])
	case fn.Is("torch._dynamo.eval_frame", "DisableContext"):
		return len(a) < 3 && !slices.ContainsFunc(a, func(n *sym.Node) bool { return n.Kind >= sym.Bytes })
	case fn.Is("torch._dynamo.eval_frame", "OptimizedModule"):
		return len(a) == 2 && a[0].Kind == sym.Object && j.partOf(a[1], compiledContexts)
	}
	return false
}

var compiledContexts = global("torch._dynamo.eval_frame", "OptimizeContext", "DisableContext")

// partOf accepts an object that compiled accepted, of one of the classes.
func (j *judge) partOf(n *sym.Node, of shape) bool {
	return n.Kind == sym.Object && n.Call() != nil && j.out.Foreign[n] && of(j.book.class(n.Call().Func))
}

// compiledState reports whether BUILD gives a part a state of torch.compile's own
// making: what update_wrapper copies of a function, and no other special name; for a
// context plain values beside the ones that it was made with.
func (j *judge) compiledState(e *sym.Event) bool {
	if j.partOf(e.Node, compiledContexts) {
		keys := oneOfText("export", "dynamic", "compiler_config", "fn_name", "recursive", "reason", "msg", "wrapping")
		plain := either(none, text, kinds(sym.Bool), kinds(sym.Dict))
		return dictOf(keys, plain)(e.State.Frozen) && dictOf(keys, plain)(e.State.Value)
	}
	copied := oneOfText("__module__", "__doc__", "__name__", "__qualname__")
	for _, s := range []*sym.Node{e.State.Frozen, e.State.Value} {
		if s.Kind != sym.Dict {
			return false
		}
		for _, p := range s.Pairs() {
			if p.Key.Kind != sym.String || p.Key.Lazy || specialKey(p.Key) && p.Key.Text != "__wrapped__" && !(copied(p.Key) && either(none, text)(p.Value)) {
				return false
			}
		}
	}
	return j.partOf(e.Node, compiledBackends)
}
