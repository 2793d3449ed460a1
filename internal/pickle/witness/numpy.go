package witness

import (
	"encoding/binary"

	"github.com/nlpodyssey/gopickle/types"
)

// A dtype is a numpy.dtype, whose byte order a BUILD gives.
type dtype struct {
	code, order string
	built, used bool
	unmodelled  string
}

// newDType follows numpy.dtype(code, align, copy).
func newDType(args []any) *dtype {
	code, ok := "", false
	if len(args) > 0 {
		code, ok = args[0].(string)
	}
	d := &dtype{code: code, order: "="}
	switch {
	case !ok:
		d.unmodelled = "a numpy dtype that is not named by a text"
	case code == "O" || code == "O8" || code == "O4":
		d.unmodelled = "a numpy array of objects"
	case len(code) > 16:
		d.unmodelled = "a numpy dtype with a long name"
	}
	return d
}

// PySetState follows dtype.__setstate__((version, order, subdtype, names,
// fields, itemsize, alignment, flags[, metadata])) of numpy's descriptor.c.
func (d *dtype) PySetState(state any) error {
	t, ok := state.(*types.Tuple)
	order, okOrder := "", false
	if ok && t.Len() >= 8 {
		order, okOrder = t.Get(1).(string)
	}
	switch {
	case d.built || d.used:
		d.unmodelled = "a numpy dtype that is changed after its use"
	case !okOrder || order != "<" && order != ">" && order != "|" && order != "=":
		d.unmodelled = "an odd state of a numpy dtype"
	case t.Get(2) != nil || t.Get(3) != nil || t.Get(4) != nil:
		d.unmodelled = "a structured numpy dtype"
	}
	d.order, d.built = order, true
	return nil
}

// An array is a numpy.ndarray.
type array struct {
	t          Tensor // without Path and DType
	dtype      *dtype
	built      bool
	unmodelled string
}

// reconstructArray follows _reconstruct(numpy.ndarray, (0,), b'b'), whose
// result is an array only after its BUILD.
func reconstructArray(args []any) any {
	if len(args) == 3 {
		if g, ok := args[0].(*global); ok && g.name == "numpy.ndarray" {
			return &array{unmodelled: "a numpy array without a state"}
		}
	}
	return &object{args: args, unmodelled: "a numpy array of another class"}
}

// PySetState follows ndarray.__setstate__(([version,] shape, dtype,
// is_fortran, data)) of numpy's methods.c.
func (a *array) PySetState(state any) error {
	t, ok := state.(*types.Tuple)
	if a.built || !ok || t.Len() < 4 || t.Len() > 5 {
		a.unmodelled = "an odd BUILD on a numpy array"
		return nil
	}
	parts := *t
	if len(parts) == 5 {
		parts = parts[1:]
	}
	fortran, ok := parts[2].(bool)
	if n, isInt := parts[2].(int); isInt {
		fortran, ok = n != 0, true
	}
	a.built = true
	a.fill(parts[0], parts[1], fortran, parts[3])
	if !ok {
		a.unmodelled = "an odd BUILD on a numpy array"
	}
	return nil
}

// arrayFromBuffer follows _frombuffer(buffer, dtype, shape, order) of
// numpy/_core/numeric.py.
func arrayFromBuffer(args []any) *array {
	a := &array{built: true, unmodelled: "odd arguments of _frombuffer"}
	if len(args) != 4 || args[3] != "C" && args[3] != "F" {
		return a
	}
	a.fill(args[2], args[1], args[3] == "F", args[0])
	return a
}

func (a *array) fill(shape, typ any, fortran bool, data any) {
	size, okShape := integers(shape)
	d, okType := typ.(*dtype)
	place, okData := dataPlace(data)
	if okType {
		d.used = true
	}
	switch {
	case okType && d.unmodelled != "":
		a.unmodelled = d.unmodelled
		return
	case !okShape || !okType || !okData:
		a.unmodelled = "a numpy array of odd parts"
		return
	}
	a.dtype, a.unmodelled = d, ""
	a.t = Tensor{Size: size, Stride: orderedStrides(size, fortran), Data: place}
}

// dataPlace accepts what numpy takes as an array's bytes: bytes, a bytearray,
// a Python 2 str, or what protocol 2 writes for bytes: _codecs.encode(text,
// "latin1"), or bytes().
func dataPlace(data any) (Range, bool) {
	var place []byte
	switch v := data.(type) {
	case []byte:
		place = v
	case *types.ByteArray:
		place = *v
	case string:
		return Range{}, true
	case *object:
		g, ok := v.of.(*global)
		return Range{}, ok && (g.name == "_codecs.encode" || g.name == "__builtin__.bytes" && len(v.args) == 0)
	default:
		return Range{}, false
	}
	if len(place) != 16 {
		return Range{}, false
	}
	return Range{int64(binary.LittleEndian.Uint64(place)), int64(binary.LittleEndian.Uint64(place[8:]))}, true
}

// orderedStrides returns the strides of a C- or Fortran-ordered array. A
// product that overflows wraps, as no such array can be compared anyway.
func orderedStrides(size []int64, fortran bool) []int64 {
	out, step := make([]int64, len(size)), int64(1)
	for i := range size {
		at := len(size) - 1 - i
		if fortran {
			at = i
		}
		out[at] = step
		step *= max(size[at], 1)
	}
	return out
}
