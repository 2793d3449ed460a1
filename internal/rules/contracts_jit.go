package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// jitContracts: the helpers that stand in the pickles of TorchScript
// (torch/jit/_pickle.py). Each returns its first argument, to Python and to
// torch's own unpickler (torch/csrc/jit/serialization/unpickler.cpp).
func jitContracts() []contract {
	return []contract{
		{module: "torch.jit._pickle", names: []string{"build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"}, calls: with(kinds(sym.List))},
		{module: "torch.jit._pickle", names: []string{"build_tensor_from_id"}, calls: with(integer)},
		{module: "torch.jit._pickle", names: []string{"restore_type_tag"}, calls: with(anything, text)},
	}
}

// ownContract is how torch's unpickler makes an object of a class that the
// archive's own sources define: attributes by name, or a state for a
// __setstate__ that is TorchScript too; an enum by its value. Python finds no
// module __torch__ and fails.
func ownContract(module, name string) contract {
	return contract{module: module, names: []string{name}, calls: withOptional(1, either(number, text)), newobj: true,
		state: func(n *sym.Node) bool { return n.Kind != sym.Dict || attributes()(n) }}
}
