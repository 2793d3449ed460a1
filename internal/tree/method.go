package tree

import (
	"errors"
	"fmt"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// method is what builtins.getattr(object, name) gives: a method that is bound to
// an object, as a scheduler of torch 1.13 keeps one of its own. Its name is all
// that is kept, unless the object holds elements that nothing else does.
func (b *builder) method(n *sym.Node, path []tensor.Key) *Value {
	v := &Value{}
	b.later = append(b.later, func() {
		args := n.Call().Args
		if b.holdsOwn(args) {
			*v = Value{Tag: TagObject, Class: "builtins.getattr", Args: b.list(args, path)}
			return
		}
		text := "a method"
		if len(args) == 2 {
			text = fmt.Sprintf("the method %.100q", args[1].Text)
			if args[0].Kind == sym.Object && args[0].Call() != nil {
				text += " of an object of " + b.class(args[0].Call())
			}
		}
		*v = *b.omit(n, path, "builtins.getattr", text)
	})
	return v
}

// holdsOwn reports whether a tensor or array in the values has elements that no
// tensor with a name has.
func (b *builder) holdsOwn(values []*sym.Node) bool {
	own := false
	left := 1_000_000
	sym.Reach(func(n *sym.Node) bool {
		if left--; left < 0 {
			own = true
		}
		if n.Kind == sym.Object && !own {
			v, err := b.in.Tensors.TensorOf(n)
			a, errArray := b.arrayOf(n)
			own = err == nil && (v.Composite != nil || !b.viewed()[viewOf(&v.Tensor)]) ||
				errArray == nil && !a.Scalar || errArray != nil && !errors.Is(errArray, numpy.ErrNotArray)
			return err != nil && !own
		}
		return !own
	}, values...)
	return own
}

// viewed are the views of all tensors that have a name.
func (b *builder) viewed() map[string]bool {
	if b.views == nil {
		b.views = map[string]bool{}
		for i := range b.out.Tensors {
			b.views[viewOf(&b.out.Tensors[i].Tensor)] = true
		}
	}
	return b.views
}

func viewOf(t *tensor.Tensor) string {
	return fmt.Sprintf("%q %q %d %d %d %t %t", t.Storage.Key, t.DType, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}
