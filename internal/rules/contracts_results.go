package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Protocols 2 and 3 have no opcode for a __new__ that takes keywords. Pickle writes such an
// object as the call of functools.partial(cls.__new__, cls, arguments, keywords) with nothing
// (CPython, Lib/pickle.py, save_reduce). That stands for results of scipy's tests.

// resultContract is how that partial may be called, and what the result may get besides.
var resultContract = contract{calls: with(), state: resultState}

// resultNew accepts the __new__ of a class of scipy's results, which makes the tuple.
func resultNew(n *sym.Node) bool {
	return madeBy("builtins", "getattr")(n) && len(n.Call().Args) == 2 && resultClass(n.Call().Args[0]) && oneOfText("__new__")(n.Call().Args[1])
}

func resultClass(n *sym.Node) bool {
	return n.Kind == sym.Global && contains(bunches[n.Module()], n.Name())
}

// resultParts is the state of such a partial.
func resultParts(n *sym.Node) bool {
	if !fields(resultNew, kinds(sym.Tuple), either(none, dictOf(shortText, statistic)), either(none, dictOf(none, none)))(n) {
		return false
	}
	class, args := n.Items()[0].Call().Args[0], n.Items()[1].Items()
	return len(args) > 0 && len(args) <= 16 && resultClass(args[0]) && args[0].FullName() == class.FullName() && all(args[1:], statistic)
}

// makesResult accepts that partial, which nothing made another one.
func makesResult(n *sym.Node) bool {
	if !madeBy("functools", "partial")(n) || len(n.Call().Args) != 1 || !resultNew(n.Call().Args[0]) || len(n.States()) == 0 {
		return false
	}
	for _, s := range n.States() {
		if !resultParts(s.Value) {
			return false
		}
	}
	return true
}

// bunches are results of tests that are tuples with further attributes. Their
// __new__ is generated from the names, and makes the tuple (scipy/_lib/_bunch.py,
// _make_tuple_bunch).
var bunches = map[string]string{
	"scipy.stats._stats_py":     "KstestResult LinregressResult PearsonRResult PearsonRResultBase SignificanceResult TtestResult TtestResultBase",
	"scipy.stats._mannwhitneyu": "MannwhitneyuResult", "scipy.stats._stats_mstats_common": "LinregressResult SiegelslopesResult TheilslopesResult",
	"scipy.stats.stats":      "KstestResult LinregressResult PearsonRResult SignificanceResult",
	"scipy.stats._morestats": "MedianTestResult WilcoxonResult", "scipy.stats._crosstab": "CrosstabResult",
	"scipy.stats.contingency": "Chi2ContingencyResult",
	"scipy.stats._hypotests":  "CramerVonMisesResult",
}

// statistic accepts what such a result is made of.
var statistic = either(none, number, text, array, tupleOf(either(number, array)))

// resultState is what such a result has besides: the further attributes.
var resultState = func(n *sym.Node) bool {
	return attributes(strings.Fields("_asdict _fields _extra_fields _make _replace index count")...)(n) && dictOf(text, statistic)(n)
}
