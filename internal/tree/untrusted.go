package tree

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// unsafe leaves a value out, or refuses if a tensor is lost with it.
func (b *builder) unsafe(n *sym.Node, path []tensor.Key) *Value {
	what := "the result of a call that may not be trusted"
	class := ""
	if n.Kind == sym.Object && n.Call() != nil && b.named(n.Call()) != "" {
		class = b.named(n.Call())
		what = "made by " + class + ", which may not be trusted"
	} else if n.Kind == sym.Dict {
		what = "a dict that a call which may not be trusted could have changed, or that has two equal keys"
	} else if n.Kind != sym.Object {
		what = "a " + n.Kind.String() + " that a call which may not be trusted could have changed"
	}
	carries := b.in.Carries(n)
	if strings.HasSuffix(class, ".multiarray.scalar") {
		what += ": save the tuple of its fields, which item() gives"
	} else if carries && strings.HasPrefix(quantizedModule(class), "Conv") {
		what += ": torch gives no state_dict() of one that it has loaded from a file, so save the model's state_dict() where it was made"
	} else if carries && class != "" && len(n.States()) > 0 {
		what += ": save its state_dict, or what it has learned, as a dict"
	}
	if len(path) == 0 && !b.in.Part || carries {
		return b.refuse(n, path, what)
	}
	v := b.omit(n, path, class, what)
	if class != "" && plainArguments(n.Call()) && (b.in.Known == nil || b.in.Known(n.Call().Func) == "") { // as an enumeration
		v.Args = b.list(n.Call().Args, path)
	}
	return v
}

// plainArguments reports whether a call got nothing but values that it could
// not change, as an enumeration is made of its value.
func plainArguments(call *sym.Call) bool {
	for _, a := range call.Args {
		if a.Kind > sym.String {
			return false
		}
	}
	return call.Known && call.Kwargs == nil && len(call.Args) < 16
}
