package safetensors

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/modelaudit/action/internal/tensor"
)

// The types that the format has and no tensor library holds: OCP microscaling
// floats of six bits, packed without gaps.
const (
	F6E2M3 tensor.DType = "F6_E2M3"
	F6E3M2 tensor.DType = "F6_E3M2"
)

// dtypes lists the format's types and their sizes in bits, in increasing
// alignment order: the reference writer puts tensors in the reverse of it
// (enum Dtype and Dtype::bitsize in safetensors/src/tensor.rs).
var dtypes = [...]struct {
	dtype tensor.DType
	bits  uint64
}{
	{tensor.Bool, 8},
	{tensor.F4, 4},
	{F6E2M3, 6},
	{F6E3M2, 6},
	{tensor.U8, 8},
	{tensor.I8, 8},
	{tensor.F8E5M2, 8},
	{tensor.F8E4M3, 8},
	{tensor.F8E8M0, 8},
	{tensor.F8E4M3FZ, 8},
	{tensor.F8E5M2FZ, 8},
	{tensor.I16, 16},
	{tensor.U16, 16},
	{tensor.F16, 16},
	{tensor.BF16, 16},
	{tensor.I32, 32},
	{tensor.U32, 32},
	{tensor.F32, 32},
	{tensor.C64, 64},
	{tensor.F64, 64},
	{tensor.I64, 64},
	{tensor.U64, 64},
}

// dtypeRank is d's place in dtypes, or -1 if the format lacks d.
func dtypeRank(d tensor.DType) int {
	for i := range dtypes {
		if dtypes[i].dtype == d {
			return i
		}
	}
	return -1
}

// byteSize is the number of bytes that a tensor of dtypes[rank] with the
// header's shape has. Sizes are multiplied from the left, so that an overflow
// before a size of 0 is an error, as in the reference (Metadata::validate).
func byteSize(rank int, shape []int64) (int64, error) {
	n := uint64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("negative size %d", d)
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 {
			return 0, errors.New("the number of elements overflows")
		}
		n = lo
	}
	hi, total := bits.Mul64(n, dtypes[rank].bits)
	if hi != 0 {
		return 0, errors.New("the number of bits overflows")
	}
	if total%8 != 0 {
		return 0, fmt.Errorf("%d bits are no whole number of bytes", total)
	}
	if dtypes[rank].dtype == tensor.F4 && shape[len(shape)-1]%2 != 0 {
		return 0, fmt.Errorf("the last dimension %d of F4 is odd", shape[len(shape)-1])
	}
	return int64(total / 8), nil
}
