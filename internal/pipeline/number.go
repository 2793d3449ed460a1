package pipeline

import (
	"encoding/binary"
	"math"

	"github.com/modelaudit/action/internal/tensor"
)

// value reads one element as a number; ok is false for a type without one.
func value(d tensor.DType, e []byte) (v float64, ok bool) {
	switch d {
	case tensor.F64:
		return math.Float64frombits(binary.LittleEndian.Uint64(e)), true
	case tensor.F32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(e))), true
	case tensor.BF16:
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(e)) << 16)), true
	case tensor.F16:
		return half(binary.LittleEndian.Uint16(e)), true
	case tensor.F8E5M2: // the upper byte of a float16
		return half(uint16(e[0]) << 8), true
	case tensor.I64:
		return float64(int64(binary.LittleEndian.Uint64(e))), true
	case tensor.U64:
		return float64(binary.LittleEndian.Uint64(e)), true
	case tensor.I32:
		return float64(int32(binary.LittleEndian.Uint32(e))), true
	case tensor.U32:
		return float64(binary.LittleEndian.Uint32(e)), true
	case tensor.U16:
		return float64(binary.LittleEndian.Uint16(e)), true
	case tensor.I16:
		return float64(int16(binary.LittleEndian.Uint16(e))), true
	case tensor.I8:
		return float64(int8(e[0])), true
	case tensor.U8, tensor.Bool:
		return float64(e[0]), true
	}
	return 0, false
}

// half converts an IEEE 754 binary16 value.
func half(h uint16) float64 {
	sign, exp, frac := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+frac/1024, exp-15)
}

// part is the type of the two numbers that a complex element is, "" for others.
func part(d tensor.DType) tensor.DType {
	switch d {
	case tensor.C32:
		return tensor.F16
	case tensor.C64:
		return tensor.F32
	case tensor.C128:
		return tensor.F64
	}
	return ""
}

// ordinal is the number of a floating-point value among all of its type, 0 for
// both zeros, so that the difference of two is their distance in units of the
// last place. ok is false for a NaN and for other types.
func ordinal(d tensor.DType, e []byte) (n int64, ok bool) {
	var bits, sign, inf uint64
	switch d {
	case tensor.F64:
		bits, sign, inf = binary.LittleEndian.Uint64(e), 1<<63, 0x7ff<<52
	case tensor.F32:
		bits, sign, inf = uint64(binary.LittleEndian.Uint32(e)), 1<<31, 0xff<<23
	case tensor.F16:
		bits, sign, inf = uint64(binary.LittleEndian.Uint16(e)), 1<<15, 0x1f<<10
	case tensor.BF16:
		bits, sign, inf = uint64(binary.LittleEndian.Uint16(e)), 1<<15, 0xff<<7
	case tensor.F8E5M2:
		bits, sign, inf = uint64(e[0]), 1<<7, 0x1f<<2
	default:
		return 0, false
	}
	size := bits &^ sign
	if size > inf {
		return 0, false
	}
	if bits&sign != 0 {
		return -int64(size), true
	}
	return int64(size), true
}

// ulps is the distance of two elements of one type; ok as for ordinal.
func ulps(d tensor.DType, a, b []byte) (uint64, bool) {
	p, okP := ordinal(d, a)
	q, okQ := ordinal(d, b)
	return uint64(max(p, q)) - uint64(min(p, q)), okP && okQ
}
