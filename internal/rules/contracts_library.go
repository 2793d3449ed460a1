package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// libraryContracts: rarer types of the standard library.
func libraryContracts() []contract {
	return []contract{
		{module: "builtins", names: strings.Fields(exceptions), calls: upTo(5, either(none, text, number, rawBytes)), state: errorState},
		{module: "sklearn.exceptions", names: strings.Fields(sklearnErrors), calls: upTo(4, text), state: errorState},
		{module: "json.decoder", names: []string{"JSONDecodeError"}, calls: with(text, text, integer)},
		{module: "logging", names: []string{"getLogger"}, calls: withOptional(1, shortText), caller: true}, // a logger of the running program
		{module: "decimal", names: []string{"Context"}, calls: with(integer, oneOfText(strings.Fields(roundings)...), integer, integer, integer, integer, listOf(decimalSignal), listOf(decimalSignal))},
		{module: "decimal", names: strings.Fields(decimalSignals), calls: upTo(2, text)},
		{module: "pathlib", names: []string{"Path", "PurePath"}},
		{module: "pathlib._local", names: []string{"Path", "PurePath"}},
		{module: "torch.distributed.fsdp.api", names: []string{"ShardingStrategy", "BackwardPrefetch", "StateDictType"}, calls: with(integer)},
		{module: "types", names: []string{"NoneType"}},
		{module: "uuid", names: []string{"SafeUUID"}, calls: with(either(none, integer))},
		{module: "collections", names: []string{"UserString"}, calls: with(shortText), newobj: true, state: dictOf(oneOfText("data"), text)},
		{module: "_operator", names: strings.Fields(operatorNames)},
		{module: "numpy.linalg", names: []string{"LinAlgError"}, calls: upTo(4, text)},
		{module: "numpy.exceptions", names: []string{"AxisError"}, calls: upTo(3, either(none, text, integer))},
		{module: "builtins", names: []string{"type"}, calls: with(either(none, global("builtins", "Ellipsis", "NotImplemented")))},
		{module: "uuid", names: []string{"UUID"}, calls: with(), newobj: true, onlyNew: true, state: dictOf(oneOfText("int", "is_safe"), integer)},
		{module: "types", names: []string{"SimpleNamespace"}, calls: with(), state: attributes()},
		{module: "ipaddress", names: []string{"IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface"}, calls: with(either(shortText, integer))},
		{module: "array", names: []string{"array"}, calls: withOptional(1, typeCode, either(listOf(either(number, shortText)), rawBytes))},
		{module: "array", names: []string{"_array_reconstructor"}, calls: with(global("array", "array"), typeCode, upToInt(21), rawBytes), closed: true, caller: true},
		{module: "zoneinfo", names: []string{"ZoneInfo._unpickle"}, calls: with(zoneName, integer), caller: true},
		{module: "functools", names: []string{"partial"}, calls: with(partialOf), state: partialState, after: samePartial, closed: true, caller: true},
		{module: "re", names: []string{"_compile"}, calls: with(either(shortText, rawBytes), patternFlags), caller: true},
		{module: "re", names: []string{"RegexFlag"}, calls: with(integer)},
		{module: "http", names: []string{"HTTPStatus"}, calls: with(integer)},
		{module: "time", names: []string{"struct_time"}, calls: withOptional(1, tupleOf(integer), dictOf(oneOfText("tm_zone", "tm_gmtoff"), either(none, text, integer)))},
		{module: "urllib.parse", names: []string{"ParseResult", "SplitResult"}, calls: upTo(6, text), newobj: true, onlyNew: true, base: "tuple"},
		{module: "_io", names: []string{"BytesIO"}, calls: with(), newobj: true, onlyNew: true, state: fields(rawBytes, integer, none)},
		{module: "_io", names: []string{"StringIO"}, calls: with(), newobj: true, onlyNew: true, state: fields(text, either(none, shortText), integer, none)},
		{module: "builtins", names: []string{"iter"}, calls: with(either(listOf(anything), tupleOf(anything), text, rawBytes)), state: integer},
		{module: "itertools", names: []string{"count"}, calls: withOptional(1, number, number)},
		{module: "math", names: strings.Fields("sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh floor ceil fabs pow hypot erf gamma lgamma isnan isinf")},
		{module: "dill._dill", names: []string{"_create_array"}, calls: withOptional(1, reconstructor, fields(arrayClass, fields(oneOfInt(0)), either(text, rawBytes)), arrayState, either(none, dictOf(oneOfText("_getitem"), kinds(sym.Bool)))), closed: true, caller: true},
		{module: "rdkit.Chem.rdchem", names: []string{"Mol"}, calls: with(rawBytes)}, // a molecule, parsed by MolPickler (Code/GraphMol)
		{module: "shapely.io", names: []string{"from_wkb"}, calls: with(rawBytes)},   // geometries, parsed by GEOS
		{module: "shapely.geometry.polygon", names: []string{"_unpickle_linearring"}, calls: with(rawBytes)},
		{module: "nltk.probability", names: []string{"FreqDist"}, calls: withOptional(1, dictOf(anything, number))},
		{module: "nltk.probability", names: []string{"ConditionalFreqDist"}, calls: with(), items: true},
		{module: "nltk.tokenize.punkt", names: []string{"PunktLanguageVars"}, calls: with(), newobj: true, onlyNew: true, state: integer}, // __setstate__ does nothing
		{module: "river._river_rust.vectordict", names: []string{"VectorDict"}, calls: with(either(none, dictOf(anything, number)), none, none, kinds(sym.Bool))},
		{module: "dill._dill", names: []string{"_load_type"}, calls: with(shortText), types: true, closed: true, caller: true},
		{module: "dill._dill", names: []string{"_eval_repr"}, calls: with(either(oneOfText("Ellipsis", "NotImplemented"), rangeText)), closed: true, caller: true}, // eval of the text
		{module: "dill._dill", names: []string{"_create_namedtuple"}, calls: withOptional(1, shortText, tupleOf(shortText), shortText, either(none, listOf(anything), tupleOf(anything))), types: true, closed: true, caller: true},
		{module: "cloudpickle.cloudpickle", names: []string{"_builtin_type"}, calls: with(shortText), types: true, closed: true, caller: true},
		{module: "types", names: []string{"MethodType"}, calls: with(anything, kinds(sym.Object)), binds: true, closed: true, caller: true},
		{module: "dateutil.tz.tz", names: []string{"tzutc"}, calls: with(), newobj: true},
		{module: "dateutil.tz.tz", names: []string{"tzlocal"}, calls: with(), newobj: true, onlyNew: true, state: dateutilZone},
		{module: "dateutil.tz.tz", names: []string{"tzoffset"}, calls: []args{{}, {shapes: []shape{either(none, shortText), either(number, aDuration)}}}, newobj: true, state: dateutilZone},
		{module: "dateutil.tz.tz", names: []string{"tzfile"}, calls: with(none, either(none, shortText)), state: tableZone},
		{module: "dateutil.tz.tz", names: []string{"_ttinfo"}, calls: with(), newobj: true, onlyNew: true, state: zoneStretch},
		{module: "torch.return_types", names: strings.Fields(returnTypes), calls: withOptional(1, tupleOf(anything), dictOf(shortText, none))},
		{module: "torch.nn.modules.module", names: []string{"_IncompatibleKeys"}, calls: with(listOf(text), listOf(text)), newobj: true, onlyNew: true, base: "tuple"},
		{module: "torch.torch_version", names: []string{"TorchVersion"}, calls: with(shortText), newobj: true, onlyNew: true, base: "str"}, // a str: torch.__version__
		{module: "transformers.feature_extraction_utils", names: []string{"BatchFeature"}, calls: with(), newobj: true, onlyNew: true, state: batchState},
		{module: "transformers.optimization", names: strings.Fields(learningRates)},
		{module: "sklearn.compose._column_transformer", names: []string{"make_column_selector"}, calls: with(), newobj: true, onlyNew: true, state: columnSelector},
		{module: "sklearn.feature_extraction.text", names: []string{"_analyze", "_preprocess"}},
		{module: "torch.optim.lr_scheduler", names: []string{"OneCycleLR._annealing_cos", "OneCycleLR._annealing_linear"}},
	}
}

