package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/tensor"
)

// ErrHeaderTooLarge is wrapped by Layout's error when the header would be
// longer than MaxHeaderSize.
var ErrHeaderTooLarge = errors.New("safetensors header too large")

// A NameError says why a tensor cannot have the name that it should get.
type NameError struct {
	Name string // as it was given
	Msg  string // the whole message, with the name escaped
}

func (e *NameError) Error() string { return e.Msg }

// A Tensor is a tensor to be written.
type Tensor struct {
	Name  string
	DType tensor.DType
	// Shape is the shape in memory: an element of F4 is a byte with two
	// values, as torch's float4_e2m1fn_x2.
	Shape []int64
	// Data writes exactly the tensor's bytes, in C order, little-endian, once
	// per Plan.WriteTo. A plan that is not written needs none.
	Data io.WriterTo
}

// A KeyValue is one entry of __metadata__.
type KeyValue struct{ Key, Value string }

// A List is tensors to be written that need not all be there at the same time:
// of each what Tensor says. Whenever it is asked it gives the same.
type List interface {
	Len() int
	Name(i int) string
	Type(i int) (tensor.DType, []int64)
	Data(i int) io.WriterTo
}

// A slice is a List of tensors that are there.
type slice []Tensor

func (s slice) Len() int                           { return len(s) }
func (s slice) Name(i int) string                  { return s[i].Name }
func (s slice) Type(i int) (tensor.DType, []int64) { return s[i].DType, s[i].Shape }
func (s slice) Data(i int) io.WriterTo             { return s[i].Data }

// A Plan is a file that is fully laid out but for the tensors' bytes.
type Plan struct {
	list   List
	order  []uint32 // of list, as the bytes stand in the file
	prefix []byte   // the length, the brace and the metadata
	begin  int64    // of the tensors' bytes
	size   int64    // of the file
}

// Layout is LayoutList for tensors that are there. What is changed of them
// afterwards is not seen.
func Layout(tensors []Tensor, metadata []KeyValue) (*Plan, error) {
	own := slices.Clone(tensors)
	for i := range own {
		own[i].Shape = slices.Clone(own[i].Shape)
	}
	return LayoutList(slice(own), metadata)
}

// LayoutList orders the tensors by descending place of their dtype in the
// format's list, then by name, and lays out the header, padded with spaces to a
// multiple of 8 bytes, as the reference writer does (prepare in
// safetensors/src/tensor.rs; see begin for the one exception). Metadata keeps the given order and comes first;
// nil writes none, an empty slice writes an empty object. An error names the
// tensor or key whose name is no UTF-8, is used twice or is __metadata__, or
// whose dtype or shape the format cannot hold; a header above MaxHeaderSize
// wraps ErrHeaderTooLarge. What is wrong with a name is a *NameError.
//
// Of each tensor the plan keeps some bytes.
func LayoutList(list List, metadata []KeyValue) (*Plan, error) {
	ranks := make([]uint8, list.Len())
	for i := range ranks {
		_, rank, err := entryAt(list, i)
		var bad *NameError
		switch {
		case errors.As(err, &bad):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("tensor %s: %v", quoted(list.Name(i)), err)
		}
		ranks[i] = uint8(rank)
	}
	order, err := fileOrder(list, ranks)
	if err != nil {
		return nil, err
	}
	p := &Plan{list: list, order: order}
	if p.prefix, err = prefixOf(metadata, len(order) > 0); err != nil {
		return nil, err
	}
	if err := p.measure(); err != nil {
		return nil, err
	}
	return p, nil
}

// measure finds out where the tensors' bytes begin and end, and writes the length.
func (p *Plan) measure() error {
	end, n := int64(0), int64(len(p.prefix))
	var text []byte
	for i := range p.order {
		e := p.entry(i, end)
		if e.End < end {
			return fmt.Errorf("tensor %s: the file's size overflows", quoted(e.Name))
		}
		end = e.End
		text = appendEntry(text[:0], &e)
		n += int64(len(text)) + 1 // a comma, or the last brace
	}
	if len(p.order) == 0 {
		n++
	}
	p.begin = begin(n, end)
	p.size = p.begin + end
	if n = p.begin - lengthSize; n > MaxHeaderSize {
		return fmt.Errorf("%w: %d bytes are more than %d", ErrHeaderTooLarge, n, MaxHeaderSize)
	}
	binary.LittleEndian.PutUint64(p.prefix, uint64(n))
	return nil
}

// begin is where data bytes of tensors begin behind n bytes. The reference writer pads
// to the next multiple of 8. Where a large file would begin with the letter P, the opcode
// of a persistent id, whose line may be longer than anybody looks at, eight spaces more
// make it begin with another one; and where any would begin with the two opcodes of the
// pickle of True, behind which the rest is data that is none.
func begin(n, data int64) int64 {
	const large = 16 << 20
	at := (n + 7) &^ 7
	switch n := at - lengthSize; {
	case byte(n) == 'P' && at+data >= large, n&0xffff == 0x2e88: // NEWTRUE, STOP
		at += 8
	}
	return at
}

// entry is the tensor that is the i-th in the file, whose bytes begin at begin.
// Where they would end beyond what a file may have, its End is below it.
func (p *Plan) entry(i int, begin int64) Entry {
	e, _, err := entryAt(p.list, int(p.order[i]))
	if err != nil || e.End > math.MaxInt64-lengthSize-MaxHeaderSize-begin { // LayoutList has seen all errors
		e.End = math.MinInt64
		return e
	}
	e.Begin, e.End = begin, begin+e.End
	return e
}

// entryAt is entryOf for a tensor of a list.
func entryAt(list List, i int) (Entry, int, error) {
	dtype, shape := list.Type(i)
	return entryOf(Tensor{Name: list.Name(i), DType: dtype, Shape: shape})
}

// entryOf gives t's entry as it stands at offset 0, and the rank of its dtype. The
// shape may be the tensor's own.
func entryOf(t Tensor) (Entry, int, error) {
	e := Entry{Name: t.Name, DType: t.DType, Shape: t.Shape}
	if t.Name == metadataKey {
		return e, 0, &NameError{t.Name, "tensor " + quoted(t.Name) + ": the format reserves this name"}
	}
	if !utf8.ValidString(t.Name) {
		return e, 0, &NameError{t.Name, "tensor " + quoted(t.Name) + ": the name is not UTF-8"}
	}
	rank := dtypeRank(t.DType)
	if rank < 0 {
		return e, 0, fmt.Errorf("safetensors has no dtype %s", quoted(string(t.DType)))
	}
	if last := len(e.Shape) - 1; t.DType == tensor.F4 {
		if last < 0 {
			return e, 0, errors.New("F4 needs a dimension")
		}
		if e.Shape[last] < 0 || e.Shape[last] > math.MaxInt64/2 {
			return e, 0, fmt.Errorf("the last dimension %d cannot be doubled", e.Shape[last])
		}
		e.Shape = slices.Clone(e.Shape)
		e.Shape[last] *= 2
	}
	var err error
	e.End, err = byteSize(rank, e.Shape)
	return e, rank, err
}
