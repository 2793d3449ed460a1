package rules

import (
	"slices"
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
	if !gadget && j.plainNew(call) || j.compiled(call) {
		j.out.Untrusted[e.Node], j.out.Foreign[e.Node] = true, true
	} else {
		j.distrust(e.Node, call)
	}
	switch {
	case gadget && fn != call.Func: // copyreg._reconstructor is called
		j.add("MA101", start, e.End, name, "makes an object of the class "+spelled(fn))
	case gadget:
		j.addCall("MA101", start, e.End, call, "calls "+spelled(fn)+argumentText(call))
	case ownMember(fn, call):
		j.once(name, "MA110", start, e.End, "takes a member of the class "+spelled(fn)+" by its value, as of an enumeration")
	case !j.plainNew(call) || classOf(call) == nil && j.hold.unpickled(call.Args...) != "":
		j.addCall("MA102", start, e.End, call, "calls "+spelled(fn)+argumentText(call))
	default:
		j.once(name, "MA110", start, e.End, "makes an object of the class "+spelled(fn))
	}
}

// once reports a class, if it was not reported yet.
func (j *judge) once(name, rule string, start, end int64, message string) {
	if !j.built[name] {
		j.built[name] = true
		j.add(rule, start, end, name, message)
	}
}

// tensorOf reports a tensor of somebody's own class, once for each class. What
// made it is listed, and gave it plain attributes.
func (j *judge) tensorOf(e *sym.Event, class *sym.Node) {
	j.out.Untrusted[e.Node], j.out.Foreign[e.Node], j.out.Foreign[class] = true, true, true
	if name := class.FullName(); !j.built[name] && !j.book.trusted[name] {
		j.built[name] = true
		j.add("MA110", j.begin(e, class), e.End, name, "makes a tensor of the class "+spelled(class))
	}
}

// tensorClass returns the class of _rebuild_from_type_v2(func, class, args,
// state) where that alone is not listed, else nil (torch/_tensor.py).
func (b book) tensorClass(call *sym.Call) *sym.Node {
	if !call.Func.Is("torch._tensor", "_rebuild_from_type_v2") || !call.Known || len(call.Args) != 4 || call.Kwargs != nil {
		return nil
	}
	class := call.Args[1]
	if c, ok := b.find(class); ok && !c.trusted || class.Kind != sym.Global || !className(class.Name()) || dangerous(class.Module(), class.Name()) || dangerous(class.Raw(), "") {
		return nil
	}
	c, _ := b.find(call.Func)
	shapes := slices.Clone(c.calls[0].shapes)
	shapes[1] = anything
	if want := (args{shapes: shapes}); !want.fit(call.Args) || !want.fit(call.Live) || !b.acceptsInner(call) {
		return nil
	}
	return class
}

// reads reports whether a call reads an attribute of an object that the file
// makes, as a bound method is written: that changes nothing.
func (j *judge) reads(call *sym.Call) bool {
	if !call.Func.Is("builtins", "getattr") || !call.Known || len(call.Args) != 2 || !shortText(call.Args[1]) || strings.HasPrefix(call.Args[1].Text, "__") {
		return false
	}
	of := call.Args[0]
	_, _, ok := j.book.maker(of)
	return of.Kind == sym.Object && (ok || j.out.Foreign[of])
}

// classOf returns the class of which copyreg._reconstructor(class, base, state)
// makes an object, where base is a builtin whose __init__ does nothing else.
func classOf(call *sym.Call) *sym.Node {
	if !call.Func.Is("copyreg", "_reconstructor") || len(call.Args) != 3 || !aClass(call.Args[0]) || !builtinBase(call.Args[1]) {
		return nil
	}
	if s := call.Args[2]; s.Kind >= sym.Global {
		return nil
	}
	return sourced(call.Args[0])
}

// aClass accepts a name, and the persistent id that torch's older format writes in
// the place of a module's class.
func aClass(n *sym.Node) bool { return sourced(n).Kind == sym.Global }

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
