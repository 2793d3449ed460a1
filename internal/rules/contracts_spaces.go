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
	held := spaceOf("gymnasium")
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

// spaceOf accepts a space of that library, or none.
func spaceOf(library string) shape {
	in := library + ".spaces."
	return either(none, built(in+"box", "Box"), built(in+"discrete", "Discrete"), built(in+"multi_discrete", "MultiDiscrete"),
		built(in+"multi_binary", "MultiBinary"), built(in+"dict", "Dict"), built(in+"tuple", "Tuple"))
}

// spaceParts are what every space has: its size, its type of numbers, and its generator.
var spaceParts = map[string]shape{
	"_shape": either(none, tupleOf(integer)), "dtype": either(none, madeBy("numpy", "dtype")), "_np_random": either(none, madeBy("numpy.random._pickle", "__generator_ctor")),
}

// earlySpaces: the same of gym, before it became gymnasium (gym/spaces; Space.__setstate__ of 0.21
// and later renames two keys and updates __dict__, before that there is none). Versions from 0.26 on
// write the bounds of an older Box as text: they must be numbers.
func earlySpaces() (all []contract) {
	held := spaceOf("gym")
	generator := either(none, madeBy("numpy.random._pickle", "__generator_ctor", "__randomstate_ctor"), madeBy("numpy.random", "__RandomState_ctor"))
	size := either(none, tupleOf(either(integer, numbers)))
	common := map[string]shape{"_shape": size, "shape": size, "dtype": spaceParts["dtype"], "_np_random": generator, "np_random": generator}
	whole := either(integer, numbers)
	for _, s := range []struct {
		module, name string
		parts        map[string]shape
	}{
		{"box", "Box", map[string]shape{"low": numbers, "high": numbers, "bounded_below": numbers, "bounded_above": numbers, "low_repr": either(none, text), "high_repr": either(none, text)}},
		{"discrete", "Discrete", map[string]shape{"n": whole, "start": whole}},
		{"multi_discrete", "MultiDiscrete", map[string]shape{"nvec": numbers}},
		{"multi_binary", "MultiBinary", map[string]shape{"n": either(whole, tupleOf(integer))}},
		{"dict", "Dict", map[string]shape{"spaces": either(dictOf(anything, held), madeBy("collections", "OrderedDict"))}},
		{"tuple", "Tuple", map[string]shape{"spaces": either(tupleOf(held), listOf(held))}},
	} {
		for key, part := range common {
			s.parts[key] = part
		}
		all = append(all, contract{module: "gym.spaces." + s.module, names: []string{s.name}, calls: with(), newobj: true, onlyNew: true, state: record(s.parts)})
	}
	return all
}

// numbers accepts an array of numpy that holds no objects.
func numbers(n *sym.Node) bool {
	if !array(n) {
		return false
	}
	for _, s := range n.States() {
		if i := s.Frozen.Items(); len(i) != 5 || !plainDType(i[2]) {
			return false
		}
	}
	return true
}
