package rules

import (
	_ "embed" // constructors.txt
	"slices"
	"strings"
	"sync"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// harmlessCall reports whether a listed class, called with anything, only makes an
// object of what it is given: classes of [keptClasses], and those of scikit-learn,
// torch.optim and scipy.interpolate whose constructors gen/constructors.py has read.
func harmlessCall(n *sym.Node) bool {
	return partialOf(n) || keptClasses(n) || resultClass(n) || sparseClass(n) || n.Kind == sym.Global && slices.Contains(constructors()[n.Module()], n.Name())
}

// constructorsText has a line for each module: its name, and those of its classes.
//
//go:embed constructors.txt
var constructorsText string

var constructors = sync.OnceValue(func() map[string][]string {
	table := map[string][]string{}
	for line := range strings.Lines(constructorsText) {
		if words := strings.Fields(line); words[0] != "#" {
			table[words[0]] = words[1:]
		}
	}
	return table
})

// keptClasses are further ones that objects keep, and whose __init__ was read: it notes
// its arguments, or computes numbers of them.
var keptClasses = either(
	global("numpy", "poly1d"), global("pandas", "DataFrame", "Series"), global("pandas.core.frame", "DataFrame"), global("pandas.core.series", "Series"),
	global("torch.utils.data.dataset", "TensorDataset", "Subset"), global("transformers.cache_utils", "DynamicLayer", "DynamicSlidingWindowLayer"),
	global("numbers", "Number", "Complex", "Real", "Rational", "Integral"), global("collections.abc", "Mapping", "Sequence"),
	global("stable_baselines3.common.torch_layers", "FlattenExtractor", "NatureCNN", "CombinedExtractor"),
	global("ngboost.scores", "LogScore", "CRPScore"),
	global("nltk.parse.chart", "Chart"), global("nltk.probability", "MLEProbDist"), global("nltk.tokenize.punkt", "PunktToken"),
	global("optuna.samplers._tpe.parzen_estimator", "_ParzenEstimator"),
	global("statsmodels.tsa.statespace.kalman_smoother", "SmootherResults"), global("statsmodels.tsa.statespace.simulation_smoother", "SimulationSmoothResults"))

// sparseClass accepts the classes of sparse matrices, which take numbers apart.
func sparseClass(n *sym.Node) bool {
	format, kind, ok := strings.Cut(n.Name(), "_")
	at, known := strings.CutPrefix(n.Module(), "scipy.sparse.")
	return ok && known && (kind == "matrix" || kind == "array") && contains("bsr coo csc csr dia dok lil", format) && strings.TrimPrefix(at, "_") == format
}
