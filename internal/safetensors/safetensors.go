// Package safetensors reads and writes the safetensors format.
//
// A file is an 8-byte little-endian header length N, N bytes of JSON that name
// every tensor with its dtype, shape and byte range, and the tensors' bytes in
// C order, little-endian, without gaps. The facts are those of the reference
// implementation, huggingface/safetensors (README.md, section Format, and
// safetensors/src/tensor.rs).
//
// [Read] checks a file and lists its tensors. [Layout] plans a file from
// tensors, [Plan.WriteTo] streams it: the bytes are those that the reference
// writer makes of the same tensors in the same metadata order.
//
// # Security
//
// Input is hostile. Read holds the header, at most [MaxHeaderSize] bytes and
// only if the file has them, and what it says; it never reads a tensor's bytes.
// Lengths, shapes and offsets are checked without overflow, and every byte
// after the header belongs to exactly one tensor. Read refuses all that the
// reference reader refuses, and, because two readers could see two things in
// it, more:
//
//   - duplicate tensor names and duplicate metadata keys;
//   - keys of a tensor's entry other than dtype, shape and data_offsets;
//   - an entry, a dtype or a null __metadata__ in another JSON form than the
//     format describes, which the reference reader's JSON library lets through;
//   - white space before the header's brace, and any but 0x20 after it;
//   - sizes of 2^63 and more (possible beside a size of 0);
//   - an F4 tensor whose last dimension is odd: torch cannot hold it.
//
// FuzzRead and FuzzHeader check that Read never panics and that what it accepts
// can be written again with the same meaning.
package safetensors

import (
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/modelaudit/action/internal/tensor"
)

// MaxHeaderSize is the longest header, in bytes with its padding, that the
// format allows (MAX_HEADER_SIZE in safetensors/src/tensor.rs).
const MaxHeaderSize = 100_000_000

// metadataKey is the header's key that names no tensor.
const metadataKey = "__metadata__"

// An Entry is a tensor as the header describes it.
type Entry struct {
	Name  string
	DType tensor.DType
	// Shape is the shape as the header has it: for F4 the last dimension
	// counts values, of which a byte holds two.
	Shape []int64
	// Begin and End are a half-open byte range of the data section.
	Begin, End int64
}

// A File is a checked header.
type File struct {
	// Metadata is the content of __metadata__, nil if the header has none.
	Metadata map[string]string
	// MetadataKeys are Metadata's keys in the order of the file.
	MetadataKeys []string
	// Entries tile the data section in order: each begins where the one
	// before it ends. Empty tensors at one place keep the header's order.
	Entries []Entry
	// HeaderSize is the length of the JSON text with its padding, in bytes.
	HeaderSize int64
	// DataOffset is the place in the file where the data section begins.
	DataOffset int64
}

// A FormatError says why bytes are no valid safetensors file.
type FormatError struct {
	Offset int64 // bytes from the start of the file
	Msg    string
}

// Error gives the place in hexadecimal and the reason.
func (e *FormatError) Error() string {
	return fmt.Sprintf("safetensors at %#x: %s", e.Offset, e.Msg)
}

// Source returns the file's tensors in data order, each a contiguous
// little-endian view of its own range of r, which must be what Read was given.
// Shapes are those in memory, so that the last dimension of F4, whose element
// is a byte with two values, is half the header's. All pass [tensor.Tensor.Check]
// but those of more than 64 dimensions and those of F6_E2M3 and F6_E3M2, which
// no tensor library can hold.
func (f *File) Source(r io.ReaderAt) []tensor.Tensor {
	out := make([]tensor.Tensor, len(f.Entries))
	for i, e := range f.Entries {
		shape := slices.Clone(e.Shape)
		if e.DType == tensor.F4 {
			shape[len(shape)-1] /= 2
		}
		size := e.End - e.Begin
		out[i] = tensor.Tensor{
			Name:    e.Name,
			Path:    []tensor.Key{{Text: e.Name}},
			DType:   e.DType,
			Shape:   shape,
			Strides: strides(shape),
			Storage: &tensor.Storage{
				Key:  e.Name,
				Data: io.NewSectionReader(r, f.DataOffset+e.Begin, size),
				Size: size,
			},
		}
	}
	return out
}

// strides are the C-ordered strides of shape. Beside a size of 0 the other
// sizes may have a product beyond 2^63; the strides are then all 1, since
// nothing is read through them.
func strides(shape []int64) []int64 {
	n := uint64(1)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(max(d, 1)))
		if hi != 0 || lo > 1<<62 {
			return slices.Repeat([]int64{1}, len(shape))
		}
		n = lo
	}
	return tensor.ContiguousStrides(shape)
}
