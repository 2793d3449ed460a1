package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// bitGenerators are numpy's, by the module that each stands in.
var bitGenerators = map[string]string{
	"MT19937": "numpy.random._mt19937", "PCG64": "numpy.random._pcg64", "PCG64DXSM": "numpy.random._pcg64",
	"Philox": "numpy.random._philox", "SFC64": "numpy.random._sfc64",
}

// randomContracts: numpy/random/_pickle.py. Its functions call what they are
// given: here that is one of numpy's own bit generators, by name or as a class.
func randomContracts() []contract {
	const module = "numpy.random._pickle"
	maker := global(module, "__bit_generator_ctor")
	made := either(generatorName, madeBy(module, "__bit_generator_ctor"))
	seed := global("numpy.random.bit_generator", "SeedSequence")
	return []contract{
		{module: module, names: []string{"__bit_generator_ctor"}, calls: with(either(generatorName, generatorClass)), state: seeded, caller: true, closed: true},
		{module: module, names: []string{"__generator_ctor"}, calls: withOptional(1, made, maker), state: bitState, caller: true, closed: true},
		{module: module, names: []string{"__randomstate_ctor"}, calls: withOptional(1, made, maker), state: bitState, caller: true, closed: true},
		{module: "numpy.random.bit_generator", names: []string{"__pyx_unpickle_SeedSequence"}, calls: with(seed, integer, either(none, seedState)), state: seedState, caller: true},
		{module: "numpy.random", names: []string{"__RandomState_ctor"}, calls: with(), state: fields(oneOfText("MT19937"), array, upToInt(624), integer, number)}, // before 1.17
		{module: "random", names: []string{"Random"}, calls: with(), state: fields(oneOfInt(3), twisterWords, either(none, number))},
	}
}

func generatorName(n *sym.Node) bool { return shortText(n) && bitGenerators[n.Text] != "" }

func generatorClass(n *sym.Node) bool {
	return n.Kind == sym.Global && bitGenerators[n.Name()] == n.Module()
}

// twisterWords is the state of random.Random: 624 words and an index into them.
func twisterWords(n *sym.Node) bool {
	i := n.Items()
	return n.Kind == sym.Tuple && len(i) == 625 && all(i, integer) && upToInt(624)(i[624])
}

// seeded is the state of a bit generator: a dict, alone or with its seed sequence.
func seeded(n *sym.Node) bool {
	return bitState(n) || fields(bitState, either(none, madeBy("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence")))(n)
}

func seedState(n *sym.Node) bool {
	flat := either(none, number, text, array)
	return n.Kind == sym.Tuple && len(n.Items()) <= 8 && all(n.Items(), either(flat, tupleOf(flat), listOf(flat)))
}

// bitState accepts the state dict of a generator. A position beyond the words
// that it counts would make numpy read behind them (numpy/random/src).
func bitState(n *sym.Node) bool {
	word := either(integer, number, array)
	inner := dictOf(oneOfText("key", "pos", "state", "inc", "counter"), word)
	return dictOf(oneOfText(strings.Fields("bit_generator state buffer buffer_pos has_uint32 uinteger has_gauss gauss")...), anything)(n) &&
		allPairs(n, func(key string, v *sym.Node) bool {
			switch key {
			case "bit_generator":
				return generatorName(v)
			case "state":
				return inner(v) && allPairs(v, func(key string, v *sym.Node) bool { return key != "pos" || upToInt(624)(v) })
			case "buffer_pos":
				return upToInt(4)(v)
			}
			return word(v)
		})
}

func allPairs(n *sym.Node, f func(key string, value *sym.Node) bool) bool {
	for _, p := range n.Pairs() {
		if !f(p.Key.Text, p.Value) {
			return false
		}
	}
	return true
}

// upToInt accepts an integer from 0 to most.
func upToInt(most int64) shape {
	return func(n *sym.Node) bool { return integer(n) && n.Big() == nil && n.Int >= 0 && n.Int <= most }
}

// array accepts what numpy's own functions make an array or a scalar of, and
// what joblib reads.
var array = either(
	readArray,
	madeBy("numpy.core.multiarray", "_reconstruct", "scalar"), madeBy("numpy._core.multiarray", "_reconstruct", "scalar"),
	madeBy("numpy.core.numeric", "_frombuffer"), madeBy("numpy._core.numeric", "_frombuffer"), madeBy("dill._dill", "_create_array"))
