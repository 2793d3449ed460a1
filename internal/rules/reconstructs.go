package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Reconstructs reports whether n is a name that loading itself depends on: a
// module or class of the libraries that rebuild tensors, or a place where
// imports are looked up. Whoever changes it changes what everything after is.
func Reconstructs(n *sym.Node) bool {
	if n.Kind != sym.Global || torchDType(n) {
		return false
	}
	top, _, _ := strings.Cut(n.Module(), ".")
	return slices.Contains([]string{"torch", "numpy", "collections", "copyreg", "_codecs", "sys", "importlib"}, top) ||
		strings.Contains(n.Name(), "__")
}
