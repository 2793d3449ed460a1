package scan

import (
	"slices"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// drops adds what a stream executes if the C unpickler reads it from a file in
// which it cannot look ahead, where an instruction crosses the end of a frame.
// That readers disagree is a finding already.
func (w *walk) drops(p part, tr *sym.Trace, judged rules.PickleJudgement, storage func(*sym.Node) bool) {
	if !tr.Torn {
		return
	}
	other := sym.Run(p.r, tr.Start, p.size, sym.Options{MaxOps: w.opcodes(), Large: w.opt.Large, Drops: true})
	w.read(other)
	known := map[audit.Location]bool{}
	for _, f := range judged.Findings {
		known[f.Location] = true
	}
	j := rules.Pickle(other, rules.PickleContext{Member: p.member, Trusted: w.opt.Trusted, Storage: storage, Own: p.own, Data: p.r})
	for _, f := range j.Findings {
		if f.Rule < "MA200" && f.Callable != "" && !known[f.Location] {
			f.Message += ", if the unpickler in C reads the pickle from a file"
			w.add([]audit.Finding{f})
		}
	}
	seen := map[int64]bool{}
	for _, n := range judged.Nested {
		seen[n.Pos] = true
	}
	w.allNested(p, slices.DeleteFunc(j.Nested, func(n *sym.Node) bool { return seen[n.Pos] }))
}
