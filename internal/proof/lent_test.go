package proof

import (
	"bytes"
	"errors"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// TestLent: elements that a decoder lends are compared like any others, nothing
// behind their end is, and the result names the lender.
func TestLent(t *testing.T) {
	data := []byte{1, 2, 3, 4, 5, 6}
	c := Claim{Name: "x", DType: tensor.U8, Shape: []int64{2, 3}, Strides: []int64{3, 1}, Region: &Region{Len: 6}, Lent: bytes.NewReader(data), Lender: "a decoder"}
	same := safetensorsFile(stTensor{"x", "U8", c.Shape, data})
	if res, err := compare(nil, []Claim{c}, same); err != nil || res != (Result{Tensors: 1, BytesCompared: 6, Lent: "a decoder"}) {
		t.Errorf("%+v, %v", res, err)
	}
	other := safetensorsFile(stTensor{"x", "U8", c.Shape, []byte{1, 2, 3, 4, 9, 6}})
	var diff *Difference
	if _, err := compare(nil, []Claim{c}, other); !errors.As(err, &diff) {
		t.Errorf("a changed byte: %v", err)
	}
	c.Lent = bytes.NewReader(data[:5])
	if _, err := compare(nil, []Claim{c}, same); err == nil {
		t.Error("a byte that is not there was compared")
	}
	c.Lent, c.Region = bytes.NewReader(data), &Region{Len: 5}
	if _, err := compare(nil, []Claim{c}, same); err == nil {
		t.Error("a byte outside the region was compared")
	}
}
