package rules

import (
	"strings"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// maxState is how many values of an object's state are looked at for pickles.
const maxState = 64

// unpickled returns what a pickle would call that stands as bytes among the
// values, "" if none does: a class that is not known may load it with its state, as
// wrappers for another process do (torch's _IterDataPipeSerializationWrapper).
func (h *hold) unpickled(values ...*sym.Node) string {
	left := maxState
	var look func(n *sym.Node, depth int) string
	look = func(n *sym.Node, depth int) string {
		if left--; left < 0 || n == nil {
			return ""
		}
		if n.Kind == sym.Bytes || n.Kind == sym.ByteArray {
			b := h.text(n, min(h.left, maxCargoText))
			h.left -= max(len(b), 1<<10) // each is a stream to run
			return firstCall(b)
		}
		if depth > 1 || n.Kind != sym.Tuple && n.Kind != sym.List && n.Kind != sym.Dict {
			return ""
		}
		for i := 0; i < len(n.Items()) && left > 0; i++ {
			if call := look(n.Items()[i], depth+1); call != "" {
				return call
			}
		}
		for i := 0; i < len(n.Pairs()) && left > 0; i++ {
			if call := look(n.Pairs()[i].Value, depth+1); call != "" {
				return call
			}
		}
		return ""
	}
	for _, v := range values {
		if call := look(v, 0); call != "" {
			return call
		}
	}
	return ""
}

// firstCall is the first call in a pickle that is not on the list and runs more than
// the __new__ of somebody's class.
func firstCall(b string) string {
	if len(b) < 8 || strings.IndexByte("\x80c(]})NX\x8cVUSI", b[0]) < 0 { // what begins a pickle
		return ""
	}
	tr := sym.Run(strings.NewReader(b), 0, int64(len(b)), sym.Options{MaxOps: maxNestedOps, MaxBytes: maxNestedMemory})
	listed := newBook(nil)
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.Kind != sym.EventCall {
			continue
		}
		call := e.Node.Call()
		if call.Func.Kind != sym.Global || call.Op == pickle.OpNewObj || call.Op == pickle.OpNewObjEx {
			continue
		}
		if c, ok := listed.find(call.Func); ok && listed.accepts(c, call) || classOf(call) != nil {
			continue
		}
		return spelled(call.Func) + argumentText(call)
	}
	return ""
}
