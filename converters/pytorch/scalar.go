package pytorch

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// scalar keeps a numpy scalar as the Python value that .item() gives, or as its
// bytes if there is none here.
func (m *mapper) scalar(v *tree.Value, path []tensor.Key) *tree.Value {
	if out := item(v.Class, v.Bytes); out != nil {
		m.note(path, "scalar", "numpy scalars are kept as Python values")
		return out
	}
	m.note(path, "", "a numpy scalar of the type "+v.Class+", kept as its bytes")
	return &tree.Value{Tag: tree.TagBytes, Bytes: v.Bytes}
}

// item is the Python value of a numpy scalar, nil if there is none.
func item(class string, raw []byte) *tree.Value {
	if len(class) < 3 {
		return nil
	}
	kind := class[1]
	size, err := strconv.Atoi(class[2:])
	if kind == 'U' {
		size *= 4
	}
	if err != nil || size != len(raw) || kind != 'S' && size > 16 && kind != 'U' {
		return nil
	}
	b := slices.Clone(raw)
	if class[0] == '>' {
		unit := map[byte]int{'c': size / 2, 'U': 4}[kind]
		if unit == 0 {
			unit = max(size, 1)
		}
		for i := 0; kind != 'S' && i+unit <= len(b); i += unit {
			slices.Reverse(b[i : i+unit])
		}
	}
	switch kind {
	case 'b':
		return &tree.Value{Plain: b[0] != 0}
	case 'i', 'u':
		return integer(kind, b)
	case 'f':
		if f, ok := float(b); ok {
			return &tree.Value{Plain: f}
		}
	case 'c':
		re, ok := float(b[:size/2])
		im, ok2 := float(b[size/2:])
		if ok && ok2 {
			return &tree.Value{Tag: tree.TagObject, Class: "builtins.complex", Args: []*tree.Value{{Plain: re}, {Plain: im}}}
		}
	case 'S':
		return &tree.Value{Tag: tree.TagBytes, Bytes: trim(b, 1)}
	case 'U':
		return text(trim(b, 4))
	}
	return nil
}

// trim takes off the padding of a text of fixed length.
func trim(b []byte, unit int) []byte {
	zero := func(p []byte) bool { return !slices.ContainsFunc(p, func(c byte) bool { return c != 0 }) }
	for len(b) >= unit && zero(b[len(b)-unit:]) {
		b = b[:len(b)-unit]
	}
	return b
}

func text(b []byte) *tree.Value {
	var out []byte
	for ; len(b) >= 4; b = b[4:] {
		r := binary.LittleEndian.Uint32(b)
		if r > utf8.MaxRune || r >= 0xd800 && r < 0xe000 {
			return nil
		}
		out = utf8.AppendRune(out, rune(r))
	}
	return &tree.Value{Plain: string(out)}
}

func integer(kind byte, b []byte) *tree.Value {
	if len(b) > 8 {
		return nil
	}
	var u uint64
	for i, c := range b {
		u |= uint64(c) << (8 * i)
	}
	if kind == 'i' {
		shift := 64 - 8*len(b)
		return &tree.Value{Plain: int64(u<<shift) >> shift}
	}
	if u > math.MaxInt64 {
		return &tree.Value{Plain: bigOf(u)}
	}
	return &tree.Value{Plain: int64(u)}
}

func float(b []byte) (float64, bool) {
	switch len(b) {
	case 2:
		return half(binary.LittleEndian.Uint16(b)), true
	case 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), true
	case 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
	}
	return 0, false
}

// half decodes an IEEE 754 binary16.
func half(u uint16) float64 {
	sign, exponent, fraction := 1-2*float64(u>>15), int(u>>10&31), float64(u&1023)
	switch {
	case exponent == 31 && fraction == 0:
		return sign * math.Inf(1)
	case exponent == 31:
		return math.NaN()
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(fraction+1024, exponent-25)
}
