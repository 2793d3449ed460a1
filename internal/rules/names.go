package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// nameOf returns the module and name of a global, also of one that is read by
// builtins.getattr(class, "name"), as protocols below 4 spell "class.name", and
// of a type that dill names by its table.
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
		return typeByDill(n)
	}
	return "", ""
}

// typeByDill returns the type that dill's _load_type gives, if it is one of those it may.
func typeByDill(n *sym.Node) (module, name string) {
	c := n.Call()
	if n.Kind != sym.Object || c == nil || !c.Func.Is("dill._dill", "_load_type") || !c.Known || len(c.Args) != 1 || c.Kwargs != nil || !dillType(c.Args[0]) {
		return "", ""
	}
	if c.Args[0].Text == "PartialType" {
		return "functools", "partial"
	}
	return "builtins", c.Args[0].Text
}

// dillType accepts the names of builtin types, which dill looks up in a table of its own
// (dill/_dill.py, _load_type). nameOf takes the result for the type.
var dillType = oneOfText("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set", "slice", "str", "tuple", "PartialType")
