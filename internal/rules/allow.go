package rules

import (
	"embed"
	"strings"
	"sync"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// The folder allow holds what ordinary objects of the libraries name, one file
// for each top-level package, written by gen/judge.py out of the libraries
// themselves. A file is text: a line "@module", and below it a line for each
// name with tabs between
//
//	name  kind  bases  names  rules  reasons
//
// where kind is one of those of [entry], bases are "module:name", names are
// those that the class defines and that no state may set, rules are "key=shape"
// (see [stateShapes]; "held" is for what states of one version hold and another defines), and reasons are explained in the file's head.
//
//go:embed allow/*.txt
var allowFiles embed.FS

// An entry is one line of the list.
type entry struct {
	// kind is "value" for what is only named; "plain" for a class whose objects
	// are made by __new__ alone and take a dict as their state, "mapping" and
	// "sequence" for one that is a dict or a list besides, "table" for a dict
	// that no opcode may fill; "record" for a named
	// tuple; "enum" for an enumeration; "base" for a class that others derive from.
	kind    string
	bases   []string
	defined []string
	rules   []string
}

// library is the list of one top-level package: the lines of each module.
type library map[string]string

// libraries holds a function for each top-level package that reads its list,
// once: a pickle names one or two of them.
var libraries = sync.OnceValue(func() map[string]func() library {
	all := map[string]func() library{}
	files, err := allowFiles.ReadDir("allow")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	for _, f := range files {
		path := "allow/" + f.Name()
		all[strings.TrimSuffix(f.Name(), ".txt")] = sync.OnceValue(func() library { return readLibrary(path) })
	}
	return all
})

func readLibrary(path string) library {
	data, err := allowFiles.ReadFile(path)
	if err != nil {
		panic(err)
	}
	lib := library{}
	blocks := strings.Split(string(data), "\n@")
	for _, b := range blocks[1:] {
		module, lines, _ := strings.Cut(b, "\n")
		lib[module] = "\n" + lines + "\n"
	}
	return lib
}

// listedEntry finds a name in the list.
func listedEntry(module, name string) (entry, bool) {
	top, _, _ := strings.Cut(module, ".")
	read := libraries()[top]
	if read == nil || name == "" || strings.ContainsAny(name, "\t\n") {
		return entry{}, false
	}
	_, line, ok := strings.Cut(read()[module], "\n"+name+"\t")
	if !ok {
		return entry{}, false
	}
	line, _, _ = strings.Cut(line, "\n")
	part := strings.Split(line+"\t\t\t\t", "\t")
	return entry{kind: part[0], bases: strings.Fields(part[1]), defined: strings.Fields(part[2]), rules: strings.Fields(part[3])}, true
}

// ClassOf returns the class of which a call makes an object by __new__ alone, as
// NEWOBJ, copyreg._reconstructor and, for torch's older format, a persistent id
// of a module name it. For any other call it is what is called.
func ClassOf(call *sym.Call) *sym.Node {
	if c := classOf(call); c != nil {
		return c
	}
	return sourced(call.Func)
}
