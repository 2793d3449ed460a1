package conversion

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/modelaudit/action/internal/tensor"
)

// CastTo returns the dtype that --dtype names.
func CastTo(name string) (tensor.DType, error) {
	switch name {
	case "":
		return "", nil
	case "float16":
		return tensor.F16, nil
	case "bfloat16":
		return tensor.BF16, nil
	}
	return "", fmt.Errorf("--dtype %q: expected float16 or bfloat16", name)
}

// Casts reports whether a tensor is cast to another dtype: floating-point
// ones of 16 bits and more are. Those of 8 bits and less belong to a scale that
// stands elsewhere, and stay.
func Casts(from, to tensor.DType) bool {
	switch from {
	case tensor.F64, tensor.F32, tensor.F16, tensor.BF16:
		return to != "" && from != to
	}
	return false
}

// Casting is a tensor whose elements are written in another dtype, one to which
// [Casts] says that it can be cast.
func Casting(t *tensor.Tensor, to tensor.DType) io.WriterTo { return castWriter{t, to} }

type castWriter struct {
	t  *tensor.Tensor
	to tensor.DType
}

// WriteTo implements io.WriterTo.
func (c castWriter) WriteTo(w io.Writer) (int64, error) { return c.WriteWith(w, new(tensor.Scratch)) }

// WriteWith is WriteTo with the memory of s.
func (c castWriter) WriteWith(w io.Writer, s *tensor.Scratch) (int64, error) {
	info, _ := c.t.DType.Info()
	x := &caster{w: w, from: c.t.DType, to: c.to, size: int(info.Size)}
	if _, err := c.t.WriteWith(x, s); err != nil {
		return x.n, err
	}
	if len(x.rest) > 0 {
		return x.n, io.ErrUnexpectedEOF
	}
	return x.n, nil
}

// A caster rounds what is written to it; an element may come in two writes.
type caster struct {
	w        io.Writer
	from, to tensor.DType
	size     int
	rest     []byte
	out      []byte
	n        int64
}

func (c *caster) Write(p []byte) (int, error) {
	all := p
	for len(p) > 0 {
		if len(c.rest) > 0 || len(p) < c.size {
			n := min(c.size-len(c.rest), len(p))
			c.rest, p = append(c.rest, p[:n]...), p[n:]
			if len(c.rest) == c.size {
				if err := c.emit(c.rest); err != nil {
					return len(all) - len(p), err
				}
				c.rest = c.rest[:0]
			}
			continue
		}
		n := min(len(p)/c.size, 32<<10) * c.size
		if err := c.emit(p[:n]); err != nil {
			return len(all) - len(p), err
		}
		p = p[n:]
	}
	return len(all), nil
}

// emit writes whole elements.
func (c *caster) emit(p []byte) error {
	c.out = c.out[:0]
	for at := 0; at < len(p); at += c.size {
		c.out = binary.LittleEndian.AppendUint16(c.out, c.round(single(c.from, bits(p[at:at+c.size]))))
	}
	n, err := c.w.Write(c.out)
	c.n += int64(n)
	return err
}

func (c *caster) round(f float32) uint16 {
	if c.to == tensor.BF16 {
		return toBF16(f)
	}
	return toF16(f)
}

// Round rounds an element of one of four types, given as its bits, to F16 or BF16,
// as a conversion does.
func Round(to, from tensor.DType, e uint64) uint16 {
	c := caster{to: to}
	return c.round(single(from, e))
}

// bits are those of an element of 2, 4 or 8 bytes.
func bits(e []byte) uint64 {
	switch len(e) {
	case 8:
		return binary.LittleEndian.Uint64(e)
	case 4:
		return uint64(binary.LittleEndian.Uint32(e))
	}
	return uint64(binary.LittleEndian.Uint16(e))
}

// single is an element as float32. A float64 is rounded twice, first here:
// so does torch's .to, whose Half and BFloat16 are made of a float
// (c10/util/Half.h, c10/util/BFloat16.h).
func single(d tensor.DType, e uint64) float32 {
	switch d {
	case tensor.F64:
		return float32(math.Float64frombits(e))
	case tensor.F32:
		return math.Float32frombits(uint32(e))
	case tensor.BF16:
		return math.Float32frombits(uint32(e) << 16)
	}
	return fromF16(uint16(e))
}

// toBF16 rounds to the nearest, ties to even; a NaN is 0x7fc0
// (round_to_nearest_even in c10/util/BFloat16.h).
func toBF16(f float32) uint16 {
	if f != f {
		return 0x7fc0
	}
	u := math.Float32bits(f)
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// toF16 rounds to the nearest, ties to even. Of a NaN it keeps the sign and
// the upper bits, and makes it quiet, as F16C's VCVTPS2PH does.
func toF16(f float32) uint16 {
	u := math.Float32bits(f)
	sign, mag := uint16(u>>16&0x8000), u&0x7fffffff
	switch {
	case mag > 0x7f800000:
		return sign | 0x7e00 | uint16(mag>>13&0x3ff)
	case mag >= 0x47800000: // 2^16
		return sign | 0x7c00
	case mag >= 0x38800000: // 2^-14: the exponent is rebiased, the fraction rounded
		mag -= 112 << 23
		return sign | uint16((mag+0xfff+mag>>13&1)>>13)
	case mag <= 0x33000000: // 2^-25, which is a tie with 0
		return sign
	}
	// A subnormal counts units of 2^-24.
	fraction, shift := mag&0x7fffff|0x800000, 126-mag>>23
	unit := fraction >> shift
	rest, half := fraction&(1<<shift-1), uint32(1)<<(shift-1)
	if rest > half || rest == half && unit&1 == 1 {
		unit++
	}
	return sign | uint16(unit)
}

// fromF16 is exact.
func fromF16(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch {
	case exp == 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	f := float32(frac) / (1 << 24)
	return math.Float32frombits(sign | math.Float32bits(f))
}
