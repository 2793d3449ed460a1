package tree

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/tensor"
)

// widened makes t, which is of type from in the file, the bfloat16 that it was before
// torch widened it for numpy, which has no such type (torch/_tensor.py,
// _reduce_ex_internal, of tensors on the devices of xla): the upper half of each
// float32. It is false, and t as it was, if a lower half is not zero: casting such a
// number would round it.
func widened(t *Named, from tensor.DType) bool {
	if from != tensor.F32 || t.DType != tensor.BF16 || t.Storage.Size%4 != 0 {
		return false
	}
	low, upper := 0, int64(1)
	if t.Storage.BigEndian {
		low, upper = 2, 0
	}
	r, buf := io.NewSectionReader(t.Storage.Data, 0, t.Storage.Size), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(r, buf)
		for i := low; i+2 <= n; i += 4 {
			if binary.LittleEndian.Uint16(buf[i:]) != 0 {
				return false
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return false
		}
	}
	t.Strides = slices.Clone(t.Strides)
	for i := range t.Strides {
		t.Strides[i] *= 2
	}
	t.Offset = 2*t.Offset + upper
	return true
}
