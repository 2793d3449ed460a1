package pipeline

import (
	"github.com/modelaudit/action/converters"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// manyTensors is how many a model has of which nothing is kept that the proof does
// not need.
const manyTensors = 20_000

// release gives up what a plan was made from, once it is known to hold every tensor:
// the values of the pickles, of which a second decoder needs only the places, and
// the tree, unless results are to be compared with it. The model has no tree then.
func release(a *Audited, plan *converters.Planned) {
	if len(plan.Tree.Tensors) < manyTensors && plan.Tree.Many == nil {
		return
	}
	m := a.Model
	if len(a.Artifact.Findings) == 0 {
		a.streams = nil // there is nothing to strip
	}
	for _, p := range m.Pickles {
		*p = scan.Checkpoint{At: p.At, Record: p.Record, Within: p.Within, Stream: p.Stream, Joblib: p.Joblib,
			Trace: &sym.Trace{Start: p.Trace.Start, End: p.Trace.End}}
	}
	m.Forget()
	for i := range plan.Parts {
		if plan.Parts[i].Expect != nil {
			return
		}
	}
	plan.Tree.Root, plan.Tree.Many = nil, nil
	for i := range plan.Tree.Tensors {
		plan.Tree.Tensors[i].Value = nil
	}
}
