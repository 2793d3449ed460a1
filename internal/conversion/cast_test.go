package conversion

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// torchRounds has what torch 2.15 makes of a float32, by bits: .to(float16) and
// .to(bfloat16). Ties, subnormals, the largest numbers, infinities.
var torchRounds = []struct {
	bits        uint32
	half, bhalf uint16
}{
	{0x00000000, 0x0000, 0x0000}, {0x80000000, 0x8000, 0x8000}, {0x3f800000, 0x3c00, 0x3f80}, {0xbf800000, 0xbc00, 0xbf80},
	{0x3f801000, 0x3c00, 0x3f80}, {0x3f803000, 0x3c02, 0x3f80}, {0x3f800fff, 0x3c00, 0x3f80}, {0x3f801001, 0x3c01, 0x3f80},
	{0x477fefff, 0x7bff, 0x4780}, {0x477ff000, 0x7c00, 0x4780}, {0x477fe000, 0x7bff, 0x4780}, {0x47800000, 0x7c00, 0x4780},
	{0x38800000, 0x0400, 0x3880}, {0x387fffff, 0x0400, 0x3880}, {0x387fe000, 0x0400, 0x3880}, {0x33000000, 0x0000, 0x3300},
	{0x33000001, 0x0001, 0x3300}, {0x33800000, 0x0001, 0x3380}, {0x33c00000, 0x0002, 0x33c0}, {0x34200000, 0x0002, 0x3420},
	{0x00000001, 0x0000, 0x0000}, {0x7f7fffff, 0x7c00, 0x7f80}, {0x7f7f7fff, 0x7c00, 0x7f7f}, {0x7f7f8000, 0x7c00, 0x7f80},
	{0x7f800000, 0x7c00, 0x7f80}, {0xff800000, 0xfc00, 0xff80}, {0x00408000, 0x0000, 0x0040}, {0x00010000, 0x0000, 0x0001},
	{0x3f808000, 0x3c04, 0x3f80}, {0x3f818000, 0x3c0c, 0x3f82},
}

func TestRounding(t *testing.T) {
	for _, c := range torchRounds {
		f := math.Float32frombits(c.bits)
		if got := toF16(f); got != c.half {
			t.Errorf("float16 of %#x is %#x, torch has %#x", c.bits, got, c.half)
		}
		if got := toBF16(f); got != c.bhalf {
			t.Errorf("bfloat16 of %#x is %#x, torch has %#x", c.bits, got, c.bhalf)
		}
	}
	// Every float16 is itself again; a NaN stays one.
	for h := range uint32(1 << 16) {
		f := fromF16(uint16(h))
		if got := toF16(f); got != uint16(h) && !(f != f && got == uint16(h)|0x200) {
			t.Fatalf("%#x becomes %#x", h, got)
		}
	}
	// A float64 is rounded by way of float32, as torch does.
	if got := toF16(single(tensor.F64, math.Float64bits(1+1.0/(1<<11)+1.0/(1<<40)))); got != 0x3c00 {
		t.Errorf("%#x", got)
	}
}

func leBytes(f float64) []byte {
	u := math.Float64bits(f)
	out := make([]byte, 8)
	for i := range out {
		out[i] = byte(u >> (8 * i))
	}
	return out
}

// No number of the type is nearer than the one that is rounded to.
func FuzzRound(f *testing.F) {
	for _, c := range torchRounds {
		f.Add(c.bits)
	}
	f.Fuzz(func(t *testing.T, bits uint32) {
		x := float64(math.Float32frombits(bits))
		for to, most := range map[tensor.DType]uint16{tensor.F16: 0x7c00, tensor.BF16: 0x7f80} {
			value := func(h uint16) float64 { return float64(single(to, uint64(h))) }
			h := Round(to, tensor.F32, uint64(bits))
			size := h &^ 0x8000
			if math.IsNaN(x) || size > most {
				if !math.IsNaN(x) || size <= most {
					t.Errorf("%g becomes %#x", x, h)
				}
				continue
			}
			if math.Signbit(x) != (h > 0x7fff) {
				t.Errorf("%g changes its sign", x)
			}
			if size == most { // beyond the middle of the largest number and the one that would follow
				largest, before := value(most-1), value(most-2)
				if math.Abs(x) < largest+(largest-before)/2 {
					t.Errorf("%g becomes infinite", x)
				}
				continue
			}
			for _, n := range []uint16{h - 1, h + 1} {
				if n&^0x8000 < most && n&0x8000 == h&0x8000 && math.Abs(value(n)-x) < math.Abs(value(h)-x) {
					t.Errorf("%g becomes %g, and %g is nearer", x, value(h), value(n))
				}
			}
		}
	})
}

// Elements may come in pieces of any size.
func TestCaster(t *testing.T) {
	var in []byte
	for i := range 5000 {
		in = append(in, leBytes(float64(i)/3)...)
	}
	var whole bytes.Buffer
	for _, n := range []int{len(in), 1, 7, 8, 4095} {
		var out bytes.Buffer
		c := &caster{w: &out, from: tensor.F64, to: tensor.BF16, size: 8}
		for p := range slices.Chunk(in, n) {
			if m, err := c.Write(p); err != nil || m != len(p) {
				t.Fatal(m, err)
			}
		}
		if n == len(in) {
			whole = out
		} else if !bytes.Equal(out.Bytes(), whole.Bytes()) || out.Len() != 2*5000 {
			t.Errorf("in pieces of %d: other bytes", n)
		}
	}
}
