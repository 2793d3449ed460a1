// Package joblib reads the streams that joblib.dump writes: a pickle in which
// each array is a small object, the wrapper, behind whose BUILD the bytes of the
// array lie in the stream itself. It tells where the arrays are and follows the
// instructions between them as joblib.load does, with the pickle module's
// unpickler in Python (joblib/numpy_pickle.py, NumpyUnpickler.load_build).
//
// Before joblib 0.10 the bytes were in files beside the pickle
// (joblib/numpy_pickle_compat.py); those are named and not read.
//
// # Security
//
// Input is hostile. A wrapper's shape, type and padding are claims: sizes are
// multiplied without overflow and compared with the bytes that exist, and no
// element is read. Reading goes forward only, so that time is bounded by the
// input however often a wrapper is used; arrays and problems are counted. What
// a wrapper says that joblib could understand otherwise ends the stream.
package joblib

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// A Loader is a range of joblib versions that read the same bytes alike.
type Loader uint8

// The loaders. They differ in files that joblib itself does not write: a newer
// file under an older loader, and a nested pickle that ends inside its frame.
const (
	Current   Loader = iota // 1.6: nested pickles by the unpickler in Python
	Since1_2                // 1.2 to 1.5: nested pickles by the unpickler in C
	Before1_2               // 0.10 to 1.1: no padding before an array
)

// Options says how a stream is read.
type Options struct {
	Loader  Loader
	Skim    bool   // as in symbolic.Options
	Large   func() // as in symbolic.Options
	MaxLine int64  // as in symbolic.Options
	MaxOps  int    // instructions of the stream and of each nested pickle; 0 means the default of package symbolic
	Beside  int64  // bytes of other traces that are kept, see symbolic's Options.Beside
}

// An Array is one that the loader reads from the stream.
type Array struct {
	Wrapper *sym.Node // the object on the stack has it as its Of
	At      int64     // behind the BUILD
	Type    *sym.Node // a numpy.dtype, which numpy.DTypeOf reads in full
	Element Element
	Shape   []int64
	Order   byte // 'C' or 'F': which index changes fastest, the last or the first
	// Padding is how many bytes lie before Offset that the loader reads and
	// drops, their count included.
	Padding int64
	// Offset and Length are the bytes of the elements; if Element.Object, of the
	// nested pickle that holds the whole array.
	Offset, Length int64
}

// Class is the full name of the array's class, "" for numpy.ndarray.
func (a *Array) Class() string { return subclass(a.Wrapper) }

func subclass(wrapper *sym.Node) string {
	attr, err := attributes(wrapper)
	if c := attr["subclass"]; err == nil && c != nil && c.Kind == sym.Global && !c.Is("numpy", "ndarray") {
		return c.FullName()
	}
	return ""
}

// An Element is what counts of an element type here: a full description can be
// large, and many types can have the same parts.
type Element struct {
	Kind   byte // numpy's kind, as in numpy.DType
	Size   int64
	Object bool // a reference to a Python object
}

// A Sibling is an array that the loader reads from a file beside the pickle.
type Sibling struct {
	Wrapper  *sym.Node // as of an Array
	Pos, End int64     // of the BUILD
	Name     string
	// Compressed: the file is one of joblib's own compressed ones, else a .npy.
	Compressed bool
	// Outside: the name is more than a file name in the pickle's directory.
	Outside bool
}

// Class is the full name of the array's class, "" for numpy.ndarray.
func (s *Sibling) Class() string { return subclass(s.Wrapper) }

// A Problem is something that no version of joblib writes, and that versions of
// it, or other loaders, may read differently.
type Problem struct {
	Start, End int64
	Msg        string
}

// A Stream is what one joblib.load reads.
type Stream struct {
	Trace    *sym.Trace
	Wrappers int     // how often a wrapper got a state, whether or not its array could be read
	Arrays   []Array // in the order of the stream
	Siblings []Sibling
	Problems []Problem
}

// Limits of one stream.
const (
	maxArrays   = 200_000
	maxProblems = 1_000
)

