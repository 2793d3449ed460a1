package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// stateShapes are the words that the list uses for what may stand at a key.
var stateShapes = map[string]shape{
	// joblib's cache is a directory from which fit unpickles (sklearn.utils.validation.check_memory).
	"none": either(none, noCache),
	// "filename" and "file" make a vectorizer open what it is given (sklearn.feature_extraction.text).
	"content": oneOfText("content"),
	"text":    either(none, text),
	"bytes":   either(none, rawBytes),
	"bool":    kinds(sym.Bool),
	"dict":    kinds(sym.Dict),
	"list":    listOf(anything),
	"booster": either(none, built("xgboost.core", "Booster")),
	"hook":    hook,
	"small":   upToInt(10_000),
	"device":  either(none, madeBy("torch", "device")),
	"never":   func(*sym.Node) bool { return false },
	"empty":   func(n *sym.Node) bool { return n.Kind == sym.Dict && len(n.Pairs()) == 0 },
	"cox":     either(none, built(cox, "SemiParametricPHFitter"), built(cox, "ParametricSplinePHFitter"), built(cox, "ParametricPiecewiseBaselinePHFitter")),
	// What results and models of statsmodels ask one another, and no formula.
	"sm.data":    either(none, derived("statsmodels.base.data", "ModelData")),
	"sm.model":   either(none, derived("statsmodels.base.model", "Model")),
	"sm.results": derived("statsmodels.base.model", "Results"),
	"items":      func(n *sym.Node) bool { return n.Kind == sym.Dict && !special(n) },
	"pyg.store":  derived("torch_geometric.data.storage", "BaseStorage"),
	"frame":      derived("pandas.core.generic", "NDFrame"),
	"mapping":    either(kinds(sym.Dict), madeBy("collections", "OrderedDict", "defaultdict")),
	"groups":     listOf(kinds(sym.Dict)),
	// Every name that is asked for is looked up there (transformers/configuration_utils.py).
	"words": dictOf(shortText, shortText),
	// numpy asks the elements of anything else for an address to read.
	"array": array,
	// torch calls what stands in a dict of hooks (torch.nn.Module._call_impl).
	"hooks": hookDict,
}

// built accepts an object of exactly that class that its __new__ made.
func built(module, name string) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Object || n.Call() == nil {
			return false
		}
		class := n.Call().Func
		if c := classOf(n.Call()); c != nil {
			class = c
		}
		return class.Is(module, name)
	}
}

// derived accepts an object of that class, or of a listed one that inherits from it,
// which its __new__ made.
func derived(module, name string) shape {
	return func(n *sym.Node) bool {
		if n.Kind != sym.Object || n.Call() == nil {
			return false
		}
		class := ClassOf(n.Call())
		e, ok := listedEntry(class.Module(), class.Name())
		return ok && e.kind == "plain" && inherits(class.Module()+":"+class.Name(), module+":"+name)
	}
}

// inherits reports whether a listed class is another, or has it among its bases.
func inherits(class, from string) bool {
	module, name, _ := strings.Cut(class, ":")
	e, ok := listedEntry(module, name)
	return class == from || ok && slices.ContainsFunc(e.bases, func(base string) bool { return inherits(base, from) })
}

// hook accepts the hooks that torch.nn.utils and modules of libraries register themselves.
var hook = either(
	built("torch.nn.utils.weight_norm", "WeightNorm"), built("torch.nn.utils.spectral_norm", "SpectralNorm"),
	pruning, built("torch.nn.utils.spectral_norm", "SpectralNormStateDictHook"), built("torch.nn.utils.spectral_norm", "SpectralNormLoadStateDictPreHook"),
	ownHook, global("gpytorch.means.constant_mean", "_ensure_updated_strategy_flag_set"))

// pruning accepts the methods of torch.nn.utils.prune, which multiply a
// parameter by a mask before each call of the module.
var pruning = either(built(prune, "CustomFromMask"), built(prune, "Identity"), built(prune, "L1Unstructured"), built(prune, "LnStructured"),
	built(prune, "PruningContainer"), built(prune, "RandomStructured"), built(prune, "RandomUnstructured"))

const cox = "lifelines.fitters.coxph_fitter"

// noCache accepts joblib's Memory without a directory, which keeps nothing (joblib/memory.py).
var noCache = built("joblib.memory", "Memory")

const prune = "torch.nn.utils.prune"

// hookDict accepts no hooks, or those.
func hookDict(n *sym.Node) bool {
	if n.Kind == sym.None || n.Kind == sym.Bool {
		return true
	}
	if n.Kind != sym.Dict && !madeBy("collections", "OrderedDict")(n) {
		return false
	}
	wrapped := built("torch.nn.modules.module", "_WrappedHook")
	for _, p := range n.Pairs() {
		if !integer(p.Key) || p.Value.Kind != sym.Bool && !hook(p.Value) && !wrapped(p.Value) {
			return false
		}
	}
	return n.Kind == sym.Dict || len(n.Call().Live) == 0 && len(n.States()) == 0
}

// outputs accepts what a model gives out: tensors, arrays and tuples of them. The
// dataclass that is called with them notes each under its name (transformers/
// utils/generic.py, ModelOutput.__post_init__).
var outputs = func() shape {
	one := either(none, number, rebuilt, array)
	some := either(one, tupleOf(one))
	return either(some, tupleOf(some))
}()
