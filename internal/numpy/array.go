package numpy

import (
	"errors"
	"fmt"
	"io"
	"math/bits"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// ErrNotArray is returned for a value that is no numpy array or scalar.
var ErrNotArray = errors.New("not a numpy array")

// An Array is a view of the bytes of one array or scalar.
type Array struct {
	DType   DType
	Shape   []int64
	Strides []int64 // elements
	Offset  int64   // elements
	Data    *sym.Payload
	Scalar  bool // a numpy scalar, not an array
	// Class is the full name of the array's class, "" for numpy.ndarray.
	Class string
	// Mask is the mask of a masked array, an array of booleans of its shape, and
	// Fill its fill value; else both are nil.
	Mask *Array
	Fill *sym.Node
	// Beside is the name of the file beside the stream that Data is in, "" for the stream.
	Beside string
}

// Storage returns the array's bytes as a storage, named key. The record is
// that in which the stream's offsets count, "" for the file itself.
func (a *Array) Storage(key, record string) *tensor.Storage {
	s := &tensor.Storage{Key: key, Data: a.Data.Data, Size: a.Data.Size, BigEndian: a.DType.BigEndian}
	start, end, spelled := a.Data.Place(0, a.Data.Size)
	s.Origin = tensor.Origin{Record: record, Start: start, End: end, Spelling: tensor.Spelling(spelled)}
	if a.Beside != "" {
		s.Origin.Layers = []tensor.Layer{{Kind: tensor.LayerFile, Name: a.Beside}}
	}
	return s
}

// A Reader reads the arrays of one finished trace. A type is worked out once,
// for it can be that of any number of arrays, and all types together within
// maxTypes: each of many small ones can have thousands of parts.
type Reader struct {
	data  io.ReaderAt
	types map[*sym.Node]DType
	walk  walk
}

// maxTypes bounds what the parts of all types in a trace take, as maxParts does
// for one.
const maxTypes = 64 << 20

// NewReader returns a reader of the arrays in a pickle whose bytes are data.
func NewReader(data io.ReaderAt) *Reader {
	return &Reader{data: data, types: map[*sym.Node]DType{}, walk: walk{left: maxTypes}}
}

// dtype is DTypeOf, once for each node.
func (x *Reader) dtype(n *sym.Node) (DType, error) {
	if d, ok := x.types[n]; ok {
		return d, nil
	}
	w := walk{left: min(maxParts, x.walk.left)}
	d, err := w.dtype(n)
	x.walk.left -= min(maxParts, x.walk.left) - w.left
	if err == nil {
		x.types[n] = d
	}
	return d, err
}

// ArrayOf reads an array from the graph of a pickle. It knows the three forms that numpy writes: _reconstruct and a state, _frombuffer
// (protocol 5), and scalar. What is no array at all gives ErrNotArray; an array
// that cannot be read gives another error.
func (x *Reader) ArrayOf(n *sym.Node) (*Array, error) {
	if n.Kind != sym.Object || n.Call() == nil {
		return nil, ErrNotArray
	}
	call := n.Call()
	for _, core := range []string{"numpy.core", "numpy._core"} {
		switch {
		case call.Func.Is(core+".multiarray", "_reconstruct"):
			return x.reconstructed(n)
		case call.Func.Is("numpy.ma.core", "_mareconstruct"):
			return x.masked(n)
		case call.Func.Is(core+".numeric", "_frombuffer"):
			return x.fromBuffer(call)
		case call.Func.Is(core+".multiarray", "scalar"):
			return x.scalar(call)
		}
	}
	return nil, ErrNotArray
}

// reconstructed: BUILD (1, shape, dtype, is_fortran, bytes | list).
func (x *Reader) reconstructed(n *sym.Node) (*Array, error) {
	items, err := arrayState(n, 5)
	if err != nil {
		return nil, err
	}
	a, err := x.build(items[2], items[1], items[3].Int != 0, items[4])
	if err == nil {
		a.Class = arrayClass(n)
	}
	return a, err
}

// arrayState returns the parts of an array's only state.
func arrayState(n *sym.Node, parts int) ([]*sym.Node, error) {
	if len(n.States()) != 1 {
		return nil, fmt.Errorf("numpy array with %d states", len(n.States()))
	}
	state := n.States()[0].Frozen
	if state.Kind != sym.Tuple || len(state.Items()) != parts {
		return nil, errors.New("numpy array with a state of another form")
	}
	return state.Items(), nil
}

// arrayClass is the class that an array is reconstructed as.
func arrayClass(n *sym.Node) string {
	if args := n.Call().Args; len(args) > 0 && !args[0].Is("numpy", "ndarray") {
		return args[0].FullName()
	}
	return ""
}

// fromBuffer: _frombuffer(buf, dtype, shape, order[, axis_order]). With order
// "K" the elements are those of a C-ordered array of that shape, whose axes are
// then permuted (numpy/_core/numeric.py of numpy 2.4).
func (x *Reader) fromBuffer(call *sym.Call) (*Array, error) {
	if len(call.Args) < 4 || len(call.Args) > 5 {
		return nil, errors.New("_frombuffer with other arguments")
	}
	order := call.Args[3].Text
	a, err := x.build(call.Args[1], call.Args[2], order == "F", call.Args[0])
	if err != nil || order != "K" || len(call.Args) < 5 || call.Args[4].Kind != sym.Tuple {
		return a, err
	}
	return a, a.permute(call.Args[4].Items())
}

// permute reorders the axes as numpy's transpose(axes) does.
func (a *Array) permute(axes []*sym.Node) error {
	shape, strides, seen := a.Shape, a.Strides, map[int64]bool{}
	a.Shape, a.Strides = []int64{}, []int64{}
	for _, n := range axes {
		if n.Kind != sym.Int || n.Int < 0 || n.Int >= int64(len(shape)) || seen[n.Int] {
			return errors.New("numpy array with an impossible order of axes")
		}
		seen[n.Int] = true
		a.Shape = append(a.Shape, shape[n.Int])
		a.Strides = append(a.Strides, strides[n.Int])
	}
	if len(axes) != len(shape) {
		return errors.New("numpy array with an impossible order of axes")
	}
	return nil
}

// scalar: scalar(dtype, bytes).
func (x *Reader) scalar(call *sym.Call) (*Array, error) {
	if len(call.Args) != 2 {
		return nil, errors.New("numpy scalar with other arguments")
	}
	d, err := x.dtype(call.Args[0])
	if err != nil {
		return nil, err
	}
	if d.References {
		return nil, ErrObjects
	}
	data, ok := sym.ElementsOf(x.data, call.Args[1])
	if !ok || data.Size != d.Size {
		return nil, fmt.Errorf("numpy scalar whose bytes do not fit %s", d.Str)
	}
	return &Array{DType: d, Shape: []int64{}, Strides: []int64{}, Data: data, Scalar: true}, nil
}

func (x *Reader) build(dtype, shape *sym.Node, fortran bool, data *sym.Node) (*Array, error) {
	d, err := x.dtype(dtype)
	if err != nil {
		return nil, err
	}
	if err := d.bytes(); err != nil {
		return nil, err
	}
	sizes, err := shapeOf(shape)
	if err != nil {
		return nil, err
	}
	bytes, ok := sym.ElementsOf(x.data, data)
	if !ok {
		return nil, errors.New("numpy array whose bytes are not in the file")
	}
	return newArray(d, sizes, fortran, bytes)
}

// shapeOf reads the sizes of an array.
func shapeOf(n *sym.Node) ([]int64, error) {
	sizes := []int64{}
	for _, i := range n.Items() {
		if i.Kind != sym.Int && i.Kind != sym.Bool || i.Big() != nil || i.Int < 0 {
			return nil, errors.New("numpy array with a shape that is not made of sizes")
		}
		sizes = append(sizes, i.Int)
	}
	return sizes, nil
}

// newArray demands that shape and type ask for all of the bytes.
func newArray(d DType, shape []int64, fortran bool, data *sym.Payload) (*Array, error) {
	a := &Array{DType: d, Shape: shape, Data: data}
	total := uint64(d.Size)
	for _, n := range shape {
		hi, lo := bits.Mul64(total, uint64(n))
		if hi != 0 || lo > 1<<62 {
			return nil, fmt.Errorf("numpy array of shape %v overflows", a.Shape)
		}
		total = lo
	}
	if uint64(a.Data.Size) != total {
		return nil, fmt.Errorf("numpy array of shape %v and type %s needs %d bytes, has %d", a.Shape, d.Str, total, a.Data.Size)
	}
	a.Strides = tensor.ContiguousStrides(a.Shape)
	if fortran {
		a.Strides = fortranStrides(a.Shape)
	}
	return a, nil
}

func fortranStrides(shape []int64) []int64 {
	s := make([]int64, len(shape))
	step := int64(1)
	for i, d := range shape {
		s[i] = step
		if d > 1 && step <= (1<<62)/d {
			step *= d
		}
	}
	return s
}
