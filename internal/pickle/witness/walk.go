package witness

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

const (
	maxNodes = 4 << 20 // visited values and path steps of a tree
	maxNest  = 1000    // containers inside containers
)

// A walker lists the tensors of an object tree in its order.
type walker struct {
	out    []Tensor
	path   []string
	nodes  int
	onPath map[any]struct{} // the containers that are being walked
	barren map[any]struct{} // values that hold no tensor
	known  map[any]struct{} // tensors that were found
	rest   []any            // what modules hold beside their state_dict
}

func newWalker() *walker {
	return &walker{onPath: map[any]struct{}{}, barren: map[any]struct{}{}, known: map[any]struct{}{}}
}

// visit appends the tensors below v.
func (w *walker) visit(v any) error {
	if w.nodes++; w.nodes > maxNodes {
		return refusal("the object tree is too large")
	}
	switch v := v.(type) {
	case *tensorNode:
		if v.unmodelled == "" && w.holds(v.state) {
			return w.refuse("a tensor in the attributes of a tensor")
		}
		w.known[v] = struct{}{}
		return w.found(v.t, v.unmodelled)
	case *array:
		return w.array(v)
	case *masked:
		return w.masked(v)
	case *types.Dict:
		return w.container(v, dictItems(v))
	case *types.OrderedDict:
		for _, a := range v.PyDict {
			if w.holds(a) {
				return w.refuse("a tensor in an attribute of a dictionary")
			}
		}
		return w.container(v, orderedItems(v))
	case *types.List:
		return w.container(v, listItems(*v))
	case *types.Tuple:
		return w.container(v, listItems(*v))
	case *object:
		if v.unmodelled != "" {
			return w.refuse(v.unmodelled)
		}
		if m, ok := moduleOf(v); ok {
			return w.module(v, m)
		}
		if inner := v.compiled(); inner != nil && !w.holds(v.args[1]) {
			return w.below("_orig_mod", inner)
		}
		if w.holds(v) {
			return w.refuse("a tensor inside " + v.class())
		}
	case *storage:
		return w.refuse("a storage without a tensor")
	case *types.Set, *types.FrozenSet:
		if w.holds(v) {
			return w.refuse("a tensor in a set")
		}
	}
	return nil
}

func (w *walker) refuse(why string) error {
	if len(w.path) == 0 {
		return refusal(why)
	}
	return refusal(fmt.Sprintf("%s, at %s", why, quote(strings.Join(w.path[:min(len(w.path), 8)], "."))))
}

func (w *walker) found(t Tensor, unmodelled string) error {
	if unmodelled != "" {
		return w.refuse(unmodelled)
	}
	t.Path = slices.Clone(w.path)
	w.nodes += len(t.Path)
	w.out = append(w.out, t)
	return nil
}

func (w *walker) array(a *array) error {
	if a.unmodelled == "" && a.dtype.unmodelled != "" {
		return w.refuse(a.dtype.unmodelled)
	}
	t := a.t
	if a.dtype != nil {
		t.DType = a.dtype.order + a.dtype.code
	}
	return w.found(t, a.unmodelled)
}

// container walks the items of v. Where tensors are in it, Python's dict must
// hold the keys apart.
func (w *walker) container(v any, items iter.Seq2[any, any]) error {
	if _, ok := w.barren[v]; ok {
		return nil
	}
	if _, ok := w.onPath[v]; ok {
		return w.refuse("a container inside itself")
	}
	if len(w.path) >= maxNest {
		return refusal("the object tree is too deep")
	}
	w.onPath[v] = struct{}{}
	defer delete(w.onPath, v)
	before := len(w.out)
	for k, item := range items {
		step, plain := pathStep(k)
		if !plain && w.holds(k) {
			return w.refuse("a tensor as a key")
		}
		had := len(w.out)
		w.path = append(w.path, step)
		if err := w.visit(item); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
		if len(w.out) > had && !plain {
			return w.refuse("a tensor under a key that is no plain value")
		}
	}
	if len(w.out) == before {
		w.barren[v] = struct{}{}
		return nil
	}
	return w.distinct(v, items)
}

// distinct refuses dictionaries whose keys Python might hold for equal.
func (w *walker) distinct(v any, items iter.Seq2[any, any]) error {
	switch v.(type) {
	case *types.List, *types.Tuple:
		return nil
	}
	seen := map[string]struct{}{}
	for k := range items {
		text, ok := equality(k)
		if !ok {
			return w.refuse("a key whose equality is not known")
		}
		if _, twice := seen[text]; twice {
			return w.refuse("colliding keys")
		}
		seen[text] = struct{}{}
	}
	return nil
}

// holds reports whether v, or anything in it, is a tensor, a storage or a
// call that may have made one. It looks at each value once.
func (w *walker) holds(v any) bool {
	stack := []any{v}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch v := v.(type) {
		case *tensorNode, *array, *masked, *storage:
			return true
		case *object, *types.Dict, *types.OrderedDict, *types.List, *types.Tuple, *types.Set, *types.FrozenSet:
			if o, ok := v.(*object); ok && o.unmodelled != "" {
				return true
			}
			if _, ok := w.barren[v]; !ok {
				w.barren[v] = struct{}{}
				stack = appendParts(stack, v)
			}
		}
	}
	return false
}

// appendParts appends everything that v holds.
func appendParts(stack []any, v any) []any {
	switch v := v.(type) {
	case *object:
		stack = append(append(append(stack, v.of), v.args...), v.held...)
	case *types.List:
		stack = append(stack, *v...)
	case *types.Tuple:
		stack = append(stack, *v...)
	case *types.Dict:
		for _, e := range *v {
			stack = append(stack, e.Key, e.Value)
		}
	case *types.OrderedDict:
		for _, e := range v.Map {
			stack = append(stack, e.Key, e.Value)
		}
		for _, a := range v.PyDict {
			stack = append(stack, a)
		}
	case *types.Set:
		for m := range *v {
			stack = append(stack, m)
		}
	case *types.FrozenSet:
		for m := range *v {
			stack = append(stack, m)
		}
	}
	return stack
}

func listItems(items []any) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for i, v := range items {
			if !yield(i, v) {
				return
			}
		}
	}
}

func dictItems(d *types.Dict) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for _, e := range *d {
			if !yield(e.Key, e.Value) {
				return
			}
		}
	}
}

func orderedItems(d *types.OrderedDict) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for e := d.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			if !yield(entry.Key, entry.Value) {
				return
			}
		}
	}
}
