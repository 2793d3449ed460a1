package tree

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

func (b *builder) tensor(n *sym.Node, t Named, path []tensor.Key) *Value {
	if first := b.first[n]; first != nil && (b.aside || first.Text == Name(path)) {
		return &Value{Tag: TagAlias, Same: first}
	}
	t.Path, t.Name, t.Aside = path, Name(path), b.aside
	v := &Value{Tag: TagTensor, Text: t.Name, Grad: t.RequiresGrad, Device: t.Device}
	if t.Numpy {
		v.Tag = TagArray
	}
	if t.Class != "Tensor" {
		v.Class = t.Class
	}
	if !t.DType.InSafetensors(len(t.Shape)) {
		v.DType = string(t.DType)
	}
	if first, ok := b.first[n]; ok {
		v.Same = first
	} else {
		b.first[n] = v
	}
	t.Value = v
	if v.Same == nil {
		b.tensorAttributes(v, t.States, path)
	}
	if b.steps += len(path); len(b.out.Tensors) <= maxNames {
		b.out.Tensors, b.nodes = append(b.out.Tensors, t), append(b.nodes, n)
	}
	return v
}

func (b *builder) array(n *sym.Node, a *numpy.Array, path []tensor.Key, dict bool) *Value {
	if a.Scalar {
		buf := make([]byte, a.Data.Size)
		if _, err := a.Data.Data.ReadAt(buf, 0); err != nil && err != io.EOF {
			return b.omit(n, path, "numpy scalar", err.Error())
		}
		return &Value{Tag: TagScalar, Class: a.DType.Str, Bytes: buf}
	}
	if a.Mask != nil {
		return b.masked(n, a, path)
	}
	t := Named{Numpy: true, Dict: dict}
	t.DType, t.Shape, t.Strides, t.Storage = a.DType.Tensor, a.Shape, a.Strides, a.Storage(b.storageKey(n, a), b.in.Record)
	t.Offset, t.Class = a.Offset, cmp.Or(a.Class, "Tensor")
	if t.DType == "" {
		asBytes(&t, a)
	}
	if err := t.Check(); err != nil {
		return b.refuse(n, path, err.Error())
	}
	// A type is described at each of its arrays.
	if !b.inline(int64(len(a.DType.Str))) {
		return b.refuse(n, path, "the types of the arrays take too much text to be described")
	}
	v := b.tensor(n, t, path)
	if t.Element != "" {
		v.DType = a.DType.Str
	}
	return v
}

// storageKey tells the bytes of arrays apart: several may belong to one opcode,
// and one run of bytes to several arrays.
func (b *builder) storageKey(n *sym.Node, a *numpy.Array) string {
	start, _, spelled := a.Data.Place(0, a.Data.Size)
	switch {
	case a.Beside != "":
		if !slices.Contains(b.out.Beside, a.Beside) {
			b.out.Beside = append(b.out.Beside, a.Beside)
		}
		return fmt.Sprintf("array in %q", a.Beside)
	case spelled == sym.Unknown:
		return fmt.Sprintf("array at %#x", n.Pos)
	}
	return fmt.Sprintf("array at %#x", start)
}

// asBytes makes t the bytes of an array whose elements no tensor type has, in
// the file's byte order, with the size of an element as last dimension.
func asBytes(t *Named, a *numpy.Array) {
	t.DType, t.Element = tensor.U8, a.DType.Code
	t.Offset *= a.DType.Size
	t.Strides = slices.Clone(t.Strides)
	for i := range t.Strides {
		t.Strides[i] *= a.DType.Size
	}
	t.Shape = append(slices.Clone(t.Shape), a.DType.Size)
	t.Strides = append(t.Strides, 1)
}

// fromArray is a torch tensor whose elements stand as a numpy array.
func (b *builder) fromArray(n *sym.Node, v torch.View, path []tensor.Key, dict bool) *Value {
	a, err := b.arrayOf(v.Array)
	switch {
	case err != nil:
		return b.refuse(n, path, err.Error())
	case a.Scalar:
		return b.refuse(n, path, "a tensor of a numpy scalar")
	}
	t := Named{View: v, Dict: dict}
	t.Array = nil
	t.Shape, t.Strides, t.Storage = a.Shape, a.Strides, a.Storage(fmt.Sprintf("array at %#x", n.Pos), b.in.Record)
	if a.DType.Tensor != v.DType && !widened(&t, a.DType.Tensor) {
		return b.refuse(n, path, fmt.Sprintf("a tensor that loading casts from %s to %s: load it with torch, and save it as that", a.DType.Code, v.DType))
	}
	if err := t.Check(); err != nil {
		return b.refuse(n, path, err.Error())
	}
	return b.tensor(n, t, path)
}
