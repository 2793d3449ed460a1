package tensor

import (
	"encoding/binary"
	"slices"
)

// resolve turns gathered elements into their final bytes, in place: byte order
// first, then conjugation, then negation.
func (t *Tensor) resolve(p []byte, info DTypeInfo) {
	if t.Storage.BigEndian {
		swap(p, int(info.Swap))
	}
	if t.Neg && t.DType.Integer() {
		for i := 0; i < len(p); i += int(info.Size) {
			negate(p[i : i+int(info.Size)])
		}
		return
	}
	// The sign is the top bit of a component's last byte. Neg flips both parts
	// of a complex number, Conj the imaginary one.
	unit, parts := int(info.Swap), int(info.Size/info.Swap)
	for part := range parts {
		if t.Neg == (t.Conj && part == 1) {
			continue
		}
		for i := (part+1)*unit - 1; i < len(p); i += parts * unit {
			p[i] ^= 0x80
		}
	}
}

// swap reverses the bytes of every unit of p.
func swap(p []byte, unit int) {
	switch unit {
	case 1:
	case 2:
		for i := 0; i < len(p); i += 2 {
			binary.LittleEndian.PutUint16(p[i:], binary.BigEndian.Uint16(p[i:]))
		}
	case 4:
		for i := 0; i < len(p); i += 4 {
			binary.LittleEndian.PutUint32(p[i:], binary.BigEndian.Uint32(p[i:]))
		}
	default:
		for i := 0; i < len(p); i += unit {
			slices.Reverse(p[i : i+unit])
		}
	}
}

// negate is two's complement negation of a little-endian integer, in place.
func negate(e []byte) {
	carry := byte(1)
	for i := range e {
		e[i] = ^e[i] + carry
		if e[i] != 0 {
			carry = 0
		}
	}
}
