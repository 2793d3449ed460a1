package tree

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// argumentNames are what the arguments of a class are called that is made with
// some (sklearn/tree/_tree.pyx, Tree.__reduce__; pandas/_libs/sparse.pyx).
var argumentNames = map[string][]string{
	"sklearn.tree._tree.Tree":               {"n_features", "n_classes", "n_outputs"},
	"pandas._libs.sparse.IntIndex":          {"length", "indices"},
	"pandas._libs.sparse.BlockIndex":        {"length", "blocs", "blengths"},
	"pandas.StringDtype":                    {"storage", "na_value"},
	"pandas.PeriodDtype":                    {"freq"},
	"pandas.core.dtypes.dtypes.PeriodDtype": {"freq"},
}

// classOf is the class of which a call makes an object, and the arguments that
// remain. Makers are functions that are given the class first: those of cython
// and of pandas (pandas/core/indexes/base.py, _new_Index).
func classOf(call *sym.Call) (class string, args []*sym.Node) {
	name := call.Func.FullName()
	_, function, _ := cutLast(name)
	maker := function == "newObj" || strings.HasPrefix(function, "__pyx_unpickle_") || strings.HasPrefix(function, "_new_") && strings.HasPrefix(name, "pandas.") ||
		name == "copyreg._reconstructor" || name == "copyreg.__newobj__"
	if maker && len(call.Args) > 0 && call.Args[0].Kind == sym.Global {
		args = call.Args[1:]
		switch {
		case name == "copyreg._reconstructor":
			args = args[min(2, len(args)):] // the base class and its value
		case strings.HasPrefix(function, "__pyx_unpickle_"):
			args = args[min(1, len(args)):] // a checksum
		}
		return call.Args[0].FullName(), args
	}
	return name, call.Args
}

func cutLast(name string) (before, after string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// listed writes an object of a listed class.
func (b *builder) listed(n *sym.Node, path []tensor.Key, class string) *Value {
	if why := b.restored(n, class); why != "" {
		return b.refuse(n, path, why)
	}
	v := &Value{Tag: TagObject, Class: class}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	if outer := b.estimator; !outer && fitted(class) {
		b.estimator = true
		defer func() { b.estimator = false }()
		if !again {
			b.out.Omitted = append(b.out.Omitted, Missing{Path: Name(path), Pos: n.Pos, Predicts: true,
				Reason: "you cannot predict with the result, which is no estimator: of " + class + " only the name is kept, as data, with its arrays and values"})
		}
	}
	if !b.frame(v, n, path, class) && !b.backed(v, n, -1, path) {
		b.parts(v, n, path, class)
	}
	if again {
		return b.refer(n)
	}
	return v
}

// fitted reports whether objects of a class compute something by its code.
func fitted(class string) bool {
	top, _, _ := strings.Cut(class, ".")
	return top == "sklearn" || top == "lightgbm" || top == "xgboost"
}

// parts writes arguments, items and attributes, each under its own name.
func (b *builder) parts(v *Value, n *sym.Node, path []tensor.Key, class string) {
	_, args := classOf(n.Call())
	var rest []*sym.Node
	for i, a := range args {
		switch names := argumentNames[class]; {
		case i < len(names):
			v.Attrs = append(v.Attrs, named(names[i], b.value(a, below(path, tensor.Key{Text: names[i]}), false)))
		case a.Kind == sym.Dict && len(args) == 1 && attributed(a): // pandas' makers
			b.index(v, a.Pairs(), path)
		case a.Kind == sym.None && i == len(args)-1: // cython's makers
		default:
			rest = append(rest, a)
		}
	}
	v.Args = b.list(rest, below(path, tensor.Key{Text: "args"}))
	v.Items = b.list(n.Items(), path)
	v.Pairs = b.pairs(n.Pairs(), path)
	odd := states(n)
	switch {
	case bunch(class):
		b.thrownAway(n, path, class)
	case len(odd) > 0:
		v.States = b.list(odd, below(path, tensor.Key{Text: "state"}))
	default:
		b.attributes(v, attributes(n), path)
	}
}

// index writes what an index of pandas is made from. What it holds stands under
// the name of the index itself.
func (b *builder) index(v *Value, from []sym.Pair, path []tensor.Key) {
	for _, p := range from {
		if p.Key.Text == "data" {
			v.Attrs = append(v.Attrs, named("data", b.value(p.Value, path, false)))
			continue
		}
		b.attributes(v, []sym.Pair{p}, path)
	}
}

// attributed reports whether a value can be the attributes of an object.
func attributed(n *sym.Node) bool {
	if n.Kind != sym.Dict {
		return false
	}
	for _, p := range n.Pairs() {
		if p.Key.Kind != sym.String || p.Key.Lazy {
			return false
		}
	}
	return true
}

// attributes writes the items of an object's __dict__.
func (b *builder) attributes(v *Value, from []sym.Pair, path []tensor.Key) {
	for _, p := range from {
		if b.full() {
			return
		}
		k, ok := key(p.Key)
		if !ok {
			v.Attrs = append(v.Attrs, [2]*Value{b.plain(p.Key, path), b.unnamed(p.Value, path, oddKey)})
			continue
		}
		v.Attrs = append(v.Attrs, [2]*Value{{Plain: p.Key.Text}, b.value(p.Value, below(path, k), false)})
	}
}
