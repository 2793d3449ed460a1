package scan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/jsonwalk"
)

// specImports says what the text of a tree of inputs or outputs has its loader
// import, "" if nothing but what every process has. The loader imports the
// module of a defaultdict's factory, and of every object with the key __enum__
// in a context, which is a JSON text itself (torch/utils/_pytree.py,
// _defaultdict_deserialize and enum_object_hook). An error means that it cannot
// be told.
func specImports(text string) (found string, err error) {
	note := func(s string) {
		if found == "" {
			found = s
		}
	}
	var inner error
	module, factory := "", ""
	err = jsonwalk.Walk(strings.NewReader(text), int64(len(text)), func(v *jsonwalk.Value) {
		if importsEnum(v.Path) {
			note("an enumeration")
		}
		switch v.Key() {
		case "default_factory_module":
			if module = v.Text; !slices.Contains([]string{"builtins", "collections", "torch"}, module) {
				note(fmt.Sprintf("the module %.100q for a factory", module))
			}
		case "default_factory_name":
			if factory = v.Text; !slices.Contains(factories, factory) {
				note(fmt.Sprintf("the factory %.100q", factory))
			}
		case "context":
			if v.Kind != jsonwalk.String || dottedName(v.Text) {
				return // the name of a named tuple is looked up among those that are registered
			}
			e := jsonwalk.Walk(strings.NewReader(v.Text), int64(len(v.Text)), func(c *jsonwalk.Value) {
				if importsEnum(c.Path) {
					note("an enumeration")
				}
			})
			if inner == nil {
				inner = e
			}
		}
	})
	if err == nil {
		err = inner
	}
	return found, err
}

// factories are the names of callables that make nothing but a value. All
// three modules are imported before, and getattr does not follow dots.
var factories = []string{"list", "dict", "tuple", "set", "frozenset", "int", "float", "bool", "str", "bytes", "OrderedDict", "deque", "Counter", "Tensor"}

// importsEnum reports whether one of the keys is of an object that stands for a
// member of an enumeration: fqn names its module.
func importsEnum(path []string) bool {
	return slices.Contains(path, "__enum__") || slices.Contains(path, "fqn")
}

func dottedName(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == ""
}
