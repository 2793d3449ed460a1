package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// An accounting checks that a plan holds every tensor of the source's tree once, as
// the tree has it and under a name that its path gives. The byte comparison
// shows that a file holds what the plan says; this shows that the plan says
// what the source holds, so that no converter can lose or swap a tensor.
// It no longer needs the tree, and may be done while the parts are written.
type accounting struct {
	parts []converters.Part
	there map[string]*tree.Named // by path, those that were in no part so far
	many  manyAccount
	kept  map[string]bool
}

func newAccount(plan *converters.Planned) (*accounting, error) {
	a := &accounting{plan.Parts, make(map[string]*tree.Named, len(plan.Tree.Tensors)), newManyAccount(plan.Tree), map[string]bool{}}
	for i := range plan.Tree.Tensors {
		n := &plan.Tree.Tensors[i]
		a.there[pathKey(n.Path)] = n
	}
	if len(a.there) != len(plan.Tree.Tensors) {
		return nil, fmt.Errorf("two tensors of the source have one path")
	}
	return a, nil
}

// begin lets check run and returns what waits for it and gives its error.
func (a *accounting) begin(opt converters.Options) func() error {
	var wg sync.WaitGroup
	var err error
	wg.Go(func() { err = a.check(opt) })
	return func() error { wg.Wait(); return err }
}

func (a *accounting) check(opt converters.Options) error {
	for i := range a.parts {
		for j := range a.parts[i].Tensors.Len() {
			t := a.parts[i].Tensors.At(j)
			if !a.many.has(a.parts[i].Tensors, j, &t) && !a.has(&t) {
				return fmt.Errorf("tensor %q is not what the source has at %q", t.Name, tree.Name(t.Path))
			}
			if !fits(&t, opt) {
				return fmt.Errorf("tensor %q is not the name for %q", t.Name, tree.Name(t.Path))
			}
		}
	}
	if n := a.many.missing(); n > 0 {
		return fmt.Errorf("%d tensors of the source are in no file", n)
	}
	left := leaver(opt)
	for _, n := range a.there {
		if !(opt.TiedAlias && a.kept[viewKey(&n.Tensor)]) && !opt.WeightsOnly && !left(n) {
			return fmt.Errorf("tensor %q of the source is in no file", n.Name)
		}
	}
	return nil
}

// has ticks a tensor off that the tree has as it is.
func (a *accounting) has(t *tensor.Tensor) bool {
	key := pathKey(t.Path)
	n := a.there[key]
	if n == nil || !sameView(&n.Tensor, t) {
		return false
	}
	delete(a.there, key)
	a.kept[viewKey(t)] = true
	return true
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
