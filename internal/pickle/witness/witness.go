// Package witness is the second, independent decoder of the proof: it asks
// gopickle, not internal/pickle/symbolic, which tensors a pickle stream holds.
// Two decoders that were written apart must name the same tensors before a
// conversion counts as proven.
//
// # Security
//
// Input is hostile, and gopickle alone dies of it (allocation by claimed
// length, panics, endless error texts). So a stream is first walked opcode by
// opcode by the code in scan.go, which compares every length with the bytes
// that exist, follows the stack's depth, and estimates the memory that
// decoding will take. gopickle sees a rewritten copy: without frames, with
// every bytes payload replaced by its place in the file, and with long texts
// cut out. FindClass hands back an inert recorder for every name, nothing is
// imported or called, and a panic is caught. Whatever cannot be modelled is
// said in Result.NotApplicable; a partial list of tensors is never returned.
package witness

import (
	"bytes"
	"io"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/nlpodyssey/gopickle/pickle"
)

// A Tensor is one tensor or numpy array at one place of the object's tree. A
// shared object appears once for each path that leads to it.
type Tensor struct {
	// Path is the keys from the root: text as it stands, integers and
	// positions in decimal. It is empty for a bare tensor.
	Path []string
	// Key is the storage key of the persistent id, or "" for a numpy array.
	Key string
	// StorageType is the storage's global, e.g. "torch.FloatStorage", or "".
	StorageType string
	// DType is the dtype argument of _rebuild_tensor_v3, e.g.
	// "torch.float8_e5m2"; numpy's dtype.str without datetime units, e.g.
	// "<f8" or "|u1"; or "" where the storage type decides.
	DType string
	// Offset, Size and Stride are in elements. An array's strides are those of
	// C or Fortran order, as its state says.
	Offset       int64
	Size, Stride []int64
	// Conj and Neg are the lazy view bits of a tensor's metadata argument.
	Conj, Neg bool
	// Data is where an array's bytes stand in the reader. It is zero for a
	// tensor, and for bytes that the stream spells as text.
	Data Range
}

// A Range is Len bytes from Off.
type Range struct{ Off, Len int64 }

// A Result is what the witness says of one pickle stream.
type Result struct {
	// Tensors are in the order of the tree: dictionaries in insertion order.
	Tensors []Tensor
	// NotApplicable is why the witness has nothing to say, or "" when it
	// decoded the stream. It holds no control characters.
	NotApplicable string
}

// Decode decodes the pickle stream that begins at start, up to its STOP or to
// end, and lists its tensors. It never fails otherwise than by NotApplicable.
// It
// allocates at most about 600 MiB in all, whatever the stream says.
func Decode(r io.ReaderAt, start, end int64, lim safeio.Limits) Result {
	stream, err := prepare(r, start, end, lim.WithDefaults())
	if err != nil {
		return Result{NotApplicable: err.Error()}
	}
	root, err := load(stream)
	if err != nil {
		return Result{NotApplicable: err.Error()}
	}
	w := newWalker()
	if err := w.visit(root); err != nil {
		return Result{NotApplicable: err.Error()}
	}
	if err := w.others(); err != nil {
		return Result{NotApplicable: err.Error()}
	}
	return Result{Tensors: w.out}
}

// A refusal is an error that says why the witness is not applicable.
type refusal string

func (r refusal) Error() string { return string(r) }

// load runs gopickle over a prepared stream. Its error texts may quote the
// file, so they are not passed on.
func load(stream []byte) (root any, err error) {
	defer func() {
		if recover() != nil {
			root, err = nil, refusal("gopickle panicked")
		}
	}()
	rec := &recorder{}
	u := pickle.NewUnpickler(bytes.NewReader(stream))
	u.FindClass = rec.findClass
	u.PersistentLoad = persistent
	root, err = u.Load()
	if err != nil {
		return nil, refusal("gopickle does not accept the stream")
	}
	if rec.refused != "" {
		return nil, refusal(rec.refused)
	}
	return root, nil
}
