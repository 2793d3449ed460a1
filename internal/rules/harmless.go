package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// harmlessCall reports whether a listed class, called with anything, only makes an
// object of what it is given. The constructors of scikit-learn keep their parameters as
// they are (sklearn/utils/estimator_checks.py, check_parameters_default_constructible),
// those of torch.optim sort parameters into groups, results of scipy's tests are tuples, and those of scipy.interpolate compute;
// none opens, imports or evaluates anything.
func harmlessCall(n *sym.Node) bool {
	return partialOf(n) || keptClasses(n) || resultClass(n) || slices.ContainsFunc([]string{"sklearn.", "torch.optim.", "scipy.interpolate."}, func(p string) bool { return strings.HasPrefix(n.Module(), p) })
}

// keptClasses are further ones that objects keep, and whose __init__ was read: it notes
// its arguments, or computes numbers of them.
var keptClasses = either(
	global("numpy", "poly1d"), global("pandas", "DataFrame", "Series"), global("pandas.core.frame", "DataFrame"), global("pandas.core.series", "Series"),
	global("torch.utils.data.dataset", "TensorDataset", "Subset"),
	global("numbers", "Number", "Complex", "Real", "Rational", "Integral"), global("collections.abc", "Mapping", "Sequence"),
	global("ngboost.scores", "LogScore", "CRPScore"),
	global("nltk.parse.chart", "Chart"), global("nltk.probability", "MLEProbDist"), global("nltk.tokenize.punkt", "PunktToken"),
	global("optuna.samplers._tpe.parzen_estimator", "_ParzenEstimator"),
	global("statsmodels.tsa.statespace.kalman_smoother", "SmootherResults"), global("statsmodels.tsa.statespace.simulation_smoother", "SimulationSmoothResults"))
