package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// scipyContracts: classes whose states are tuples (scipy/interpolate/_rbfinterp.py,
// scipy/spatial/transform/_rotation.pyx). A cKDTree is not listed: it follows the
// indices in its state while it is being loaded (scipy/spatial/_ckdtree.pyx, _post_init).
func scipyContracts() []contract {
	value := either(none, number, text, array, madeBy("numpy", "dtype"), global("numpy", "float64", "complex128"), global("builtins", "float", "complex"))
	flat := either(value, tupleOf(value))
	parts := func(n *sym.Node) bool {
		return n.Kind == sym.Tuple && len(n.Items()) <= 12 && all(n.Items(), either(flat, tupleOf(flat)))
	}
	made := func(module string, names ...string) contract {
		return contract{module: module, names: names, calls: with(), newobj: true, onlyNew: true, state: parts}
	}
	return []contract{
		made("scipy.interpolate._rbfinterp", "RBFInterpolator"),
		made("scipy.spatial.transform._rotation", "Rotation"),
	}
}
