package tree

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// restored says why an object is not what its arguments, items and states say,
// because its class does something else with them; "" if it is.
func (b *builder) restored(n *sym.Node, class string) string {
	switch {
	case class == "collections.deque":
		return shortened(n)
	case strings.HasPrefix(class, "numpy.polynomial."):
		return replaced(n)
	case strings.HasPrefix(class, "sklearn.ensemble.") && strings.HasSuffix(class, ".TreePredictor"):
		return b.cast(n)
	}
	return ""
}

// shortened reports a deque that is given more than its length: it keeps the
// last ones (CPython, Modules/_collectionsmodule.c, deque_init, deque_append).
func shortened(n *sym.Node) string {
	args, had := n.Call().Args, len(n.Items())
	if len(args) > 0 {
		had += len(args[0].Items())
	}
	if len(args) < 2 || args[1].Kind == sym.None {
		return ""
	}
	if args[1].Big() != nil || args[1].Kind != sym.Int && args[1].Kind != sym.Bool || args[1].Int < int64(had) {
		return "a deque that is given more than its length, of which it drops the first: load it and save it again"
	}
	return ""
}

// replaced reports a polynomial whose attributes are not those of one state: a
// state becomes its __dict__, in the place of the one before, and what changes
// that later changes the object (numpy/polynomial/_polybase.py, ABCPolyBase.__setstate__).
func replaced(n *sym.Node) string {
	states := n.States()
	if len(states) > 1 {
		return "a polynomial with two states, of which the second takes the place of the first: load it and save it again"
	}
	for _, s := range states {
		same := func(a, b sym.Pair) bool { return a.Key == b.Key && a.Value == b.Value }
		if s.Value.Kind != sym.Dict || !slices.EqualFunc(s.Value.Pairs(), s.Frozen.Pairs(), same) {
			return "a polynomial whose state is changed later: load it and save it again"
		}
	}
	return ""
}

// predictorNodes is the type of the nodes of a tree where pointers have 64
// bits (sklearn/ensemble/_hist_gradient_boosting/common.pyx, PREDICTOR_RECORD_DTYPE);
// predictorNodes12 is that of every machine to version 1.2, which takes them as they are.
const (
	predictorNodes = `{"names":["value","count","feature_idx","num_threshold","missing_go_to_left","left","right","gain","depth","is_leaf","bin_threshold","is_categorical","bitset_idx"],` +
		`"formats":["<f8","<u4","<i8","<f8","|u1","<u4","<u4","<f8","<u4","|u1","|u1","|u1","<u4"],"offsets":[0,8,12,20,28,29,33,37,45,49,50,51,52],"itemsize":56}`
	predictorNodes12 = `{"names":["value","count","feature_idx","num_threshold","missing_go_to_left","left","right","gain","depth","is_leaf","bin_threshold","is_categorical","bitset_idx"],` +
		`"formats":["<f8","<u4","<u4","<f8","|u1","<u4","<u4","<f8","<u4","|u1","|u1","|u1","<u4"],"offsets":[0,8,12,16,24,25,29,33,41,45,46,47,48],"itemsize":52}`
)

// cast reports a tree whose nodes scikit-learn casts when it loads them, as those
// that were saved where pointers have 32 bits (predictor.py, TreePredictor.__setstate__).
// Nodes with other fields are of a version that does not.
func (b *builder) cast(n *sym.Node) string {
	for _, p := range attributes(n) {
		if p.Key.Text != "nodes" {
			continue
		}
		a, err := b.arrayOf(p.Value)
		if err != nil {
			return ""
		}
		if strings.Contains(a.DType.Str, `"bitset_idx"`) && a.DType.Str != predictorNodes && a.DType.Str != predictorNodes12 {
			return "nodes of a tree in a type that scikit-learn casts to the machine's own: load it and save it again"
		}
	}
	return ""
}

// bunch reports whether objects of a class are dicts that throw a state away
// (sklearn/utils/_bunch.py, Bunch.__setstate__).
func bunch(class string) bool {
	return strings.HasPrefix(class, "sklearn.") && strings.HasSuffix(class, ".Bunch")
}

// thrownAway says what the states of a bunch had. One that scikit-learn
// writes has nothing that anybody sets.
func (b *builder) thrownAway(n *sym.Node, path []tensor.Key, class string) {
	for _, s := range n.States() {
		pairs := s.Frozen.Pairs()
		if s.Frozen.Kind == sym.Dict && (len(pairs) == 0 || len(pairs) == 1 && pairs[0].Key.Text == "_deprecated_key_to_warnings") {
			continue
		}
		b.out.Omitted = append(b.out.Omitted, Missing{Path: Name(path), Pos: s.Pos, Reason: "the attributes that the file gives it: " + class + " throws them away when it is loaded"})
	}
}

// stepsAsTensors are the optimizers of which a loaded one has its numbers of steps as
// tensors (torch/optim, __setstate__ of each).
var stepsAsTensors = []string{"_adafactor.Adafactor", "adadelta.Adadelta", "adagrad.Adagrad", "adam.Adam", "adamax.Adamax", "adamw.AdamW",
	"asgd.ASGD", "nadam.NAdam", "radam.RAdam", "rmsprop.RMSprop", "rprop.Rprop"}

// optimizer says that what the loaded object has as a tensor is a number here.
func (b *builder) optimizer(n *sym.Node, attrs []sym.Pair, path []tensor.Key, class string) {
	name, ok := strings.CutPrefix(class, "torch.optim.")
	if !ok || !slices.Contains(stepsAsTensors, name) {
		return
	}
	for _, p := range attrs {
		if p.Key.Text != "state" {
			continue
		}
		of, _ := entries(p.Value)
		for _, of := range of {
			values, _ := entries(of.Value)
			for _, v := range values {
				if v.Key.Text == "step" && v.Value.Kind < sym.String {
					b.out.Omitted = append(b.out.Omitted, Missing{Path: Name(path), Pos: n.Pos,
						Reason: "its numbers of steps as tensors, which " + class + " makes of them when it is loaded: they are kept as the numbers that the file has"})
					return
				}
			}
		}
	}
}
