package safetensors

import (
	"cmp"
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

// A Plan is a file that is fully laid out but for the tensors' bytes.
type Plan struct {
	header []byte // with length and padding
	items  []item // in the order of their bytes
}

// An item is a tensor that is laid out.
type item struct {
	Entry
	rank int
	data io.WriterTo
}

// Layout orders the tensors by descending place of their dtype in the format's
// list, then by name, and builds the header, padded with spaces to a multiple
// of 8 bytes, as the reference writer does (prepare in
// safetensors/src/tensor.rs). Metadata keeps the given order and comes first;
// nil writes none, an empty slice writes an empty object. An error names the
// tensor or key whose name is no UTF-8, is used twice or is __metadata__, or
// whose dtype or shape the format cannot hold; a header above MaxHeaderSize
// wraps ErrHeaderTooLarge. What is wrong with a name is a *NameError.
func Layout(tensors []Tensor, metadata []KeyValue) (*Plan, error) {
	items := make([]item, len(tensors))
	for i, t := range tensors {
		e, rank, err := entryOf(t)
		var bad *NameError
		switch {
		case errors.As(err, &bad):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("tensor %s: %v", quoted(t.Name), err)
		}
		items[i] = item{e, rank, t.Data}
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.Name, b.Name))
	})
	names := make(map[string]struct{}, len(items))
	end := int64(0)
	for i := range items {
		it := &items[i]
		if _, dup := names[it.Name]; dup {
			return nil, &NameError{it.Name, "two tensors have the name " + quoted(it.Name)}
		}
		names[it.Name] = struct{}{}
		size := it.End
		if size > math.MaxInt64-lengthSize-MaxHeaderSize-end {
			return nil, fmt.Errorf("tensor %s: the file's size overflows", quoted(it.Name))
		}
		it.Begin, it.End = end, end+size
		end = it.End
	}
	p := &Plan{items: items}
	var err error
	if p.header, err = buildHeader(items, metadata); err != nil {
		return nil, err
	}
	return p, nil
}

// entryOf gives t's entry as it stands at offset 0, and the rank of its dtype.
func entryOf(t Tensor) (Entry, int, error) {
	e := Entry{Name: t.Name, DType: t.DType, Shape: append([]int64{}, t.Shape...)}
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
		e.Shape[last] *= 2
	}
	var err error
	e.End, err = byteSize(rank, e.Shape)
	return e, rank, err
}
