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
	"scipy.stats._qmc.LatinHypercube":                                                    "_random _random_lhs _random_oa_lhs",
	"scipy.stats._qmc.PoissonDisk":                                                       "_hypersphere_volume_sample _hypersphere_surface_sample",
	"torch.optim.lr_scheduler.OneCycleLR":                                                "_annealing_cos _annealing_linear", // torch before 2.0
	"torch.optim.lr_scheduler.CyclicLR":                                                  "_triangular_scale_fn _triangular2_scale_fn _exp_range_scale_fn",
}

const lifeMethods = "_variance_f_smooth _variance_f_discrete _additive_f_smooth _additive_f_discrete plot plot_cumulative_hazard plot_hazard plot_survival_function"

const rbfMethods = "_h_multiquadric _h_inverse_multiquadric _h_gaussian _h_linear _h_cubic _h_quintic _h_thin_plate"

// lazyMethods are those that a module of torch registers as hooks of itself until
// it knows its sizes (torch/nn/modules/lazy.py).
const lazyMethods = "_infer_parameters _lazy_load_hook"

// processMethods are those by which models of gpytorch get and set the value that a prior is about
// (gpytorch/kernels, means and likelihoods), and what each registers as a hook of itself, which copies
// tensors of a state dict (gpytorch/module.py, Module.__init__).
const (
	processHook    = "_load_state_hook_ignore_shapes"
	processMethods = processHook + ` _lengthscale_param _lengthscale_closure _outputscale_param _outputscale_closure _noise_param _noise_closure
	_constant_param _constant_closure _alpha_param _alpha_closure _beta_param _beta_closure`
)

// modelInputs is what peft keeps of a language model (peft/peft_model.py, PeftModelForCausalLM):
// it sorts out the tensors for one step (transformers/generation/utils.py and the models).
const modelInputs = "prepare_inputs_for_generation"

// estimatorMethods are those by which programs keep a fitted estimator as a function.
// No class of scikit-learn has a property under one of these names (sklearn/base.py,
// utils/_available_if.py: a method that depends on the last step asks whether that has it).
const estimatorMethods = `apply decision_function fit fit_predict fit_transform inverse_transform kneighbors partial_fit predict predict_log_proba predict_proba sample score
	score_samples staged_decision_function staged_predict staged_predict_proba transform build_analyzer build_preprocessor build_tokenizer decode _char_ngrams _char_wb_ngrams _word_ngrams`

// HistGradientBoosting that scores while it is fitted keeps a method of its own under the
// method's name (sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py, _patch_raw_predict).
const (
	histogramBoosting = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting:BaseHistGradientBoosting"
	rawPredict        = "_raw_predict"
)

// ownMethod accepts the method of such a model, which hides no other.
func ownMethod(key string, n *sym.Node) bool {
	of, name := method(n)
	return key == rawPredict && name == key && contains(methodsOf(of), key)
}

// boundMethod accepts an object of a listed class that __new__ made and one of the
// methods that are its own.
func boundMethod(of, name *sym.Node) bool {
	return shortText(name) && contains(methodsOf(of), name.Text)
}

// methodsOf lists the methods that may be read of an object, with spaces between.
func methodsOf(of *sym.Node) string {
	if of.Kind != sym.Object || of.Call() == nil {
		return ""
	}
	class := sourced(of.Call().Func)
	if c := classOf(of.Call()); c != nil {
		class = c
	}
	if class.Kind != sym.Global {
		return ""
	}
	if discrete(of) {
		return "_entropy" // numpy.vectorize makes it one for arrays
	}
	return methodsOfClass(class.Module(), class.Name())
}

func methodsOfClass(module, name string) string {
	e, ok := listedEntry(module, name)
	if !ok || e.kind != "plain" {
		return ""
	}
	if m := boundMethods[module+"."+name]; m != "" {
		return m
	}
	if strings.HasPrefix(module, "torch.nn.modules.") && strings.HasPrefix(name, "Lazy") {
		return lazyMethods
	}
	if inherits(module+":"+name, "transformers.modeling_utils:PreTrainedModel") {
		return "forward " + modelInputs
	}
	if inherits(module+":"+name, "gpytorch.module:Module") {
		return "forward " + processMethods
	}
	if inherits(module+":"+name, "torch.nn.modules.module:Module") {
		return "forward"
	}
	if inherits(module+":"+name, histogramBoosting) {
		return estimatorMethods + " " + rawPredict
	}
	if inherits(module+":"+name, "sklearn.base:BaseEstimator") {
		return estimatorMethods
	}
	return ""
}

