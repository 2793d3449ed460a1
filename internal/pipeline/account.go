package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// account checks that a plan holds every tensor of the source's tree once, as
// the tree has it and under a name that its path gives. The byte comparison
// shows that a file holds what the plan says; this shows that the plan says
// what the source holds, so that no converter can lose or swap a tensor.
func account(plan *converters.Planned, opt converters.Options) error {
	there := make(map[string]*tree.Named, len(plan.Tree.Tensors))
	for i := range plan.Tree.Tensors {
		n := &plan.Tree.Tensors[i]
		there[pathKey(n.Path)] = n
	}
	if len(there) != len(plan.Tree.Tensors) {
		return fmt.Errorf("two tensors of the source have one path")
	}
	kept := map[string]bool{}
	many := newManyAccount(plan.Tree)
	for i := range plan.Parts {
		for j := range plan.Parts[i].Tensors.Len() {
			t := plan.Parts[i].Tensors.At(j)
			if many.has(plan.Parts[i].Tensors, j, &t) {
				if !fits(&t, opt) {
					return fmt.Errorf("tensor %q is not the name for %q", t.Name, tree.Name(t.Path))
				}
				continue
			}
			n := there[pathKey(t.Path)]
			if n == nil || !sameView(&n.Tensor, &t) {
				return fmt.Errorf("tensor %q is not what the source has at %q", t.Name, tree.Name(t.Path))
			}
			if !fits(&t, opt) {
				return fmt.Errorf("tensor %q is not the name for %q", t.Name, tree.Name(t.Path))
			}
			delete(there, pathKey(t.Path))
			kept[viewKey(&t)] = true
		}
	}
	if n := many.missing(); n > 0 {
		return fmt.Errorf("%d tensors of the source are in no file", n)
	}
	left := leaver(opt)
	for _, n := range there {
		if !(opt.TiedAlias && kept[viewKey(&n.Tensor)]) && !opt.WeightsOnly && !left(n) {
			return fmt.Errorf("tensor %q of the source is in no file", n.Name)
		}
	}
	return nil
}

// fits reports whether a name is the path's, with or without the key of the
// part that the tensor belongs to, or one that was asked for in place of it.
func fits(t *tensor.Tensor, opt converters.Options) bool {
	names := possible(t, opt)
	return slices.Contains(names, t.Name) || slices.ContainsFunc(opt.Renames, func(r converters.Rename) bool {
		return r.New == t.Name && slices.Contains(names, r.Old)
	})
}

// possible lists the names that a tensor may get without a rename.
func possible(t *tensor.Tensor, opt converters.Options) []string {
	names := []string{tree.Name(t.Path)}
	if len(t.Path) > 1 {
		names = append(names, tree.Name(t.Path[1:]))
	}
	for i := 0; i < len(names); i++ { // names grows: a prefix may stand behind another
		for _, p := range opt.StripPrefixes {
			if rest, ok := strings.CutPrefix(names[i], p); ok && p != "" && len(names) < 64 {
				names = append(names, rest)
			}
		}
	}
	return names
}

// leaver reports which tensors may be missing for their names.
func leaver(opt converters.Options) func(*tree.Named) bool {
	if len(opt.Include) == 0 && len(opt.Exclude) == 0 {
		return func(*tree.Named) bool { return false }
	}
	chosen := converters.Chosen(opt.Include, opt.Exclude)
	return func(n *tree.Named) bool {
		return slices.ContainsFunc(possible(&n.Tensor, opt), func(name string) bool { return !chosen(name) })
	}
}

// sameView reports whether two tensors are the same elements of one storage.
func sameView(a, b *tensor.Tensor) bool {
	return a.Storage == b.Storage && a.DType == b.DType && a.Offset == b.Offset && a.Conj == b.Conj && a.Neg == b.Neg &&
		slices.Equal(a.Shape, b.Shape) && slices.Equal(a.Strides, b.Strides)
}

func viewKey(t *tensor.Tensor) string {
	return fmt.Sprint(t.Storage.Key, t.DType, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}

// pathKey tells the path ("0") from the path (0), and ("a.b") from ("a", "b").
func pathKey(path []tensor.Key) string {
	var b strings.Builder
	for _, k := range path {
		fmt.Fprintf(&b, "%q,%t;", k.Text, k.Int)
	}
	return b.String()
}
