package proof

import (
	"context"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/tensor"
)

// CompareSafetensors compares two safetensors files tensor by tensor, as
// Compare does, whatever the order of their tensors. It does not look at their
// metadata. A tensor of a type that the tensor package lacks is an error.
func CompareSafetensors(ctx context.Context, a io.ReaderAt, aSize int64, b io.ReaderAt, bSize int64, opt Options) (Result, error) {
	h, err := readHeader(a, aSize)
	if err != nil {
		return Result{}, err
	}
	claims := make([]Claim, len(h.list))
	for i := range claims {
		e := h.at(i)
		info, ok := tensor.DType(e.dtype).Info()
		if !ok || !info.Safetensors {
			return Result{}, &MismatchError{e.name, fmt.Sprintf("unknown type %q", e.dtype)}
		}
		shape, err := held(info, e.shape)
		if err != nil {
			return Result{}, &MismatchError{e.name, err.Error()}
		}
		claims[i] = Claim{
			Name: e.name, Region: &Region{Off: h.data + e.begin, Len: e.end - e.begin},
			DType: info.DType, Shape: shape, Strides: cOrder(shape),
		}
	}
	return Compare(ctx, a, aSize, claims, b, bSize, opt)
}

// held is the reverse of stored.
func held(info tensor.DTypeInfo, shape []int64) ([]int64, error) {
	if info.DType != tensor.F4 {
		return shape, nil
	}
	last := len(shape) - 1
	if last < 0 || shape[last]%2 != 0 {
		return nil, fmt.Errorf("F4 of shape %v is no whole number of bytes", shape)
	}
	out := append([]int64(nil), shape...)
	out[last] /= 2
	return out, nil
}