// exceptions are the builtin ones that objects keep.
const exceptions = `ValueError TypeError KeyError IndexError RuntimeError StopIteration Exception ArithmeticError ZeroDivisionError
	OverflowError AttributeError NotImplementedError LookupError AssertionError OSError FileNotFoundError FileExistsError PermissionError
	TimeoutError ConnectionError IsADirectoryError NotADirectoryError EOFError ImportError ModuleNotFoundError MemoryError NameError
	RecursionError FloatingPointError BufferError UnicodeError UnicodeDecodeError UnicodeEncodeError SystemExit KeyboardInterrupt
	Warning UserWarning RuntimeWarning FutureWarning DeprecationWarning ReferenceError BlockingIOError ChildProcessError BrokenPipeError ConnectionAbortedError
	ConnectionRefusedError ConnectionResetError InterruptedError ProcessLookupError UnboundLocalError UnicodeTranslateError StopAsyncIteration SystemError GeneratorExit
	PendingDeprecationWarning ImportWarning UnicodeWarning BytesWarning ResourceWarning EncodingWarning SyntaxWarning`

const sklearnErrors = `NotFittedError ConvergenceWarning DataConversionWarning DataDimensionalityWarning EfficiencyWarning FitFailedWarning UndefinedMetricWarning PositiveSpectrumWarning`

