package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// libraryContracts: rarer types of the standard library.
func libraryContracts() []contract {
	return []contract{
		{module: "builtins", names: strings.Fields(`ValueError TypeError KeyError IndexError RuntimeError StopIteration Exception ArithmeticError ZeroDivisionError
			OverflowError AttributeError NotImplementedError LookupError AssertionError`), calls: upTo(4, either(none, text, number))},
		{module: "numpy.linalg", names: []string{"LinAlgError"}, calls: upTo(4, text)},
		{module: "numpy.exceptions", names: []string{"AxisError"}, calls: upTo(3, either(none, text, integer))},
		{module: "builtins", names: []string{"type"}, calls: with(either(none, global("builtins", "Ellipsis", "NotImplemented")))},
		{module: "uuid", names: []string{"UUID"}, calls: with(), newobj: true, onlyNew: true, state: dictOf(oneOfText("int", "is_safe"), integer)},
		{module: "types", names: []string{"SimpleNamespace"}, calls: with(), state: attributes()},
		{module: "ipaddress", names: []string{"IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network"}, calls: with(either(shortText, integer))},
		{module: "array", names: []string{"array"}, calls: withOptional(1, typeCode, either(listOf(number), rawBytes))},
		{module: "array", names: []string{"_array_reconstructor"}, calls: with(global("array", "array"), typeCode, upToInt(21), rawBytes), closed: true, caller: true},
		{module: "zoneinfo", names: []string{"ZoneInfo._unpickle"}, calls: with(zoneName, integer), caller: true},
		{module: "functools", names: []string{"partial"}, calls: with(partialOf), state: partialState, after: samePartial, closed: true, caller: true},
		{module: "torch.torch_version", names: []string{"TorchVersion"}, calls: with(shortText), newobj: true, onlyNew: true, base: "str"}, // a str: torch.__version__
		{module: "transformers.feature_extraction_utils", names: []string{"BatchFeature"}, calls: with(), newobj: true, onlyNew: true, state: batchState},
		{module: "transformers.optimization", names: strings.Fields(learningRates)},
		{module: "sklearn.compose._column_transformer", names: []string{"make_column_selector"}, calls: with(), newobj: true, onlyNew: true, state: columnSelector},
		{module: "sklearn.impute._iterative", names: []string{"_ImputerTriplet"}, calls: with(anything, anything, anything), newobj: true, onlyNew: true},
		{module: "torch.optim.lr_scheduler", names: []string{"OneCycleLR._annealing_cos", "OneCycleLR._annealing_linear"}},
	}
}

// batchState is the state of a batch of features, which looks its attributes up
// among its items.
func batchState(n *sym.Node) bool {
	items := func(d *sym.Node) bool { return dictOf(shortText, anything)(d) && !special(d) }
	return record(map[string]shape{"data": items, "tensor_type": either(none, text), "skip_tensor_conversion": either(none, listOf(text))})(n)
}

// learningRates are functions that compute a factor from the number of a step
// (transformers/optimization.py).
const learningRates = `_get_constant_lambda _get_constant_schedule_with_warmup_lr_lambda _get_linear_schedule_with_warmup_lr_lambda _get_cosine_schedule_with_warmup_lr_lambda
	_get_cosine_with_hard_restarts_schedule_with_warmup_lr_lambda _get_polynomial_decay_schedule_with_warmup_lr_lambda _get_inverse_sqrt_schedule_lr_lambda
	_get_cosine_with_min_lr_schedule_with_warmup_lr_lambda _get_wsd_scheduler_lambda`

// columnSelector is the state of a column selector (sklearn/compose/
// _column_transformer.py): what it gives to pandas' select_dtypes, and the pattern.
var columnSelector = dictOf(oneOfText("pattern", "dtype_include", "dtype_exclude"), anything)

var typeCode = oneOfText(strings.Split("b B u h H i I l L q Q f d w", " ")...)

// partialOf accepts what functools.partial may hold: classes of layers, which
// only make a layer or an observer when the partial is called, and the check of an array that
// HistGradientBoosting keeps (sklearn/ensemble/_hist_gradient_boosting).
func partialOf(n *sym.Node) bool {
	if n.Kind != sym.Global {
		return false
	}
	if n.Is("sklearn.utils.validation", "check_array") || n.Module() == "transformers.optimization" && contains(learningRates, n.Name()) {
		return true
	}
	e, ok := listedEntry(n.Module(), n.Name())
	return ok && e.kind == "plain" && slices.ContainsFunc([]string{"torch.nn.modules.", "torchvision.ops.", "torchvision.models.", "timm.layers.", "torch.ao.quantization.", "torch.quantization."},
		func(p string) bool { return strings.HasPrefix(n.Module(), p) })
}

// partialState accepts (function, arguments, keywords, attributes) that hold
// plain values only.
func partialState(n *sym.Node) bool {
	plain := kinds(sym.None, sym.Bool, sym.Int, sym.Float, sym.String)
	numbers := global("numpy", "float32", "float64")
	value := either(plain, tupleOf(plain), listOf(either(plain, numbers)), partialOf, torchDType, quantScheme)
	return fields(partialOf, tupleOf(value), either(none, dictOf(shortText, value)), either(none, dictOf(shortText, value)))(n)
}

// samePartial demands that the state names the function that the call named.
func samePartial(n *sym.Node) bool {
	for _, s := range n.States() {
		if s.Value.Kind != sym.Tuple || len(s.Value.Items()) != 4 {
			return false
		}
		f, g := s.Value.Items()[0], n.Call().Args[0]
		if f.FullName() != g.FullName() {
			return false
		}
	}
	return true
}
