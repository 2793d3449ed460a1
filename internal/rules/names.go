package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// nameOf returns the module and name of a global, also of one that is read by
// builtins.getattr(class, "name"), as protocols below 4 spell "class.name", and
// of a type that dill or cloudpickle looks up.
func nameOf(n *sym.Node) (module, name string) {
	switch {
	case n == nil:
	case n.Kind == sym.Global:
		return n.Module(), n.Name()
	case n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("builtins", "getattr"):
		a := n.Call().Args
		if len(a) == 2 && a[0].Kind == sym.Global && a[1].Kind == sym.String && !a[1].Lazy {
			return a[0].Module(), a[0].Name() + "." + a[1].Text
		}
	default:
		return computedType(n)
	}
	return "", ""
}

// computedType returns the type that a listed call of dill or cloudpickle gives.
func computedType(n *sym.Node) (module, name string) {
	if n.Kind != sym.Object || n.Call() == nil {
		return "", ""
	}
	return typeOfCall(n.Call())
}

// typeOfCall returns the type that a call gives: dill's _load_type("list") looks it up in
// a table, its _create_namedtuple("Name", fields, "module") imports it, and cloudpickle's
// _builtin_type("MethodType") takes it out of the module types.
func typeOfCall(call *sym.Call) (module, name string) {
	a := call.Args
	if !call.Known || len(a) == 0 || call.Kwargs != nil || call.Func == nil || call.Func.Kind != sym.Global {
		return "", ""
	}
	switch call.Func.FullName() {
	case "dill._dill._load_type":
		if len(a) != 1 || !dillType(a[0]) {
			return "", ""
		}
		switch a[0].Text {
		case "PartialType":
			return "functools", "partial"
		case "MethodType", "NoneType":
			return "types", a[0].Text
		case "ItemGetterType":
			return "operator", "itemgetter"
		}
		return "builtins", a[0].Text
	case "cloudpickle.cloudpickle._builtin_type":
		if len(a) == 1 && cloudType(a[0]) {
			return "types", a[0].Text
		}
	case "dill._dill._create_namedtuple":
		if len(a) > 2 && shortText(a[0]) && shortText(a[2]) && listedRecord(a[2].Text, a[0].Text) {
			return a[2].Text, a[0].Text
		}
	}
	return "", ""
}

func listedRecord(module, name string) bool {
	e, ok := listedEntry(module, name)
	return ok && e.kind == "record"
}

// dillType accepts the names of types that dill looks up in a table of its own
// (dill/_dill.py, _load_type). nameOf takes the result for the type.
var dillType = oneOfText(append([]string{"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set", "slice", "str", "tuple", "PartialType", "MethodType", "NoneType", "ItemGetterType"}, strings.Fields(exceptions)...)...)

// cloudType accepts the names of types that cloudpickle takes out of the module types
// (cloudpickle/cloudpickle.py, _builtin_type).
var cloudType = oneOfText("MethodType", "NoneType", "SimpleNamespace")