// errorState is what BUILD sets of an exception, one attribute at a time
// (CPython, Objects/exceptions.c, BaseException_setstate).
var errorState = dictOf(func(n *sym.Node) bool {
	return shortText(n) && (!strings.HasPrefix(n.Text, "_") || n.Text == "__notes__")
},
	either(none, number, text, kinds(sym.Bool), tupleOf(either(none, number, text)), listOf(text)))

// operatorNames are functions of the module operator that only compute. Those that call
// what they are given, or look attributes up by name, are not among them.
const operatorNames = `add sub mul truediv floordiv mod neg pos abs pow matmul eq ne lt le gt ge and_ or_ xor not_ truth invert inv lshift rshift concat contains countOf indexOf is_ is_not`

const roundings = "ROUND_CEILING ROUND_FLOOR ROUND_UP ROUND_DOWN ROUND_HALF_UP ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_05UP"

const decimalSignals = "Clamped DecimalException DivisionByZero FloatOperation Inexact InvalidOperation Overflow Rounded Subnormal Underflow"

var decimalSignal = global("decimal", strings.Fields(decimalSignals)...)

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

// patternFlags accepts the flags of a regular expression but for DEBUG, with which
// compiling prints (Lib/re: re.Pattern is pickled as its text and flags).
func patternFlags(n *sym.Node) bool {
	return integer(n) && n.Big() == nil && n.Int >= 0 && n.Int < 512 && n.Int&128 == 0
}

// rangeText accepts the text of a range, which dill evaluates.
func rangeText(n *sym.Node) bool {
	inner, ok := strings.CutPrefix(n.Text, "range(")
	inner, end := strings.CutSuffix(inner, ")")
	return shortText(n) && ok && end && strings.Trim(inner, "-0123456789, ") == ""
}

// reconstructor accepts the function with which dill makes an array, before it gives it its
// state (dill/_dill.py, _create_array: f(*args).__setstate__(state)).
var reconstructor = either(global("numpy.core.multiarray", "_reconstruct"), global("numpy._core.multiarray", "_reconstruct"))

// dateutilZone is the state of a time zone of dateutil without a table: tzinfo has no
// __setstate__, and the classes' own methods read these as durations (dateutil/tz/tz.py).
var dateutilZone = record(map[string]shape{
	"_name": either(none, text), "_offset": aDuration, "_std_offset": aDuration, "_dst_offset": aDuration, "_dst_saved": aDuration,
	"_hasdst": kinds(sym.Bool), "_tznames": tupleOf(text),
})

var aDuration = madeBy("datetime", "timedelta")

