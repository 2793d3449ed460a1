package rules

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// stateShapes are the words that the list uses for what may stand at a key.
var stateShapes = map[string]shape{
	// joblib's cache is a directory from which fit unpickles (sklearn.utils.validation.check_memory).
	"none": none,
	// "filename" and "file" make a vectorizer open what it is given (sklearn.feature_extraction.text).
	"content": oneOfText("content"),
	"text":    text,
	"number":  either(none, number, text),
	"dict":    kinds(sym.Dict),
	"list":    listOf(anything),
	"mapping": either(kinds(sym.Dict), madeBy("collections", "OrderedDict", "defaultdict")),
	"groups":  listOf(kinds(sym.Dict)),
	// torch calls what stands in a dict of hooks (torch.nn.Module._call_impl).
	"hooks": hookDict,
	"value": func(n *sym.Node) bool { return n.Kind == sym.None || n.Kind == sym.Global },
	"never": func(*sym.Node) bool { return false },
}

// hookDict accepts no hooks, or those that torch.nn.utils itself registers.
func hookDict(n *sym.Node) bool {
	hook := either(
		madeBy("torch.nn.utils.weight_norm", "WeightNorm"),
		madeBy("torch.nn.utils.spectral_norm", "SpectralNorm", "SpectralNormStateDictHook", "SpectralNormLoadStateDictPreHook"))
	if n.Kind == sym.None || n.Kind == sym.Bool {
		return true
	}
	if n.Kind != sym.Dict && !madeBy("collections", "OrderedDict")(n) {
		return false
	}
	for _, p := range n.Pairs() {
		if !integer(p.Key) || !hook(p.Value) && p.Value.Kind != sym.Bool {
			return false
		}
	}
	return n.Kind == sym.Dict || len(n.Call().Live) == 0 && len(n.States()) == 0
}
