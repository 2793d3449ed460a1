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
	left := make(map[string]*tree.Named, len(plan.Tree.Tensors))
	for i := range plan.Tree.Tensors {
		n := &plan.Tree.Tensors[i]
		left[pathKey(n.Path)] = n
	}
	if len(left) != len(plan.Tree.Tensors) {
		return fmt.Errorf("two tensors of the source have one path")
	}
	kept := map[string]bool{}
	for i := range plan.Parts {
		for j := range plan.Parts[i].Tensors {
			t := &plan.Parts[i].Tensors[j]
			n := left[pathKey(t.Path)]
			if n == nil || !sameView(&n.Tensor, t) {
				return fmt.Errorf("tensor %q is not what the source has at %q", t.Name, tree.Name(t.Path))
			}
			if !fits(t, opt.Renames) {
				return fmt.Errorf("tensor %q is not the name for %q", t.Name, tree.Name(t.Path))
			}
			delete(left, pathKey(t.Path))
			kept[viewKey(t)] = true
		}
	}
	for _, n := range left {
		if !(opt.TiedAlias && kept[viewKey(&n.Tensor)]) && !opt.WeightsOnly {
			return fmt.Errorf("tensor %q of the source is in no file", n.Name)
		}
	}
	return nil
}

// fits reports whether a name is the path's, with or without the key of the
// part that the tensor belongs to, or one that was asked for in place of it.
func fits(t *tensor.Tensor, renames []converters.Rename) bool {
	names := []string{tree.Name(t.Path)}
	if len(t.Path) > 1 {
		names = append(names, tree.Name(t.Path[1:]))
	}
	return slices.Contains(names, t.Name) || slices.ContainsFunc(renames, func(r converters.Rename) bool {
		return r.New == t.Name && slices.Contains(names, r.Old)
	})
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
