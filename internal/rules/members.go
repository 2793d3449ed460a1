package rules

import (
	"strings"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// ownMember reports whether a call is what pickle writes for a member of somebody's own
// enumeration of numbers (Lib/enum.py, Enum.__reduce_ex__). Of a library that is known the
// classes that are enumerations are known, too; and a word can be a command.
func ownMember(fn *sym.Node, call *sym.Call) bool {
	top, _, _ := strings.Cut(fn.Module(), ".")
	if call.Op != pickle.OpReduce || !call.Known || call.Kwargs != nil || len(call.Args) != 1 || libraries()[top] != nil || standard(top) || !memberClass(fn.Name()) {
		return false
	}
	return integer(call.Args[0])
}

// memberByName returns the class of which a call reads a member by its name, as Python 3.11.0 to
// 3.11.3 pickled those of every enumeration (Lib/enum.py, Enum.__reduce_ex__), else nil. That reads
// no more than an import of "class.name" does.
func memberByName(call *sym.Call) *sym.Node {
	if call.Op != pickle.OpReduce || !call.Func.Is("builtins", "getattr") || !call.Known || call.Kwargs != nil || len(call.Args) != 2 || !shortText(call.Args[1]) {
		return nil
	}
	class, name := call.Args[0], call.Args[1].Text
	top, _, _ := strings.Cut(class.Module(), ".")
	if class.Kind != sym.Global || standard(top) || !memberClass(class.Name()) || name == "" || name[0] == '_' || strings.ContainsAny(name, ".\x00") ||
		dangerous(class.Module(), class.Name()+"."+name) || dangerous(class.Module(), class.Name()) || dangerous(class.Raw(), "") {
		return nil
	}
	return class
}

// listedMember reports whether a name is that of a member of a listed enumeration, as people
// write members and no methods: in capitals.
func (b book) listedMember(class *sym.Node, name string) bool {
	c := b.list.class(class.Module(), class.Name())
	return c != nil && c.kind == "enum" && c.defined[name] && name[0] >= 'A' && name[0] <= 'Z' && strings.ToUpper(name) == name
}

// memberClass accepts the name of a class as people write it: not all in capitals, each part
// beginning with one.
func memberClass(name string) bool {
	for _, p := range strings.Split(name, ".") {
		if bare := strings.TrimLeft(p, "_"); bare == "" || bare[0] < 'A' || bare[0] > 'Z' {
			return false
		}
	}
	return className(name)
}