// Read reads the stream that begins at start and must end before end. Offsets
// are those of r, which must be the loader's whole file, decompressed. A stream
// without wrappers is read as by any loader that has the unpickler in Python.
func Read(r io.ReaderAt, start, end int64, opt Options) *Stream {
	full := func(s *Stream) bool { return s.Trace.Failure != nil && s.Trace.Failure.Limit }
	s := read(r, start, end, opt, sym.Options{Skim: opt.Skim})
	if full(s) { // too much for a whole graph
		s = read(r, start, end, opt, sym.Options{Fold: true})
	}
	if full(s) && s.Trace.Folded {
		s = read(r, start, end, opt, sym.Options{Fold: true, Thin: true})
	}
	return s
}

func read(r io.ReaderAt, start, end int64, opt Options, how sym.Options) *Stream {
	d := &reader{r: r, end: end, opt: opt, out: &Stream{}, residue: -1, types: map[*sym.Node]typed{}}
	how.MaxOps, how.MaxLine, how.Python, how.Large, how.AfterBuild = opt.MaxOps, opt.MaxLine, true, opt.Large, d.afterBuild
	d.out.Trace = sym.Run(r, start, end, how.Beside(opt.Beside))
	return d.out
}

// A typed is what a type was when it had so many states.
type typed struct {
	Element
	states int
}

type reader struct {
	r       io.ReaderAt
	end     int64
	opt     Options
	out     *Stream
	library string // that of the last wrapper
	residue int64  // what the offsets of arrays have in common, -1 before the first
	types   map[*sym.Node]typed
}

func (d *reader) problem(start, end int64, format string, args ...any) {
	if len(d.out.Problems) < maxProblems {
		d.out.Problems = append(d.out.Problems, Problem{start, end, fmt.Sprintf(format, args...)})
	}
}

func (d *reader) afterBuild(b *sym.Built) error {
	kind := wrapperOf(b.Target)
	if kind == none {
		return nil
	}
	d.out.Wrappers++
	if len(d.out.Arrays)+len(d.out.Siblings) >= maxArrays {
		return fmt.Errorf("more than %d arrays: %w", maxArrays, sym.ErrLimit)
	}
	d.oddities(b)
	attr, err := attributes(b.Target)
	if err != nil {
		return err
	}
	b.Replaced = true
	if kind != inStream {
		return d.sibling(b, kind, attr)
	}
	a, err := d.claims(b, attr)
	if err != nil {
		return err
	}
	if a.Element.Object {
		err = d.nested(b, &a)
	} else if err = d.padding(b, &a, attr); err == nil {
		err = d.elements(b, &a)
	}
	if err == nil {
		d.out.Arrays = append(d.out.Arrays, a)
	}
	return err
}

// oddities notes what joblib does not write around a wrapper.
func (d *reader) oddities(b *sym.Built) {
	if b.File > b.Pos && wrapperOf(b.Target) == inStream {
		d.problem(b.Pos, b.File, "%d bytes are left in the frame when an array is read from behind it", b.File-b.Pos)
	}
	if len(b.Target.States()) > 1 {
		d.problem(b.Target.Pos, b.Pos, "one wrapper is used for two arrays")
	}
	library := b.Target.Call().Func.Module()
	if maker := class(b.Target); maker != nil {
		library = maker.Module()
	}
	if isOld(library) != isOld(d.library) && d.library != "" {
		d.problem(b.Target.Pos, b.Pos, "wrappers of joblib and of the joblib inside scikit-learn: a loader reads the arrays of one of them")
	}
	d.library = library
}

// nested finds the end of the pickle that stands for an array of objects.
func (d *reader) nested(b *sym.Built, a *Array) error {
	dec := pickle.NewDecoder(d.r, b.File, d.end, pickle.Options{MaxOps: d.opt.MaxOps, MaxLine: d.opt.MaxLine})
	for {
		op, err := dec.Next()
		if err != nil {
			return nestedError(err)
		}
		if op.Code != pickle.OpStop {
			continue
		}
		a.Offset, a.Length = b.File, op.End-b.File
		b.File = op.End
		for _, an := range dec.Anomalies() {
			if an.Kind != pickle.FrameLeftover {
				continue
			}
			d.problem(an.Pos, an.End, "a nested pickle ends inside its frame: the loader goes on behind the pickle or behind the frame")
			if d.opt.Loader == Current {
				b.File, a.Length = an.End, an.End-a.Offset
			}
		}
		return nil
	}
}
