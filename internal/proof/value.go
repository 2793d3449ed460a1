package proof

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/modelaudit/action/internal/tensor"
)

// resolve turns gathered elements into what a little-endian file without lazy
// views holds: byte order first, then conjugation, then negation.
func resolve(p []byte, info tensor.DTypeInfo, c *Claim) {
	unit := int(info.Swap)
	if c.BigEndian && unit > 1 {
		for i := 0; i < len(p); i += unit {
			slices.Reverse(p[i : i+unit])
		}
	}
	if c.Conj { // the sign of every second component, the imaginary one
		for i := unit; i < len(p); i += 2 * unit {
			p[i+unit-1] ^= 0x80
		}
	}
	switch {
	case !c.Neg:
	case float(info.DType) || complexType(info.DType):
		for i := unit - 1; i < len(p); i += unit {
			p[i] ^= 0x80
		}
	default:
		for i := 0; i < len(p); i += unit {
			negate(p[i : i+unit])
		}
	}
}

// resolved reports whether resolve leaves elements as they are.
func resolved(info tensor.DTypeInfo, c *Claim) bool {
	return !(c.BigEndian && info.Swap > 1 || c.Conj || c.Neg)
}

// negate is the two's complement of a little-endian integer.
func negate(p []byte) {
	carry := uint(1)
	for i := range p {
		v := uint(^p[i]) + carry
		p[i], carry = byte(v), v>>8
	}
}

func complexType(d tensor.DType) bool {
	return d == tensor.C32 || d == tensor.BC32 || d == tensor.C64 || d == tensor.C128
}

func float(d tensor.DType) bool {
	return d == tensor.F16 || d == tensor.BF16 || d == tensor.F32 || d == tensor.F64
}

func integer(d tensor.DType) bool {
	return slices.Contains([]tensor.DType{tensor.U8, tensor.I8, tensor.I16, tensor.U16, tensor.I32, tensor.U32, tensor.I64, tensor.U64}, d)
}

// numeric reports whether torch negates elements of the type lazily.
func numeric(d tensor.DType) bool { return complexType(d) || float(d) || integer(d) }

// distance returns the absolute difference of two unequal elements, for
// complex numbers that of the component that differs more. It is +Inf where
// only one of them is NaN, one is infinite, or the type has no value here, and
// 0 for two zeros or two NaNs of different bits.
func distance(a, b []byte, d tensor.DType) float64 {
	if complexType(d) {
		part := map[tensor.DType]tensor.DType{tensor.C32: tensor.F16, tensor.BC32: tensor.BF16, tensor.C64: tensor.F32, tensor.C128: tensor.F64}[d]
		n := len(a) / 2
		return max(distance(a[:n], b[:n], part), distance(a[n:], b[n:], part))
	}
	x, okX := value(a, d)
	y, okY := value(b, d)
	switch {
	case !okX || !okY:
		return math.Inf(1)
	case len(a) == 8 && d == tensor.U64:
		p, q := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
		return float64(max(p, q) - min(p, q))
	case len(a) == 8 && d == tensor.I64:
		p, q := int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b))
		return float64(uint64(max(p, q)) - uint64(min(p, q)))
	case x == y || x != x && y != y:
		return 0
	case math.IsNaN(x - y):
		return math.Inf(1)
	}
	return math.Abs(x - y)
}

// value decodes a little-endian element, if its type is an integer or one of
// the common floating-point types.
func value(p []byte, d tensor.DType) (float64, bool) {
	u := uint64(0)
	for i := len(p) - 1; i >= 0; i-- {
		u = u<<8 | uint64(p[i])
	}
	switch d {
	case tensor.F64:
		return math.Float64frombits(u), true
	case tensor.F32:
		return float64(math.Float32frombits(uint32(u))), true
	case tensor.BF16:
		return float64(math.Float32frombits(uint32(u) << 16)), true
	case tensor.F16:
		return half(uint16(u)), true
	case tensor.F8E5M2:
		return half(uint16(u) << 8), true
	case tensor.I8:
		return float64(int8(u)), true
	case tensor.I16:
		return float64(int16(u)), true
	case tensor.I32:
		return float64(int32(u)), true
	case tensor.I64:
		return float64(int64(u)), true
	case tensor.Bool, tensor.U8, tensor.U16, tensor.U32, tensor.U64:
		return float64(u), true
	}
	return 0, false
}

// half decodes an IEEE 754 binary16.
func half(u uint16) float64 {
	exponent, fraction := int(u>>10&31), float64(u&1023)
	v := math.Ldexp(fraction+1024, exponent-25)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if u>>15 != 0 {
		return -v
	}
	return v
}
