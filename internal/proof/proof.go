// Package proof shows that a safetensors file or a torch zip holds exactly the
// tensors of its source. It is the second reader of the bytes: slow and plain, and it
// shares no code with the packages that made the conversion, so that a
// mistake in their zip directory, strides, byte order or header shows here.
//
// # Security
//
// Source and candidate are hostile. Every range is compared with the bytes
// that exist before it is read, arithmetic on shapes and strides is
// overflow-safe, compressed records are bounded by safeio.Limits. Memory is a
// few MiB whatever the size of the tensors; it grows with the number of
// tensors and of zip members. Anything that cannot be read, matched or
// compared is an error; nothing is ever left out silently.
package proof

import (
	"context"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// A Claim says where the source holds the bytes of one tensor and how they
// are to be read. Only what the bytes mean is claimed: where a zip's record
// lies, and its byte order, the proof finds for itself.
type Claim struct {
	Name string
	// Layers lead from the source to the bytes that Key and Region count in,
	// outermost first; none means the source itself.
	Layers []tensor.Layer
	// Key is the zip record's name below the archive's root, e.g. "data/0";
	// "" means that the source is no zip, or that Region is all there is.
	Key string
	// Region is the byte range that offset and strides count from, inside the
	// record that Key names, else inside the source. Nil means all of it; one
	// of Key and Region must be given.
	Region *Region
	DType  tensor.DType
	// Cast is the type that the elements are rounded to, F16 or BF16, "" for
	// the one that they have. It is checked by number: a NaN stays any NaN.
	Cast tensor.DType
	// BigEndian says that the elements are stored most significant byte first.
	// Where Key begins with "data/" it must be what torch makes of the zip's
	// byteorder record: types without a storage class (uint16, uint32, uint64,
	// complex32) are not swapped.
	BigEndian bool
	// Offset and Strides are in elements; Strides has one for each dimension
	// and none of them is negative.
	Offset         int64
	Shape, Strides []int64
	// Conj and Neg are torch's lazy view bits.
	Conj, Neg bool
	// Pieces, unless nil, are where the tensor's parts are: claims that say all
	// but Name, DType and Cast, each for the box of its Shape at Lo. They must
	// fill the tensor, none of them twice. The claim itself then has no place.
	Pieces []Claim
	Lo     []int64 // of a piece: its first index in the tensor
	// Lent, unless nil, has the elements, decoded by what Lender names: bytes that
	// stand in no one place of the source, and that nothing here can decode. Region
	// counts in it.
	Lent   io.ReaderAt
	Lender string
}

// A Region is Len bytes from Off.
type Region struct {
	Off, Len int64
	// Latin1 means that the bytes are UTF-8 text, each code point of which
	// stands for one byte: how protocol 2 pickles spell bytes.
	Latin1 bool
	// Escaped means that they are raw-unicode-escape text of such code points:
	// how protocol 0 does.
	Escaped bool
	// Quoted means that they are the text between the quotes of a Python 2 str,
	// with its escapes: how protocol 0 of Python 2 does.
	Quoted bool
}

// spelled reports whether the region is text that stands for other bytes, which is read
// forwards alone.
func (g *Region) spelled() bool { return g.Latin1 || g.Escaped || g.Quoted }

// Options may be zero.
type Options struct {
	// Workers is how many goroutines compare; 0 means 2. Each holds less than
	// 10 MiB.
	Workers int
	// Limits bounds zip members and compressed records.
	Limits safeio.Limits
	// Beside opens a file beside the source. Nil means that there is none.
	Beside func(name string) (io.ReaderAt, int64, error)
	// Casts, unless nil, is called at the end with the account of each tensor
	// that was cast and has elements, in the order of the candidate's bytes.
	Casts func(Cast)
	// Progress, unless nil, is called with the number of bytes that were just
	// compared, by one goroutine at a time.
	Progress func(n int64)
	// Opened is the source as it was entered before; nil means that Compare
	// enters it. Its own options count for the layers.
	Opened *Opened
	// Decompress reads a layer for which there is here no
	// decompressor. Nil means that there is no such.
	Decompress func(l tensor.Layer, r io.ReaderAt, size int64) (io.Reader, error)
}

// A Result is what was compared.
type Result struct {
	Tensors int
	// BytesCompared counts bytes of the candidate's data section, each once.
	BytesCompared int64
	// MaxDiff is the largest absolute difference between elements; +Inf where
	// one of them is NaN or infinite, or the type has no numeric value here.
	MaxDiff float64
	// First is the first difference in the order of the candidate's bytes.
	First *Difference
	// Lent names the methods for which Options.Decompress was asked, and the lenders
	// of claims, by commas: of each there is one, which has read the source twice.
	Lent string
}

// A Difference is one element that is not the same on both sides. As an
// error it says that source and candidate were read and are not equal.
type Difference struct {
	Name  string
	Index []int64
	// Want is the source's element as it should be stored, Got the candidate's.
	Want, Got []byte
}

func (d *Difference) Error() string {
	return fmt.Sprintf("tensor %q at index %v is %x, the source says %x", d.Name, d.Index, d.Got, d.Want)
}

// A MismatchError says that source and candidate do not hold tensors of the
// same names, types and shapes, or that a claim is impossible.
type MismatchError struct {
	Tensor string
	Msg    string
}

func (e *MismatchError) Error() string { return fmt.Sprintf("tensor %q: %s", e.Tensor, e.Msg) }

// Claims are claims that need not all be there at the same time. Whenever it is
// asked for one it gives the same; Name is that of At, without the rest. It is
// asked by several goroutines at once.
type Claims interface {
	Len() int
	Name(i int) string
	At(i int) (Claim, error)
}

// A claimSlice is Claims that are there.
type claimSlice []Claim

func (s claimSlice) Len() int                { return len(s) }
func (s claimSlice) Name(i int) string       { return s[i].Name }
func (s claimSlice) At(i int) (Claim, error) { return s[i], nil }

// Compare is CompareAll for claims that are there.
func Compare(ctx context.Context, src io.ReaderAt, srcSize int64, claims []Claim, dst io.ReaderAt, dstSize int64, opt Options) (Result, error) {
	return CompareAll(ctx, src, srcSize, claimSlice(claims), dst, dstSize, opt)
}

// CompareAll proves that the safetensors file dst holds the claimed tensors of
// src, all of them and nothing else. A nil error is the proof. Unequal bytes
// give a *Difference, with Result.First and MaxDiff over all elements;
// unequal structure a *MismatchError; what cannot be read any other error.
func CompareAll(ctx context.Context, src io.ReaderAt, srcSize int64, claims Claims, dst io.ReaderAt, dstSize int64, opt Options) (Result, error) {
	head, err := readHeader(dst, dstSize)
	if err != nil {
		return Result{}, err
	}
	return compareWith(ctx, src, srcSize, claims, dst, head, opt)
}

// compareWith compares what a candidate's directory lists.
func compareWith(ctx context.Context, src io.ReaderAt, srcSize int64, claims Claims, dst io.ReaderAt, head *header, opt Options) (Result, error) {
	opened := opt.Opened
	if opened == nil {
		opened = Open(src, srcSize, opt)
		defer opened.Close()
	}
	matched, err := match(claims, head, opened)
	if err != nil {
		return Result{}, err
	}
	c := &comparison{progress: opt.Progress, matching: matched, dst: dst}
	if err := c.run(ctx, opt.Workers); err != nil {
		return Result{}, err
	}
	res := Result{Tensors: len(head.list), BytesCompared: c.bytes, MaxDiff: c.maxDiff, Lent: matched.lent()}
	if c.bytes != head.bytes {
		return Result{}, fmt.Errorf("compared %d of the %d bytes of tensor data", c.bytes, head.bytes)
	}
	if opt.Casts != nil {
		c.casted(opt.Casts)
	}
	if c.first != nil {
		res.First = c.first.difference()
		return res, res.First
	}
	return res, nil
}
