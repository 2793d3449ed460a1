package rules

import (
	"slices"
	"strings"
	"sync"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A family says what a known gadget does, as the end of a sentence.
type family string

// The families.
const (
	runsCommands   family = "runs commands"
	runsCode       family = "runs or builds code"
	importsNames   family = "imports what its arguments name"
	callsArguments family = "calls what it is given"
	unpickles      family = "unpickles other data"
	loadsNative    family = "loads native code"
	reachesFiles   family = "reads or writes files"
	reachesNetwork family = "reaches the network"
	assembles      family = "helps to put a call together"
	changesProcess family = "changes the running process"
	asksSystem     family = "asks the operating system about itself"
	stopsScanner   family = "switches a scanner off"
)

// A gadget is a module, with what is below it, or names in it that are known to
// do more than make a value.
type gadget struct {
	family family
	module string
	names  []string // nil means every name; else a name, or what is below it ("FileIO" has "FileIO.write")
}

// gadgets is the whole table. It raises severities and words messages, and
// decides nothing else: what is not here is not thereby harmless.
func gadgets() []gadget {
	return slices.Concat(pythonGadgets(), fileGadgets(), frameworkGadgets(), rareGadgets(), wideGadgets(), rareLibraryGadgets())
}

// every makes a gadget of each of the modules, which are written in one text.
func every(f family, modules string) (list []gadget) {
	for _, m := range strings.Fields(modules) {
		list = append(list, gadget{family: f, module: m})
	}
	return list
}

func some(f family, module, names string) gadget {
	return gadget{family: f, module: module, names: strings.Fields(names)}
}

var gadgetsByModule = sync.OnceValue(func() map[string][]gadget {
	table := map[string][]gadget{}
	for _, g := range gadgets() {
		table[g.module] = append(table[g.module], g)
	}
	return table
})

// dangerous reports whether a global is known to run code or commands or to
// reach files, processes or the network.
func dangerous(module, name string) bool { return familyOf(module, name) != "" }

// familyOf returns what a global is known to do, "" if it is not known. A
// dotted name ("random", "_os.system") is known by what it ends at.
func familyOf(module, name string) family {
	module, _, _ = strings.Cut(module, "\x00") // a module that is frozen into CPython is found by what is before it
	if module == "sklearn.datasets.base" && name == "Bunch" {
		return "" // a dict among what fetches data sets, until scikit-learn 0.18
	}
	if f := listed(module, name); f != "" {
		return f
	}
	parts := strings.Split(name, ".")
	if strings.HasPrefix(module, "builtins.") || len(parts) > 1 && (module == "builtins" || module == "__builtin__") {
		return assembles // dict.get, str.format, list.append
	}
	for i, p := range parts {
		if slices.Contains(innerNames(), p) {
			return runsCode
		}
		if p = strings.TrimLeft(p, "_"); slices.Contains(reachedModules(), p) {
			if f := listed(p, strings.Join(parts[i+1:], ".")); f != "" {
				return f
			}
		}
	}
	return ""
}

// listed looks a name up in the table, in its module and those above.
func listed(module, name string) family {
	first, _, _ := strings.Cut(name, ".")
	for m := module; m != ""; {
		for _, g := range gadgetsByModule()[m] {
			if g.names == nil || m == module && (slices.Contains(g.names, name) || slices.Contains(g.names, first)) {
				return g.family
			}
		}
		at := max(strings.LastIndexByte(m, '.'), 0)
		m = m[:at]
	}
	return ""
}

// reachedModules are modules that others import, so that they can be had as
// their attributes.
func reachedModules() []string {
	return []string{"os", "posix", "nt", "sys", "subprocess", "builtins", "importlib", "socket", "shutil", "ctypes", "pickle", "marshal", "runpy", "pty", "pydoc", "operator", "functools"}
}

// innerNames lead from any object to the interpreter's own.
func innerNames() []string {
	return []string{"__builtins__", "__globals__", "__subclasses__", "__import__", "__getattribute__", "__loader__", "__code__", "__mro__", "__base__", "__bases__",
		"__class__", "__self__", "__func__", "__dict__", "__call__", "__reduce__", "__reduce_ex__"}
}

// Known says what a global is known to do, "runs commands", or "" if n is not
// in the table or no global.
func Known(n *sym.Node) string {
	if n == nil {
		return ""
	}
	return string(familyOfNode(n))
}
