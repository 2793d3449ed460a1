package joblib

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/numpy"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A wrapper says where the loader finds the array that it stands for.
type wrapper uint8

const (
	none         wrapper = iota
	inStream             // NumpyArrayWrapper
	inFile               // NDArrayWrapper: a .npy file
	inCompressed         // ZNDArrayWrapper: a file that zlib compressed
)

// old is where the copy of joblib was that scikit-learn before 0.23 had.
const old = "sklearn.externals."

func isOld(module string) bool { return strings.HasPrefix(module, old) }

// class returns the class that made an object, by a call of it or as
// copyreg._reconstructor does it for protocols below 2, else nil.
func class(n *sym.Node) *sym.Node {
	if n.Kind != sym.Object || n.Call() == nil {
		return nil
	}
	c := n.Call()
	if c.Func.Is("copyreg", "_reconstructor") && len(c.Args) > 0 {
		return c.Args[0]
	}
	return c.Func
}

// wrapperOf tells one of joblib's wrappers by the exact name of its class.
func wrapperOf(n *sym.Node) wrapper {
	c := class(n)
	if c == nil || c.Kind != sym.Global {
		return none
	}
	switch strings.TrimPrefix(c.Module(), old) {
	case "joblib.numpy_pickle", "joblib.numpy_pickle_compat":
	default:
		return none
	}
	switch c.Name() {
	case "NumpyArrayWrapper":
		return inStream
	case "NDArrayWrapper":
		return inFile
	case "ZNDArrayWrapper":
		return inCompressed
	}
	return none
}

// maxStates is how often one object may get a state: all of them count.
const maxStates = 8

// attributes returns what the states of an object have made of those of its
// attributes that joblib reads.
func attributes(n *sym.Node) (map[string]*sym.Node, error) {
	if len(n.States()) > maxStates {
		return nil, fmt.Errorf("one wrapper is used for more than %d arrays: %w", maxStates, sym.ErrLimit)
	}
	attr := map[string]*sym.Node{}
	for _, s := range n.States() {
		halves := []*sym.Node{s.Frozen}
		if s.Frozen.Kind == sym.Tuple && len(s.Frozen.Items()) == 2 {
			halves = s.Frozen.Items()
		}
		for _, h := range halves {
			for _, p := range h.Pairs() {
				if k := p.Key; k.Kind != sym.String && k.Kind != sym.Bytes {
					continue
				}
				switch k := p.Key.Text; k {
				case "subclass", "dtype", "shape", "order", "allow_mmap", "numpy_array_alignment_bytes", "filename":
					attr[k] = p.Value
				}
			}
		}
	}
	return attr, nil
}

// claims reads what a wrapper says of its array. Of an array of objects only
// the type counts: the nested pickle has the rest.
func (d *reader) claims(b *sym.Built, attr map[string]*sym.Node) (Array, error) {
	a := Array{Wrapper: b.Target, At: b.Pos, Order: 'C', Shape: []int64{}}
	if attr["dtype"] == nil || attr["shape"] == nil {
		return a, errors.New("an array without shape or type")
	}
	var err error
	a.Type = attr["dtype"]
	if a.Element, err = d.element(a.Type); err != nil {
		return a, fmt.Errorf("an array whose type is not known: %w", err)
	}
	switch o := attr["order"]; {
	case o != nil && o.Kind == sym.String && o.Text == "F":
		a.Order = 'F'
	case o == nil || o.Kind != sym.String || o.Text != "C":
		d.problem(b.Target.Pos, b.Pos, "an array whose order is neither C nor F")
	}
	if m := attr["allow_mmap"]; a.Element.Object && m != nil && (m.Kind != sym.Bool || m.Int != 0) {
		d.problem(b.Target.Pos, b.Pos, "an array of objects that may be mapped from the file")
	}
	if err := a.takeShape(attr["shape"]); err != nil {
		if !a.Element.Object {
			return a, err
		}
		d.problem(b.Target.Pos, b.Pos, "%v", err)
	}
	return a, nil
}

// element reads a type, once if it is that of many arrays.
func (d *reader) element(n *sym.Node) (Element, error) {
	if t, ok := d.types[n]; ok && t.states == len(n.States()) {
		return t.Element, nil
	}
	t, err := numpy.DTypeOf(n)
	if err != nil {
		return Element{}, err
	}
	e := Element{t.Kind, t.Size, t.References}
	d.types[n] = typed{e, len(n.States())}
	return e, nil
}