// method returns the object that a bound method belongs to, and the method's name:
// pickle writes getattr(object, name), dill and cloudpickle types.MethodType(function,
// object), where the function stands under the name of the class that has it.
func method(n *sym.Node) (of *sym.Node, name string) {
	if n.Kind != sym.Object || n.Call() == nil || len(n.Call().Args) != 2 {
		return nil, ""
	}
	a := n.Call().Args
	if n.Call().Func.Is("builtins", "getattr") && shortText(a[1]) {
		return a[0], a[1].Text
	}
	if methodType(n.Call().Func) && binds(a) {
		_, name = parts(a[0])
		return a[1], name
	}
	return nil, ""
}

var methodType = global("types", "MethodType")

// binds judges types.MethodType(function, object): the function must be one of those
// that may be read of the object, as a base of its class has it.
func binds(args []*sym.Node) bool {
	class, name := parts(args[0])
	if name == "" || !contains(methodsOf(args[1]), name) {
		return false
	}
	of := ClassOf(args[1].Call())
	return discrete(args[1]) && contains(statsClasses, class) || inherits(of.Module()+":"+of.Name(), class)
}

// parts splits the name of a function that stands in a class, as "module:class" and name.
func parts(n *sym.Node) (class, name string) {
	module, full := nameOf(n)
	at := strings.LastIndexByte(full, '.')
	if n.Kind == sym.Persistent || at < 0 {
		return "", ""
	}
	return module + ":" + full[:at], full[at+1:]
}

// statsClasses are those of scipy's discrete distributions that have an _entropy.
var statsClasses = "scipy.stats._distn_infrastructure:rv_discrete scipy.stats._distn_infrastructure:rv_sample scipy.stats._distn_infrastructure:rv_generic " +
	"scipy.stats._discrete_distns:" + strings.Join(strings.Fields(discreteClasses), " scipy.stats._discrete_distns:")

// methodNamed reports whether a name is that of a function which bound methods have:
// like other functions of the list it may be named.
func methodNamed(module, full string) bool {
	at := strings.LastIndexByte(full, '.')
	if at < 0 {
		return false
	}
	class, name := full[:at], full[at+1:]
	if contains(methodsOfClass(module, class), name) || contains(statsClasses, module+":"+class) && name == "_entropy" {
		return true
	}
	if module == "torch.nn.modules.lazy" && class == "LazyModuleMixin" {
		return contains(lazyMethods, name)
	}
	if module+":"+class == histogramBoosting && name == rawPredict {
		return true
	}
	// A mixin of scikit-learn is no estimator by itself.
	_, ok := listedEntry(module, class)
	return ok && strings.HasPrefix(module, "sklearn.") && contains(estimatorMethods, name)
}

// patternMethod accepts a compiled pattern and a method that looks for it in a text.
func patternMethod(of, name *sym.Node) bool {
	return madeBy("re", "_compile")(of) && shortText(name) && contains("findall finditer fullmatch match search split sub subn", name.Text)
}

// keptMethod accepts a method that may be read, as a value.
func keptMethod(n *sym.Node) bool {
	if of, name := method(n); of != nil && contains(methodsOf(of), name) {
		return true
	}
	return madeBy("builtins", "getattr")(n) && len(n.Call().Args) == 2 && patternMethod(n.Call().Args[0], n.Call().Args[1])
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

// ownHook accepts a method that a module registers as a hook of itself: one that does not
// know its sizes yet, or a part of a Gaussian process.
func ownHook(n *sym.Node) bool {
	of, name := method(n)
	return of != nil && contains(methodsOf(of), name) && contains(lazyMethods+" "+processHook, name)
}