// computing are functions that give a number, or arrays, for what they are given.
const computing = `abs absolute amax amin any all arange argmax argmin argsort argwhere around array array_equal asarray ascontiguousarray astype atleast_1d atleast_2d atleast_3d average bincount
	broadcast_to ceil clip column_stack concatenate convolve copy corrcoef count_nonzero cov cumprod cumsum diag diff digitize divide dot einsum empty exp exp2 expand_dims expm1 eye flip floor full
	full_like hstack identity interp isclose isfinite isin isinf isnan linspace log log10 log1p log2 logspace max maximum mean median min minimum moveaxis multiply nan_to_num nanmax nanmean nanmedian
	nanmin nanpercentile nanquantile nanstd nansum nanvar ones ones_like pad percentile power prod ptp quantile ravel repeat reshape resize roll rot90 round round_ searchsorted sign sort split sqrt square
	squeeze stack std subtract sum swapaxes take tanh tensordot tile trapezoid trapz transpose unique var vstack where zeros zeros_like`

// computingModules are those of which every function that the list has computes on what
// it is given, calls a measure of its own library at most, and stands there for that.
var computingModules = set(strings.Fields(`numpy.linalg numpy.fft scipy.special._ufuncs scipy.special._special_ufuncs scipy.special._logsumexp scipy.stats._stats_py scipy.stats._morestats
	scipy.signal._signaltools scipy.signal._savitzky_golay scipy.ndimage._filters sklearn.feature_selection._mutual_info sklearn.feature_selection._univariate_selection
	segmentation_models_pytorch.losses._functional sklearn.preprocessing._data sklearn.preprocessing._label torch.nn.functional torch.nn.init torch._C._nn torch._C._linalg torch._C._special torch._C._fft torch.functional`))

// computes accepts a function of these, as a partial may hold it.
func computes(n *sym.Node) bool {
	module, name := nameOf(n)
	if module == "numpy" && contains(computing, name) || module == "torch._C" && strings.HasPrefix(name, "_VariableFunctionsClass.") {
		return true
	}
	e, ok := listedEntry(module, name)
	return ok && e.kind == "value" && (computingModules[module] || strings.HasPrefix(module, "sklearn.metrics."))
}

// partialOf accepts what functools.partial may hold: classes of layers, which
// only make a layer or an observer when the partial is called, the check of an array that
// HistGradientBoosting keeps (sklearn/ensemble/_hist_gradient_boosting), functions and classes
// that only compute or make something empty, and measures of scikit-learn.
func partialOf(n *sym.Node) bool {
	if computes(n) {
		return true
	}
	if factoryClass(n) {
		return true
	}
	if n.Kind != sym.Global {
		return resultNew(n)
	}
	if n.Is("skrub._dataframe._common", "fill_nulls") || n.Is("river.feature_extraction.vectorize", "tokenize_using_regex_pattern") || global("gensim.models.tfidfmodel", "smartirs_normalize", "smartirs_wglobal", "smartirs_wlocal")(n) {
		return true
	}
	if newBlock(n) || counting(n) || global("builtins", "abs", "len", "max", "min", "sum", "sorted", "round", "pow", "isinstance")(n) || n.Module() == "_operator" && contains(operatorNames, n.Name()) {
		return true
	}
	if n.Is("sklearn.utils.validation", "check_array") || global("sklearn.feature_extraction.text", "_analyze", "_preprocess")(n) || n.Module() == "transformers.optimization" && contains(learningRates, n.Name()) {
		return true
	}
	if strings.HasPrefix(n.Module(), "torch.optim.") && slices.Contains(constructors()[n.Module()], n.Name()) {
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
	words := either(setOf(plain), keptMethod, global("sklearn.feature_extraction.text", "strip_accents_ascii", "strip_accents_unicode")) // of a vectorizer's build_analyzer
	value := either(words, plain, numbers, tupleOf(plain), listOf(either(plain, numbers)), partialOf, torchDType, quantScheme, madeBy("functools", "partial"))
	return resultParts(n) || fields(partialOf, tupleOf(value), either(none, dictOf(shortText, value)), either(none, dictOf(noSetter, value)))(n)
}

// noSetter accepts the name of an attribute, but for the method that BUILD looks up.
func noSetter(n *sym.Node) bool { return shortText(n) && n.Text != setter }

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