// maxDims is how many dimensions an array of numpy 2 has at most.
const maxDims = 64

func (a *Array) takeShape(n *sym.Node) error {
	if n.Kind != sym.Tuple && n.Kind != sym.List || len(n.Items()) > maxDims {
		return errors.New("an array whose shape is no tuple of sizes")
	}
	for _, i := range n.Items() {
		if i.Kind != sym.Int && i.Kind != sym.Bool || i.Big() != nil || i.Int < 0 {
			return errors.New("an array whose shape has something else than sizes")
		}
		a.Shape = append(a.Shape, i.Int)
	}
	return nil
}

// elements takes the bytes that shape and type ask for.
func (d *reader) elements(b *sym.Built, a *Array) error {
	if a.Element.Size == 0 {
		return errors.New("an array whose elements have no bytes")
	}
	total := uint64(a.Element.Size)
	for _, n := range a.Shape {
		if n == 0 {
			total = 0 // numpy multiplies them all, and then compares
		}
	}
	for _, n := range a.Shape {
		hi, lo := bits.Mul64(total, uint64(n))
		if hi != 0 || lo > 1<<62 {
			return fmt.Errorf("an array of shape %v overflows", a.Shape)
		}
		total = lo
	}
	if left := d.end - b.File; int64(total) > left {
		return fmt.Errorf("an array of %d bytes, but the file has %d: %w", total, left, sym.ErrTruncated)
	}
	a.Offset, a.Length = b.File, int64(total)
	b.File += a.Length
	return nil
}

// padding takes the bytes before the elements: one that says how many follow,
// and those (joblib 1.2, NumpyArrayWrapper.write_array). A wrapper that says
// nothing of alignment, or None, has none.
func (d *reader) padding(b *sym.Built, a *Array, attr map[string]*sym.Node) error {
	align := attr["numpy_array_alignment_bytes"]
	if align == nil || align.Kind == sym.None || d.opt.Loader == Before1_2 {
		return nil
	}
	var buf [256]byte
	have := min(int64(len(buf)), d.end-b.File)
	if n, err := d.r.ReadAt(buf[:have], b.File); int64(n) < have {
		return fmt.Errorf("read at %#x: %w: %w", b.File, err, sym.ErrLimit)
	}
	if have < 1 || have < 1+int64(buf[0]) {
		return errors.New("the padding before an array goes beyond the file")
	}
	a.Padding = 1 + int64(buf[0])
	start := b.File
	b.File += a.Padding
	// What joblib counts from may be another file than this one.
	residue := b.File % 16
	if d.residue < 0 {
		d.residue = residue
	}
	switch {
	case buf[0] == 0 || buf[0] > 16 || residue != d.residue:
		d.problem(start, b.File, "%d bytes of padding before an array, which joblib would not write there", buf[0])
	case slices.ContainsFunc(buf[1:a.Padding], func(c byte) bool { return c != 0xff }):
		d.problem(start, b.File, "the padding before an array holds data")
	}
	return nil
}

// sibling notes the file that the loader opens: a name that it joins to the
// directory of the pickle.
func (d *reader) sibling(b *sym.Built, kind wrapper, attr map[string]*sym.Node) error {
	name := attr["filename"]
	if name == nil || name.Kind != sym.String && name.Kind != sym.Bytes || name.Lazy {
		return errors.New("an array in another file, whose name is not shown")
	}
	s := Sibling{Wrapper: b.Target, Pos: b.Target.Pos, End: b.Pos, Name: name.Text, Compressed: kind == inCompressed}
	s.Outside = s.Name == "" || s.Name == "." || s.Name == ".." || strings.ContainsAny(s.Name, "/\\:\x00")
	d.out.Siblings = append(d.out.Siblings, s)
	return nil
}

// nestedError says why the end of a nested pickle was not found.
func nestedError(err error) error {
	var fe *pickle.FormatError
	switch {
	case err == io.EOF:
		return fmt.Errorf("a nested pickle ends without STOP: %w", sym.ErrTruncated)
	case errors.As(err, &fe) && fe.Truncated():
		return fmt.Errorf("a nested pickle: %w: %w", err, sym.ErrTruncated)
	case errors.As(err, &fe) && !fe.Limit():
		return fmt.Errorf("a nested pickle: %w", err)
	}
	return fmt.Errorf("a nested pickle: %w: %w", err, sym.ErrLimit)
}
