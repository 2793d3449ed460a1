package numpy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// ErrObjects is returned for an array whose elements are references to Python
// objects, or records with such among their fields. ObjectsOf reads those.
var ErrObjects = errors.New("numpy array of Python objects")

// bytes is an error unless elements are what their bytes say.
func (d DType) bytes() error {
	if d.References {
		return ErrObjects
	}
	return nil
}

// An Objects is an array whose elements are Python objects.
type Objects struct {
	Shape []int64
	Items []*sym.Node // in C order, whatever the order of the array
	Class string      // as in Array
	Mask  *Array      // as in Array
	Fill  *sym.Node
	// DType is numpy's description of the type of records, whose elements are tuples of
	// their fields; "" where an element is an object.
	DType string
}

// ObjectsOf reads an array of Python objects: _reconstruct and a state whose
// last part is a list (numpy/core/src/multiarray/methods.c, array_reduce, which
// lists the elements in C order).
//
// A scalar of records with objects among their fields, scalar(dtype, array), is the
// array, which has no dimension and the same type (scalarapi.c, gentype_reduce).
func (x *Reader) ObjectsOf(n *sym.Node) (*Objects, error) {
	if boxed := Boxed(n); boxed != nil {
		o, err := x.ObjectsOf(boxed)
		if err == nil {
			o.Class = "numpy.void"
		}
		return o, err
	}
	parts := 5
	if n.Call() != nil && n.Call().Func.Is("numpy.ma.core", "_mareconstruct") {
		parts = 7 // a masked array: data, mask, fill value
	}
	items, err := arrayState(n, parts)
	if err != nil {
		return nil, err
	}
	if items[4].Kind != sym.List {
		return nil, errors.New("numpy array of objects that are in no list")
	}
	shape, err := shapeOf(items[1])
	if err != nil {
		return nil, err
	}
	count := uint64(1)
	for _, size := range shape {
		hi, lo := bits.Mul64(count, uint64(size))
		if count = lo; hi != 0 || lo > 1<<62 {
			return nil, fmt.Errorf("numpy array of shape %v overflows", shape)
		}
	}
	if count != uint64(len(items[4].Items())) {
		return nil, fmt.Errorf("numpy array of shape %v with %d objects", shape, len(items[4].Items()))
	}
	o := &Objects{Shape: shape, Items: items[4].Items(), Class: arrayClass(n)}
	d, err := x.dtype(items[2])
	if err == nil && !d.Object() {
		o.DType = d.Str
	}
	if parts == 7 {
		if o.Mask, err = x.mask(d, shape, items); err != nil {
			return nil, fmt.Errorf("the mask: %w", err)
		}
		o.Fill = items[6]
	}
	return o, nil
}

// masked: BUILD (1, shape, dtype, is_fortran, data, mask, fill value), where the
// mask is an array of booleans as bytes, in the same order (numpy/ma/core.py,
// MaskedArray.__setstate__).
func (x *Reader) masked(n *sym.Node) (*Array, error) {
	items, err := arrayState(n, 7)
	if err != nil {
		return nil, err
	}
	a, err := x.build(items[2], items[1], items[3].Int != 0, items[4])
	if err != nil {
		return nil, err
	}
	if a.Mask, err = x.mask(a.DType, a.Shape, items); err != nil {
		return nil, fmt.Errorf("the mask: %w", err)
	}
	a.Class, a.Fill = arrayClass(n), items[6]
	return a, nil
}

// mask reads the mask of a masked array, whose state has parts and whose elements are
// of the type of: a boolean for each element, or for each part of it.
func (x *Reader) mask(of DType, shape []int64, parts []*sym.Node) (*Array, error) {
	data, ok := sym.ElementsOf(x.data, parts[5])
	if !ok {
		return nil, errors.New("it is not in the file")
	}
	d := DType{Str: "|b1", Code: "b1", Kind: 'b', Size: 1, Tensor: tensor.Bool}
	if of.Structured {
		as, size, err := maskOf(json.RawMessage(of.Str))
		if err != nil {
			return nil, err
		}
		d = DType{Code: fmt.Sprintf("V%d", size), Kind: 'V', Size: size, Structured: true}
		if d.Str, err = spell(as); err != nil {
			return nil, err
		}
	}
	return newArray(d, shape, parts[3].Int != 0, data)
}

