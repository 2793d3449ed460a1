package proof

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// ranges are two tensors of a source, and where a candidate holds them the other way round.
func ranges() (src, dst []byte, claims, held []Claim) {
	src = []byte("....abcdefghIJ..")
	dst = []byte("IJ______abcdefgh")
	at := func(name string, d tensor.DType, off, size int64, shape ...int64) Claim {
		return Claim{Name: name, DType: d, Region: &Region{Off: off, Len: size}, Shape: shape, Strides: tensor.ContiguousStrides(shape)}
	}
	claims = []Claim{at("a", tensor.F32, 4, 8, 2), at("b", tensor.U8, 12, 2, 2, 1), at("none", tensor.F32, 0, 0, 0, 3)}
	held = []Claim{at("b", tensor.U8, 0, 2, 2, 1), at("a", tensor.F32, 8, 8, 2), at("none", tensor.F32, 0, 0, 0, 3)}
	return src, dst, claims, held
}

// TestRegions: tensors at ranges of a file are equal, and whatever is wrong with one
// of them is told.
func TestRegions(t *testing.T) {
	compare := func(src, dst []byte, claims, held []Claim) (Result, error) {
		return CompareRegions(t.Context(), bytes.NewReader(src), int64(len(src)), claims, bytes.NewReader(dst), int64(len(dst)), held, Options{})
	}
	src, dst, claims, held := ranges()
	res, err := compare(src, dst, claims, held)
	if err != nil || res.Tensors != 3 || res.BytesCompared != 10 {
		t.Fatalf("%+v, %v", res, err)
	}
	for name, spoil := range map[string]func(dst []byte, held []Claim) []Claim{
		"another byte":   func(dst []byte, held []Claim) []Claim { dst[15]++; return held },
		"swapped":        func(_ []byte, held []Claim) []Claim { held[1].Region.Off = 0; held[0].Region.Off = 8; return held },
		"one is missing": func(_ []byte, held []Claim) []Claim { return held[:2] },
		"one overlaps":   func(_ []byte, held []Claim) []Claim { held[0].Region.Off = 9; return held },
		"big-endian":     func(_ []byte, held []Claim) []Claim { held[1].BigEndian = true; return held },
		"not in C order": func(_ []byte, held []Claim) []Claim { held[1].Strides = []int64{0}; return held },
		"another shape": func(_ []byte, held []Claim) []Claim {
			held[0].Shape, held[0].Strides = []int64{2}, []int64{1}
			return held
		},
		"another type":        func(_ []byte, held []Claim) []Claim { held[1].DType = tensor.I32; return held },
		"outside the file":    func(_ []byte, held []Claim) []Claim { held[1].Region.Off = 12; return held },
		"more than it fills":  func(_ []byte, held []Claim) []Claim { held[0].Region.Len = 3; return held },
		"less than it fills":  func(_ []byte, held []Claim) []Claim { held[0].Region.Len = 1; return held },
		"lent by its decoder": func(_ []byte, held []Claim) []Claim { held[0].Lent = bytes.NewReader(src); return held },
	} {
		src, dst, claims, held := ranges()
		_, err := compare(src, dst, claims, spoil(dst, held))
		var wrong *MismatchError
		if err == nil || !errors.As(err, &wrong) && !strings.Contains(err.Error(), "the source says") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
