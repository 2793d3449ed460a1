package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// torchRounds has what torch 2.15 makes of a float32, by bits: .to(float16) and
// .to(bfloat16).
var torchRounds = [][3]uint32{
	{0x00000000, 0x0000, 0x0000}, {0x80000000, 0x8000, 0x8000}, {0x3f800000, 0x3c00, 0x3f80}, {0xbf800000, 0xbc00, 0xbf80},
	{0x3f801000, 0x3c00, 0x3f80}, {0x3f803000, 0x3c02, 0x3f80}, {0x3f800fff, 0x3c00, 0x3f80}, {0x3f801001, 0x3c01, 0x3f80},
	{0x477fefff, 0x7bff, 0x4780}, {0x477ff000, 0x7c00, 0x4780}, {0x477fe000, 0x7bff, 0x4780}, {0x47800000, 0x7c00, 0x4780},
	{0x38800000, 0x0400, 0x3880}, {0x387fffff, 0x0400, 0x3880}, {0x387fe000, 0x0400, 0x3880}, {0x33000000, 0x0000, 0x3300},
	{0x33000001, 0x0001, 0x3300}, {0x33800000, 0x0001, 0x3380}, {0x33c00000, 0x0002, 0x33c0}, {0x34200000, 0x0002, 0x3420},
	{0x00000001, 0x0000, 0x0000}, {0x7f7fffff, 0x7c00, 0x7f80}, {0x7f7f7fff, 0x7c00, 0x7f7f}, {0x7f7f8000, 0x7c00, 0x7f80},
	{0x7f800000, 0x7c00, 0x7f80}, {0xff800000, 0xfc00, 0xff80}, {0x00408000, 0x0000, 0x0040}, {0x00010000, 0x0000, 0x0001},
	{0x3f808000, 0x3c04, 0x3f80}, {0x3f818000, 0x3c0c, 0x3f82},
}

// castFiles are a source of float32 and what torch makes of it.
func castFiles(column int) (src, dst []byte) {
	for _, r := range torchRounds {
		src = binary.LittleEndian.AppendUint32(src, r[0])
		dst = binary.LittleEndian.AppendUint16(dst, uint16(r[column]))
	}
	src = binary.LittleEndian.AppendUint32(src, 0x7fc00001)
	return src, binary.LittleEndian.AppendUint16(dst, 0xffff) // any NaN
}

func castProof(src []byte, from, to tensor.DType, dst []byte, each func(Cast)) (Result, error) {
	info, _ := from.Info()
	n := int64(len(src)) / info.Size
	claims := []Claim{{Name: "x", Region: &Region{Len: int64(len(src))}, DType: from, Cast: to, Shape: []int64{n}, Strides: []int64{1}}}
	file := safetensorsFile(stTensor{"x", string(to), []int64{n}, dst})
	return Compare(context.Background(), bytes.NewReader(src), int64(len(src)), claims, bytes.NewReader(file), int64(len(file)), Options{Casts: each})
}

// What torch rounds to passes; every other number beside it does not.
func TestCast(t *testing.T) {
	for column, to := range map[int]tensor.DType{1: tensor.F16, 2: tensor.BF16} {
		src, dst := castFiles(column)
		var got Cast
		res, err := castProof(src, tensor.F32, to, dst, func(c Cast) { got = c })
		if err != nil || res.Tensors != 1 || res.BytesCompared != int64(len(dst)) || res.MaxDiff != got.MaxAbs {
			t.Fatalf("%s: %+v, %v", to, res, err)
		}
		if got.Name != "x" || got.From != tensor.F32 || got.To != to || got.Overflowed == 0 || got.MaxRel != 1 && to == tensor.F16 {
			t.Errorf("%s: %+v", to, got)
		}
		for i := range torchRounds {
			for _, wrong := range []uint16{1, 0xffff} {
				bad := bytes.Clone(dst)
				at := bad[2*i:]
				binary.LittleEndian.PutUint16(at, binary.LittleEndian.Uint16(at)+wrong)
				var diff *Difference
				if _, err := castProof(src, tensor.F32, to, bad, nil); !errors.As(err, &diff) || diff.Index[0] != int64(i) {
					t.Errorf("%s: %#x as %#x: %v", to, torchRounds[i][0], at[:2], err)
				}
			}
		}
	}
}

func TestCastErrors(t *testing.T) {
	var src, dst []byte
	for _, f := range []float64{1, 70000, 1e300, 1.0 / 3, 0} {
		src = binary.LittleEndian.AppendUint64(src, math.Float64bits(f))
	}
	for _, h := range []uint16{0x3c00, 0x7c00, 0x7c00, 0x3555, 0} {
		dst = binary.LittleEndian.AppendUint16(dst, h)
	}
	var got Cast
	if _, err := castProof(src, tensor.F64, tensor.F16, dst, func(c Cast) { got = c }); err != nil {
		t.Fatal(err)
	}
	third := 1.0 / 3
	diff := third - 1365.0/4096
	if want := (Cast{Name: "x", From: tensor.F64, To: tensor.F16, MaxAbs: diff, MaxRel: diff / third, Overflowed: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := castProof(src, tensor.I64, tensor.F16, dst, nil); err == nil {
		t.Error("a cast of integers passes")
	}
	if _, err := castProof(src, tensor.F64, tensor.F32, bytes.Repeat([]byte{0}, 20), nil); err == nil {
		t.Error("a cast to float32 passes")
	}
}
