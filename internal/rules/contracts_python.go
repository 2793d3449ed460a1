package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// pythonContracts: the standard library. Facts from CPython 3.11, Lib and
// Objects: each class's __reduce_ex__.
func pythonContracts() []contract {
	factory := either(none, factoryClass, counting, madeBy("functools", "partial"), global("torch.amp.grad_scaler", "_refresh_per_optimizer_state"), global("torch.cuda.amp.grad_scaler", "_refresh_per_optimizer_state"))
	return []contract{
		{module: "collections", names: []string{"OrderedDict"}, calls: withOptional(1, pairs), state: ordered, items: true},
		{module: "collections", names: []string{"defaultdict"}, calls: withOptional(2, factory, kinds(sym.Dict)), items: true},
		{module: "collections", names: []string{"Counter"}, calls: withOptional(1, kinds(sym.Dict)), items: true},
		{module: "collections", names: []string{"deque"}, calls: withOptional(2, either(tupleOf(anything), listOf(anything)), either(none, integer)), appends: true},
		{module: "builtins", names: []string{"set", "frozenset", "list", "tuple"}, calls: withOptional(1, either(listOf(anything), tupleOf(anything)))},
		{module: "builtins", names: []string{"dict"}, calls: withOptional(1, either(kinds(sym.Dict), pairs))},
		{module: "builtins", names: []string{"bytearray"}, calls: []args{{}, {shapes: []shape{rawBytes}}, {shapes: []shape{text, oneOfText("latin-1", "latin1")}}}},
		{module: "builtins", names: []string{"bytes"}, calls: []args{{}, {shapes: []shape{rawBytes}}}},
		{module: "builtins", names: []string{"complex"}, calls: withOptional(1, number, number)},
		{module: "builtins", names: []string{"int", "float", "bool", "str"}},
		{module: "builtins", names: []string{"slice", "range"}, calls: withOptional(2, either(none, integer, text), either(none, integer, text), either(none, integer))},
		{module: "_codecs", names: []string{"encode"}, calls: with(text, oneOfText("latin1", "latin-1"))},
		{module: "argparse", names: []string{"Namespace"}, calls: with(), newobj: true, state: attributes("_get_kwargs", "_get_args")},
		{module: "copyreg", names: []string{"_reconstructor"}, calls: with(aClass, global("builtins", "object", "dict", "list", "tuple", "str"), either(none, kinds(sym.Dict, sym.List, sym.Tuple, sym.String))), makes: true, caller: true},
		{module: "builtins", names: []string{"getattr"}, calls: with(kinds(sym.Global, sym.Object), shortText), reads: true, caller: true},
		{module: "builtins", names: []string{"object"}},
		{module: "pathlib", names: pathClasses, calls: upTo(16, text)},
		{module: "pathlib._local", names: pathClasses, calls: upTo(16, text)}, // Python 3.13
		{module: "datetime", names: []string{"datetime", "date", "time"}, calls: withOptional(1, either(rawBytes, text), either(none, timeZone))},
		{module: "datetime", names: []string{"timedelta"}, calls: with(integer, integer, integer)},
		{module: "datetime", names: []string{"timezone"}, calls: withOptional(1, madeBy("datetime", "timedelta"), text)},
		{module: "decimal", names: []string{"Decimal"}, calls: with(text)},
		{module: "fractions", names: []string{"Fraction"}, calls: []args{{shapes: []shape{ratio}}, {shapes: []shape{integer, integer}}}},
	}
}

// pathClasses are those whose objects keep a path, and look at no file while they are made.
var pathClasses = []string{"PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"}

// factoryClass accepts a class that makes something empty when it is called with
// nothing, as a defaultdict calls its factory.
var factoryClass = either(global("builtins", "int", "float", "str", "bool", "list", "dict", "set", "frozenset", "tuple", "bytes", "bytearray", "complex", "object"),
	global("collections", "OrderedDict", "Counter", "defaultdict", "deque"))

// counting accepts classes that count or estimate: called with nothing, or with what
// stands in a partial, they make one that has seen nothing.
func counting(n *sym.Node) bool {
	if global("nltk.probability", "FreqDist", "ConditionalFreqDist")(n) || n.Is("river.naive_bayes.gaussian", "GaussianNB._make_gaussian") {
		return true
	}
	if n.Kind != sym.Global || !slices.ContainsFunc([]string{"river.proba.", "river.stats.", "river.tree.", "river.optim."}, func(p string) bool { return strings.HasPrefix(n.Module(), p) }) {
		return false
	}
	e, ok := listedEntry(n.Module(), n.Name())
	return ok && (e.kind == "plain" || e.kind == "mapping")
}

// ordered is the state of an OrderedDict: torch keeps the versions of a
// module's state in its attribute _metadata, and asks that for its items; a
// conversion to pytorch keeps the metadata of a safetensors file, and what it
// knows of a module's classes and attributes. Any other attribute could hide a
// method that a later opcode or the program looks up.
var ordered = dictOf(oneOfText("_metadata", "metadata", "modelaudit_modules"), either(none, kinds(sym.Dict), madeBy("collections", "OrderedDict")))

// ratio accepts the text of a fraction without an exponent, which could ask
// for a number of any size.
func ratio(n *sym.Node) bool {
	return text(n) && !n.Lazy && strings.Trim(n.Text, "0123456789/-") == ""
}

// attributes accepts a dict of plain attribute names: no dunder, and none of
// the names that the class itself defines.
func attributes(defined ...string) shape {
	taken := map[string]bool{}
	for _, d := range defined {
		taken[d] = true
	}
	return dictOf(func(n *sym.Node) bool {
		return n.Kind == sym.String && !n.Lazy && !strings.HasPrefix(n.Text, "__") && !taken[n.Text]
	}, anything)
}
