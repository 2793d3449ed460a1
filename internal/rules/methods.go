package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// boundMethods lists methods that objects keep of themselves as values, by the
// class that has them: each computes on what it is given, and reading one calls
// nothing.
var boundMethods = map[string]string{
	"scipy.interpolate._rbf.Rbf": rbfMethods, "scipy.interpolate.rbf.Rbf": rbfMethods,
	"lifelines.fitters.nelson_aalen_fitter.NelsonAalenFitter":                            lifeMethods,
	"lifelines.fitters.breslow_fleming_harrington_fitter.BreslowFlemingHarringtonFitter": lifeMethods,
	"scipy.stats._qmc.LatinHypercube":                                                    "_random_lhs _random_oa_lhs",
	"torch.optim.lr_scheduler.OneCycleLR":                                                "_annealing_cos _annealing_linear", // torch before 2.0
	"torch.optim.lr_scheduler.CyclicLR":                                                  "_triangular_scale_fn _triangular2_scale_fn _exp_range_scale_fn",
}

const lifeMethods = "_variance_f_smooth _variance_f_discrete _additive_f_smooth _additive_f_discrete plot plot_cumulative_hazard plot_hazard plot_survival_function"

const rbfMethods = "_h_multiquadric _h_inverse_multiquadric _h_gaussian _h_linear _h_cubic _h_quintic _h_thin_plate"

// lazyMethods are those that a module of torch registers as hooks of itself until
// it knows its sizes (torch/nn/modules/lazy.py).
const lazyMethods = "_infer_parameters _lazy_load_hook"

// boundMethod accepts an object of a listed class that __new__ made and one of the
// methods that are its own.
func boundMethod(of, name *sym.Node) bool {
	if of.Kind != sym.Object || of.Call() == nil || !shortText(name) {
		return false
	}
	class := sourced(of.Call().Func)
	if c := classOf(of.Call()); c != nil {
		class = c
	}
	if class.Kind != sym.Global {
		return false
	}
	if discrete(of) {
		return name.Text == "_entropy" // numpy.vectorize makes it one for arrays
	}
	e, ok := listedEntry(class.Module(), class.Name())
	if !ok || e.kind != "plain" {
		return false
	}
	methods := boundMethods[class.FullName()]
	if strings.HasPrefix(class.Module(), "torch.nn.modules.") && strings.HasPrefix(class.Name(), "Lazy") {
		methods = lazyMethods
	}
	return contains(methods, name.Text)
}

// contains reports whether a word is in a list with spaces between.
func contains(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// lazyHook accepts a hook of a module that does not know its sizes yet.
func lazyHook(n *sym.Node) bool {
	if n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("builtins", "getattr") || len(n.Call().Args) != 2 {
		return false
	}
	a := n.Call().Args
	return boundMethod(a[0], a[1]) && contains(lazyMethods, a[1].Text)
}
