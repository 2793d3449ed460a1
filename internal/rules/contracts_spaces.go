package rules

import (
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// spaceContracts: what an agent may see and do (gymnasium/spaces; each __setstate__ updates
// __dict__). A state without the text of a bound, or without where the numbers begin, is of
// an older version: of such a one Box writes the bound as text, and MultiDiscrete makes an
// array of the size that stands there.
func spaceContracts() []contract {
	whole := either(integer, array, madeBy("numpy.core.multiarray", "scalar"), madeBy("numpy._core.multiarray", "scalar"))
	held := either(none, built("gymnasium.spaces.box", "Box"), built("gymnasium.spaces.discrete", "Discrete"), built("gymnasium.spaces.multi_discrete", "MultiDiscrete"),
		built("gymnasium.spaces.multi_binary", "MultiBinary"), built("gymnasium.spaces.dict", "Dict"), built("gymnasium.spaces.tuple", "Tuple"))
	space := func(module, name string, needed []string, parts map[string]shape) contract {
		for key, s := range spaceParts {
			parts[key] = s
		}
		state := func(n *sym.Node) bool {
			return record(parts)(n) && !slices.ContainsFunc(needed, func(key string) bool { return valueOf(n, key) == nil })
		}
		return contract{module: "gymnasium.spaces." + module, names: []string{name}, calls: with(), newobj: true, onlyNew: true, state: state}
	}
	return []contract{
		space("box", "Box", []string{"low_repr", "high_repr"}, map[string]shape{"low": array, "high": array, "bounded_below": array, "bounded_above": array, "low_repr": either(none, text), "high_repr": either(none, text)}),
		space("discrete", "Discrete", []string{"start"}, map[string]shape{"n": whole, "start": whole}),
		space("multi_discrete", "MultiDiscrete", []string{"start"}, map[string]shape{"nvec": array, "start": array}),
		space("multi_binary", "MultiBinary", nil, map[string]shape{"n": either(whole, tupleOf(integer))}),
		space("dict", "Dict", nil, map[string]shape{"sort_keys": kinds(sym.Bool), "spaces": either(dictOf(anything, held), madeBy("collections", "OrderedDict"))}),
		space("tuple", "Tuple", nil, map[string]shape{"spaces": tupleOf(held)}),
	}
}

// spaceParts are what every space has: its size, its type of numbers, and its generator.
var spaceParts = map[string]shape{
	"_shape": either(none, tupleOf(integer)), "dtype": either(none, madeBy("numpy", "dtype")), "_np_random": either(none, madeBy("numpy.random._pickle", "__generator_ctor")),
}
