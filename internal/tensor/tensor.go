// Package tensor holds named tensors as immutable views of the bytes of a
// file: dtype, shape, strides and offset are resolved and checked, the bytes
// are read only when asked for.
//
// # Security
//
// Shapes, strides and offsets come from hostile files. [Tensor.Check] must
// have returned nil before bytes are read; all its arithmetic is overflow-safe
// and it allocates nothing in proportion to a claim.
package tensor

import (
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// A Storage is a run of raw bytes that tensors are views of.
type Storage struct {
	Key       string      // the name in its file, e.g. "data/0"
	Data      io.ReaderAt // Size bytes from 0
	Size      int64       // bytes
	BigEndian bool        // multi-byte elements are stored most significant byte first
	// Decoder, unless "", names what makes Data of bytes that lie in no one place of the
	// source: a second reader has to borrow it.
	Decoder string
	// Origin is where the source spells the bytes, for a reader that shares no
	// code with Data.
	Origin Origin
	// Chunks, unless nil, are what Data is put together from; see Compose.
	Chunks []Chunk
}

// An Origin is a place in a source: the half-open byte range [Start, End) of
// the record Record, or of the file itself.
type Origin struct {
	// Layers lead from the file to the bytes in which the rest counts, the
	// outermost first; none means the file itself. Many origins share them.
	Layers     []Layer
	Record     string // a zip record's name below the archive's root, "" for the file
	Start, End int64  // both 0: the whole record
	Spelling   Spelling
}

// A Layer is one step from bytes to others that they contain.
type Layer struct {
	Kind LayerKind
	// Name is a member's name as the archive spells it, or the method of a
	// compression: gzip, zlib, bzip2, xz, lzma, zstd, lz4, joblib-zfile.
	Name string
	// Start and End are the bytes of a range. For what is compressed in a zip member
	// End is how many come out.
	Start, End int64
}

// A LayerKind says what a step does.
type LayerKind uint8

// The kinds of layer.
const (
	LayerNone         LayerKind = iota
	LayerZip                    // the only member of a zip archive that has the name
	LayerTar                    // the only member of a tar archive that has the name
	LayerDecompressed           // what decompression gives
	LayerSevenZip               // the only file of a 7z archive that has the name
	LayerRange                  // the bytes from Start to End, such as one file of a source of several
	LayerFile                   // the file of that name beside the source; the outermost layer
)

// A Spelling says how a source spells bytes.
type Spelling uint8

// The spellings.
const (
	SpelledNowhere Spelling = iota // in no one place
	SpelledRaw                     // as themselves
	SpelledLatin1                  // as UTF-8 text, one code point for each byte
	SpelledEscaped                 // as raw-unicode-escape text, one code point for each byte
	SpelledQuoted                  // as Python 2 writes a str between quotes, with escapes
)

// A Tensor is a strided view of a storage.
type Tensor struct {
	Name    string
	Path    []Key // the keys that lead from the root of the source to the tensor
	DType   DType
	Shape   []int64 // elements per dimension; empty for a scalar
	Strides []int64 // elements, one per dimension, never negative
	Offset  int64   // elements
	Storage *Storage
	Conj    bool // the view is lazily conjugated: the imaginary part changes sign
	Neg     bool // the view is lazily negated
}

// A Key is one step from a container to what it holds: an index, or a key as text.
type Key struct {
	Text string
	Int  bool // Text is the decimal form of an integer key or index
}

// Elements returns the number of elements, or an error if it overflows.
func (t *Tensor) Elements() (int64, error) {
	for _, d := range t.Shape {
		if d < 0 {
			return 0, fmt.Errorf("negative size %d", d)
		}
	}
	if slices.Contains(t.Shape, 0) {
		return 0, nil
	}
	n := uint64(1)
	for _, d := range t.Shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > 1<<62 {
			return 0, fmt.Errorf("shape %v overflows", t.Shape)
		}
		n = lo
	}
	return int64(n), nil
}

// Bytes returns the number of bytes that the tensor has when it is contiguous.
// The tensor must have passed Check.
func (t *Tensor) Bytes() int64 {
	info, _ := t.DType.Info()
	n, _ := t.Elements()
	return n * info.Size
}

// Check reports whether every element of the view lies inside its storage.
// Sizes, strides and offset must not be negative, as in torch's
// checkInBoundsForStorage (aten/src/ATen/native/Resize.h). Conj and Neg must be
// defined for the type.
func (t *Tensor) Check() error {
	info, ok := t.DType.Info()
	if !ok {
		return fmt.Errorf("unknown dtype %q", t.DType)
	}
	if t.Conj && !complexType(t.DType) || t.Neg && !numeric(t.DType) {
		return fmt.Errorf("a lazily conjugated or negated view of %s", t.DType)
	}
	if len(t.Strides) != len(t.Shape) {
		return fmt.Errorf("%d sizes but %d strides", len(t.Shape), len(t.Strides))
	}
	if len(t.Shape) > 64 {
		return fmt.Errorf("%d dimensions are more than 64", len(t.Shape))
	}
	if t.Offset < 0 {
		return fmt.Errorf("negative offset %d", t.Offset)
	}
	for _, s := range t.Strides {
		if s < 0 {
			return fmt.Errorf("negative stride %d", s)
		}
	}
	n, err := t.Elements()
	if err != nil {
		return err
	}
	if hi, lo := bits.Mul64(uint64(n), uint64(info.Size)); hi != 0 || lo > 1<<62 {
		return fmt.Errorf("shape %v overflows", t.Shape)
	}
	if n == 0 {
		return nil
	}
	return t.checkBounds(info)
}

// checkBounds reports whether the last element lies inside the storage.
func (t *Tensor) checkBounds(info DTypeInfo) error {
	last := uint64(t.Offset)
	for i, d := range t.Shape {
		hi, lo := bits.Mul64(uint64(d-1), uint64(t.Strides[i]))
		sum, carry := bits.Add64(last, lo, 0)
		if hi != 0 || carry != 0 || sum > 1<<62 {
			return fmt.Errorf("shape %v with strides %v overflows", t.Shape, t.Strides)
		}
		last = sum
	}
	if have := uint64(t.Storage.Size / info.Size); last >= have {
		return fmt.Errorf("needs %d elements of %d bytes, storage %q has %d", last+1, info.Size, t.Storage.Key, have)
	}
	return nil
}

// ContiguousStrides returns the strides of a C-ordered tensor of that shape.
func ContiguousStrides(shape []int64) []int64 {
	s := make([]int64, len(shape))
	step := int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = step
		if shape[i] > 1 && step <= (1<<62)/shape[i] {
			step *= shape[i] // an overflow means a shape with no elements: strides do not matter
		}
	}
	return s
}

// IsContiguous reports whether the elements lie in C order without gaps.
// Strides of dimensions with one element do not matter.
func (t *Tensor) IsContiguous() bool {
	step := int64(1)
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] == 0 {
			return true
		}
		if t.Shape[i] != 1 {
			if t.Strides[i] != step {
				return false
			}
			step *= t.Shape[i]
		}
	}
	return true
}

// Plain reports whether the tensor's C-ordered little-endian bytes are one
// range of its storage as they stand.
func (t *Tensor) Plain() bool {
	info, _ := t.DType.Info()
	swapped := t.Storage != nil && t.Storage.BigEndian && info.Swap > 1
	return t.IsContiguous() && !t.Conj && !t.Neg && !swapped
}
