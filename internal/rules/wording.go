package rules

import (
	"strings"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// addCall reports a call, with what is known of the function and what is seen
// in the code that it is given.
func (j *judge) addCall(rule string, start, end int64, call *sym.Call, message string) {
	f := New(rule, audit.Location{Member: j.ctx.Member, Start: start, End: end}, calledName(call.Func), message)
	fn := call.Func
	keeps := keepsFunction(call)
	if known := familyOfNode(fn); known != "" && !keeps {
		f.Message += ", which " + string(known)
	}
	for depth := 0; fn.Kind == sym.Object && fn.Call() != nil && depth < 8; depth++ {
		fn = fn.Call().Func // cloudpickle's _builtin_type("CodeType")(...)
	}
	executes := familyOfNode(fn) != "" && !keeps
	if executes {
		f.Severity = audit.Critical
	}
	if len(j.out.Findings) < maxEnriched {
		enrich(&f, j.hold.of(call), executes)
	}
	j.append(f)
}

// keepsFunction reports whether a call makes a partial of a function that is not known to do
// harm: it calls nothing until somebody calls it.
func keepsFunction(call *sym.Call) bool {
	return call.Func.Is("functools", "partial") && len(call.Args) > 0 && call.Args[0].Kind == sym.Global && familyOfNode(call.Args[0]) == ""
}

func familyOfNode(n *sym.Node) family {
	if n.Kind != sym.Global {
		return ""
	}
	return familyOf(n.Module(), n.Name())
}

// maxEnriched is how many findings of a stream are looked into.
const maxEnriched = 1000

// enrich words and grades a finding by the code that a call is given. What an
// unknown function does with a text is not known: only what no ordinary text
// says counts there.
func enrich(f *audit.Finding, c Cargo, executes bool) {
	if executes && len(c.Calls) > 0 {
		f.Message += "; the pickle in its arguments calls " + strings.Join(c.Calls, ", ")
	}
	found, what := c.Patterns, "; the code that it is given "
	if !executes {
		found, what = nil, "; a text that it is given "
		for _, p := range c.Patterns {
			if p.Severity == audit.Critical {
				found = append(found, p)
			}
		}
	}
	if len(found) == 0 {
		return
	}
	f.Message += what + sentence(found)
	for _, p := range found {
		if p.Severity.Rank() > f.Severity.Rank() {
			f.Severity = p.Severity
		}
	}
}

// asked reports a persistent id that is no storage. torch's older format writes
// ("module", class, file, source) for a class whose source it keeps
// (torch/serialization.py, _legacy_save); its loader compares that source and
// may write a patch file.
func (j *judge) asked(e *sym.Event) {
	of, at := e.Node.Of(), audit.Location{Member: j.ctx.Member, Start: e.Pos, End: e.End}
	items := of.Items()
	module := of.Kind == sym.Tuple && len(items) == 4 && items[0].Kind == sym.String && items[0].Text == "module"
	if module && libraryModule(items) && !j.hold.grave(items[3]) {
		return
	}
	j.out.Untrusted[e.Node] = true
	if sourced(e.Node) != e.Node {
		j.out.Foreign[e.Node] = true
	}
	if !module {
		j.append(New("MA108", at, "", "the loading program is asked for an object by "+describe(of)))
		return
	}
	message := "the loading program is asked for the class " + describe(items[1]) + " by its source text"
	if items[3].Kind == sym.String {
		if f, ok := carriedSource(at, message+", which ", grave(Source(j.hold.text(items[3], maxPatternText)))); ok {
			j.append(f)
			return
		}
	}
	j.append(New("MA108", at, "", message))
}

// libraryModule accepts ("module", class, file, source) of a listed layer. torch
// compares the source with its own and warns; it writes a file only if the class
// has dump_patches, which no listed one has, and which no file can give it: a
// change of the class is a finding (torch/serialization.py, _legacy_load;
// torch/nn/modules/module.py).
func libraryModule(items []*sym.Node) bool {
	class := items[1]
	if class.Kind != sym.Global || !text(items[2]) || !text(items[3]) {
		return false
	}
	l := list{}
	c := l.class(class.Module(), class.Name())
	return c != nil && c.kind == "plain" && c.derives(l.class("torch.nn.modules.module", "Module"))
}

// grave reports whether a source text does what nobody's layer does.
func (h *hold) grave(source *sym.Node) bool {
	for _, p := range grave(Source(h.text(source, maxPatternText))) {
		if p.Severity.Rank() >= audit.High.Rank() {
			return true
		}
	}
	return false
}
