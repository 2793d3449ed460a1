package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// oldArrayState is the state of an array of pandas before 1.3, when these classes were
// of Python alone: pandas/core/arrays/categorical.py sets each as an attribute, after it
// made a type of the categories that older versions kept; the others have no __setstate__.
var oldArrayState = record(map[string]shape{
	"_codes": array, "_data": array, "_ndarray": array, "_dtype": either(madeBy("numpy", "dtype"), pandasMade), "_freq": either(none, frequency, freq), "_cache": dictOf(shortText, anything),
	"_categories": either(none, index), "_ordered": either(none, kinds(sym.Bool)), "freq": either(none, frequency, freq), "_readonly": kinds(sym.Bool),
})

// blocks accepts the blocks of a frame.
func blocks(n *sym.Node) bool {
	return (n.Kind == sym.Tuple || n.Kind == sym.List) && all(n.Items(), block)
}

// block accepts what the function makes that pandas pickles blocks with; in 1.3 that is
// functools.partial(new_block, ndim=n) (pandas/_libs/internals.pyx, Block.__reduce__).
var block = either(madeBy("pandas._libs.internals", "_unpickle_block"), func(n *sym.Node) bool {
	return n.Kind == sym.Object && n.Call() != nil && makesBlock(n.Call().Func)
})

var newBlock = global("pandas.core.internals.blocks", "new_block")

var blockContract = contract{calls: with(stored, placement)}

// makesBlock accepts that partial, which nothing made another one.
func makesBlock(n *sym.Node) bool {
	if !madeBy("functools", "partial")(n) || len(n.Call().Args) != 1 || !newBlock(n.Call().Args[0]) || len(n.States()) == 0 {
		return false
	}
	state := fields(newBlock, fields(), dictOf(oneOfText("ndim"), upToInt(2)), either(none, dictOf(none, none)))
	for _, s := range n.States() {
		if !state(s.Value) {
			return false
		}
	}
	return true
}
