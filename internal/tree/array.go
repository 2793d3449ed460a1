package tree

import (
	"errors"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// numerical reads what numpy and the libraries on it make: arrays, arrays of
// objects, types, frames and fitted estimators; nil for anything else.
func (b *builder) numerical(n *sym.Node, path []tensor.Key, dict bool) *Value {
	inner, err := b.taken(n)
	if err != nil {
		return b.refuse(n, path, err.Error())
	}
	if inner != n {
		return b.value(inner, path, dict)
	}
	a, err := b.arrayOf(n)
	switch {
	case err == nil:
		return b.array(n, a, path, dict)
	case errors.Is(err, numpy.ErrObjects):
		return b.objects(n, path)
	case !errors.Is(err, numpy.ErrNotArray):
		return b.refuse(n, path, err.Error())
	}
	call := n.Call()
	if call == nil {
		return b.omit(n, path, "", "a value that its loader reads from elsewhere")
	}
	if call.Func.Is("numpy", "dtype") {
		return b.dtype(n, path)
	}
	if class, _ := classOf(call); ours(class) {
		return b.listed(n, path, class)
	}
	return nil
}

// taken is the object that the loader took in a node's place, else the node.
func (b *builder) taken(n *sym.Node) (*sym.Node, error) {
	if b.in.Inner == nil || n.Call() != nil || n.Of() == nil {
		return n, nil
	}
	inner, err := b.in.Inner(n)
	if inner == nil {
		return n, err
	}
	return inner, err
}

// arrayOf reads an array, wherever its bytes are.
func (b *builder) arrayOf(n *sym.Node) (*numpy.Array, error) {
	if b.in.Array != nil {
		if a, err := b.in.Array(b.arrays, n); !errors.Is(err, numpy.ErrNotArray) {
			return a, err
		}
	}
	return b.arrays.ArrayOf(n)
}

// dtype keeps a type by numpy's description of it.
func (b *builder) dtype(n *sym.Node, path []tensor.Key) *Value {
	d, err := numpy.DTypeOf(n)
	if err != nil {
		return b.omit(n, path, "numpy.dtype", err.Error())
	}
	if !b.inline(int64(len(d.Str))) {
		return b.omit(n, path, "numpy.dtype", "one type too many to keep")
	}
	return &Value{Tag: TagWord, Class: "numpy.dtype", Text: d.Str}
}

// objects writes an array of Python objects: its shape, and its elements in C
// order. An element's path has the indices of all dimensions.
func (b *builder) objects(n *sym.Node, path []tensor.Key) *Value {
	o, err := b.arrays.ObjectsOf(n)
	if err != nil {
		return b.refuse(n, path, err.Error())
	}
	v := &Value{Tag: TagObject}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	if o.Mask == nil {
		made := b.elements(o, path)
		v.Class, v.Attrs = made.Class, made.Attrs
	} else {
		data, mask := *o, *n
		data.Class, v.Class = "", o.Class
		v.Attrs = append(v.Attrs, named("data", b.elements(&data, below(path, tensor.Key{Text: "data"}))))
		v.Attrs = append(v.Attrs, named("mask", b.array(&mask, o.Mask, below(path, tensor.Key{Text: "mask"}), false)))
		v.Attrs = append(v.Attrs, named("fill_value", b.value(o.Fill, below(path, tensor.Key{Text: "fill_value"}), false)))
	}
	if again {
		return b.refer(n)
	}
	return v
}

// elements is the value of an array of Python objects.
func (b *builder) elements(o *numpy.Objects, path []tensor.Key) *Value {
	class := o.Class
	if class == "" {
		class = "numpy.ndarray"
	}
	shape, items := &Value{Tag: TagTuple}, &Value{Tag: TagList}
	for _, size := range o.Shape {
		shape.Items = append(shape.Items, &Value{Plain: size})
	}
	index := make([]int64, len(o.Shape))
	for _, item := range o.Items {
		if b.full() {
			break
		}
		sub := path
		for _, i := range index {
			sub = below(sub, tensor.Key{Text: strconv.FormatInt(i, 10), Int: true})
		}
		items.Items = append(items.Items, b.value(item, sub, false))
		for d := len(index) - 1; d >= 0; d-- {
			if index[d]++; index[d] < o.Shape[d] {
				break
			}
			index[d] = 0
		}
	}
	v := &Value{Tag: TagObject, Class: class, Attrs: [][2]*Value{named("shape", shape), named("items", items)}}
	if o.DType != "" {
		v.Attrs = append(v.Attrs, named("dtype", &Value{Tag: TagWord, Class: "numpy.dtype", Text: o.DType}))
	}
	return v
}

// masked writes a masked array as its parts.
func (b *builder) masked(n *sym.Node, a *numpy.Array, path []tensor.Key) *Value {
	data := *a
	data.Mask, data.Class = nil, ""
	v, mask := &Value{Tag: TagObject, Class: a.Class}, *n
	v.Attrs = append(v.Attrs, named("data", b.array(n, &data, below(path, tensor.Key{Text: "data"}), false)))
	v.Attrs = append(v.Attrs, named("mask", b.array(&mask, a.Mask, below(path, tensor.Key{Text: "mask"}), false)))
	v.Attrs = append(v.Attrs, named("fill_value", b.value(a.Fill, below(path, tensor.Key{Text: "fill_value"}), false)))
	return v
}

// named is an attribute.
func named(key string, v *Value) [2]*Value { return [2]*Value{{Plain: key}, v} }

// ours reports whether a class is one of the libraries that keep their state in
// arrays, so that its objects are written attribute by attribute.
func ours(class string) bool {
	top, _, _ := strings.Cut(class, ".")
	switch top {
	case "numpy", "pandas", "sklearn", "scipy", "joblib", "lightgbm", "xgboost", "_loss":
		return true
	}
	return false
}
