package pipeline

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// A counter counts the bytes that are read.
type counter struct {
	io.ReaderAt
	n int
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

// Of a large tensor no more is read than the samples, wherever a view and a storage
// of the other byte order have them; of a small one all is.
func TestSparing(t *testing.T) {
	const rows, cols, samples = 700, 500, 64
	made := func(place func(i, j int) int, order binary.ByteOrder, value func(i, j int) uint32) (tensor.Tensor, *counter) {
		data := make([]byte, 4*rows*cols)
		for i := range rows {
			for j := range cols {
				order.PutUint32(data[4*place(i, j):], value(i, j))
			}
		}
		r := &counter{ReaderAt: bytes.NewReader(data)}
		return tensor.Tensor{Name: "w", DType: tensor.I32, Shape: []int64{rows, cols},
			Storage: &tensor.Storage{Data: r, Size: int64(len(data)), BigEndian: order == binary.BigEndian}}, r
	}
	number := func(i, j int) uint32 { return uint32(i*cols + j) }
	a, readA := made(func(i, j int) int { return i*cols + j }, binary.LittleEndian, number)
	a.Strides = []int64{cols, 1}
	b, readB := made(func(i, j int) int { return j*rows + i }, binary.BigEndian, number)
	b.Strides = []int64{1, rows}
	other, _ := made(func(i, j int) int { return i*cols + j }, binary.LittleEndian, func(i, j int) uint32 { return number(i, j) + 2 })
	other.Strides = a.Strides
	opt := ValidateOptions{Samples: samples, Sparing: true}
	c, err := measure(t.Context(), &a, &b, opt)
	if err != nil {
		t.Fatal(err)
	}
	if c.Differing != 0 || c.Elements != samples || c.spared != rows*cols-samples || readA.n > 4*samples || readB.n > 4*samples {
		t.Errorf("%d differ of %d and %d, %d and %d bytes were read", c.Differing, c.Elements, c.spared, readA.n, readB.n)
	}
	c, err = measure(t.Context(), &a, &other, opt)
	if err != nil {
		t.Fatal(err)
	}
	if c.Differing != samples || c.MaxAbs != 2 || c.tally.sampled != samples {
		t.Errorf("%d differ by %g", c.Differing, float64(c.MaxAbs))
	}
	a.Shape, other.Shape = []int64{rows / 2, cols}, []int64{rows / 2, cols}
	if c, err = measure(t.Context(), &a, &other, opt); err != nil || c.Differing != rows/2*cols || c.spared != 0 {
		t.Errorf("of a small tensor %d differ, %d were not read (%v)", c.Differing, c.spared, err)
	}
}
