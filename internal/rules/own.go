package rules

import (
	"strings"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// unlisted reports a call of a name that is not on the list. An object of a
// class that is made by __new__ alone is what every pickle of somebody's own
// class has, and is reported once for each class.
func (j *judge) unlisted(e *sym.Event, fn *sym.Node, call *sym.Call) {
	start, name := j.begin(e, fn), fn.FullName()
	gadget := dangerous(fn.Module(), fn.Name()) || dangerous(fn.Raw(), "")
	if !gadget && j.plainNew(call) {
		j.out.Untrusted[e.Node], j.out.Foreign[e.Node] = true, true
	} else {
		j.distrust(e.Node, call)
	}
	switch {
	case gadget && fn != call.Func: // copyreg._reconstructor is called
		j.add("MA101", start, e.End, name, "makes an object of the class "+spelled(fn))
	case gadget:
		j.addCall("MA101", start, e.End, call, "calls "+spelled(fn)+argumentText(call))
	case !j.plainNew(call):
		j.addCall("MA102", start, e.End, call, "calls "+spelled(fn)+argumentText(call))
	case !j.built[name]:
		j.built[name] = true
		j.add("MA110", start, e.End, name, "makes an object of the class "+spelled(fn))
	}
}

// classOf returns the class of which copyreg._reconstructor(class, base, state)
// makes an object, where base is a builtin whose __init__ does nothing else.
func classOf(call *sym.Call) *sym.Node {
	if !call.Func.Is("copyreg", "_reconstructor") || len(call.Args) != 3 || call.Args[0].Kind != sym.Global || !builtinBase(call.Args[1]) {
		return nil
	}
	if s := call.Args[2]; s.Kind >= sym.Global {
		return nil
	}
	return call.Args[0]
}

var builtinBase = global("builtins", "object", "dict", "list", "set", "tuple", "str", "int", "float", "bytes")

// builds reports whether a class is one that is not on the list.
func (j *judge) builds(class *sym.Node) bool {
	c, ok := j.book.find(class)
	return !ok || c.onlyNamed()
}

// plainNew reports whether a call makes an object without running more of the
// class than __new__, and hands it nothing that could be called.
func (j *judge) plainNew(call *sym.Call) bool {
	if class := classOf(call); class != nil {
		return className(class.Name())
	}
	if call.Op != pickle.OpNewObj && call.Op != pickle.OpNewObjEx || !call.Known || !className(j.book.class(call.Func).Name()) {
		return false
	}
	for _, a := range call.Live {
		if a.Kind >= sym.Global && j.out.Untrusted[a] {
			return false
		}
	}
	return true
}

// className reports whether a name can be that of somebody's class: what a
// dotted name ends at may be anything that a module can reach.
func className(name string) bool {
	parts := strings.Split(name, ".")
	for _, p := range parts {
		bare := strings.TrimLeft(p, "_")
		if len(parts) > 1 && (bare == "" || bare[0] < 'A' || bare[0] > 'Z') || strings.HasPrefix(p, "__") {
			return false
		}
	}
	return true
}