// Boxed returns the array in a scalar of records with objects among their fields,
// scalar(dtype, array), and nil for anything else. That it has a state of the same
// type, given before the call, is for the rules to say: numpy reads its memory as such.
func Boxed(n *sym.Node) *sym.Node {
	call := n.Call()
	if n.Kind != sym.Object || call == nil || len(call.Args) != 2 || len(n.States()) > 0 || !multiarray(call.Func, "scalar") {
		return nil
	}
	array := call.Args[1]
	if array.Kind != sym.Object || array.Call() == nil || !multiarray(array.Call().Func, "_reconstruct") {
		return nil
	}
	return array
}

// multiarray reports whether a function is that of numpy's core, which numpy 2 renamed.
func multiarray(fn *sym.Node, name string) bool {
	return fn.Is("numpy.core.multiarray", name) || fn.Is("numpy._core.multiarray", name)
}

// maskOf is the description of the type that the mask of records has: a boolean
// for each part, one behind another (numpy/ma/core.py, make_mask_descr).
func maskOf(of json.RawMessage) (as any, size int64, err error) {
	var record struct {
		Names   []string
		Formats []json.RawMessage
	}
	var array [2]json.RawMessage
	switch {
	case len(of) > 0 && of[0] == '{' && json.Unmarshal(of, &record) == nil:
		out := layout{Names: record.Names, Formats: []any{}, Offsets: []int64{}}
		for _, f := range record.Formats {
			part, n, err := maskOf(f)
			if err != nil {
				return nil, 0, err
			}
			out.Formats, out.Offsets = append(out.Formats, part), append(out.Offsets, out.ItemSize)
			out.ItemSize += n
		}
		return out, out.ItemSize, nil
	case len(of) > 0 && of[0] == '[' && json.Unmarshal(of, &array) == nil:
		part, n, err := maskOf(array[0])
		var shape []int64
		if err == nil {
			err = json.Unmarshal(array[1], &shape)
		}
		for _, d := range shape {
			n *= d // it is less than the size of the part itself
		}
		return []any{part, shape}, n, err
	}
	return "|b1", 1, nil
}

// Row returns the part of an array whose first index is i, which must be one.
func (a *Array) Row(i int64) *Array {
	row := *a
	row.Offset += i * a.Strides[0]
	row.Shape, row.Strides = a.Shape[1:], a.Strides[1:]
	return &row
}

// Row returns the part of an array whose first index is i, which must be one.
func (o *Objects) Row(i int64) *Objects {
	n := int64(len(o.Items)) / o.Shape[0]
	return &Objects{Shape: o.Shape[1:], Items: o.Items[i*n : (i+1)*n], Class: o.Class, DType: o.DType}
}

// Array returns the array of a .npy file, whose header h is. Its elements must
// not be objects.
func (h *Header) Array(r io.ReaderAt) (*Array, error) {
	if h.Object {
		return nil, ErrObjects
	}
	return newArray(h.DType, h.Shape, h.Fortran, sym.RawAt(r, h.Offset, h.Length))
}

// ArrayAt returns the array whose elements, of the type that the node describes,
// stand in the stream at off.
func (x *Reader) ArrayAt(dtype *sym.Node, shape []int64, fortran bool, off, size int64) (*Array, error) {
	d, err := x.dtype(dtype)
	if err != nil {
		return nil, err
	}
	if err := d.bytes(); err != nil {
		return nil, err
	}
	return newArray(d, shape, fortran, sym.RawAt(x.data, off, size))
}
