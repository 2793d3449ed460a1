package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// jaxContracts: arrays of jax, which are made of numpy's (jax/_src/array.py, _reconstruct_array: the
// function that it is given makes the array, its __setstate__ takes the state, and the rest says whether
// its type is a weak one), and flax's dicts that do not change, which are made of a dict.
func jaxContracts() []contract {
	kind := dictOf(oneOfText("weak_type", "named_shape"), either(kinds(sym.Bool), stateShapes["empty"]))
	return []contract{
		{module: "jax._src.array", names: []string{"_reconstruct_array"}, calls: with(reconstructor, fields(global("numpy", "ndarray"), fields(oneOfInt(0)), either(text, rawBytes)), arrayState, kind), closed: true, caller: true},
		{module: "flax.core.frozen_dict", names: []string{"FrozenDict"}, calls: with(kinds(sym.Dict)), starts: true},
	}
}
