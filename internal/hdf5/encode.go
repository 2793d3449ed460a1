package hdf5

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Number returns the type of little-endian numbers that a code names as numpy
// would: i1 to i8, u1 to u8, f2, f4, f8, and beside these bf16, f8e4m3, f8e5m2,
// and bool, which is h5py's enumeration. It is nil for any other.
func Number(code string) *Type {
	if code == "bool" {
		base := Number("i1")
		return &Type{Class: Enum, Size: 1, Signed: true, Base: base, Values: []Value{{"FALSE", []byte{0}}, {"TRUE", []byte{1}}}}
	}
	for layout, name := range floats {
		if bits := layout.Sign + 1; name == code && bits <= 64 {
			return &Type{Class: Float, Size: int64(bits / 8), Precision: bits, Layout: layout}
		}
	}
	size := strings.Index("1248", strings.TrimLeft(code, "iu"))
	if len(code) != 2 || size < 0 || code[0] != 'i' && code[0] != 'u' {
		return nil
	}
	n := int64(code[1] - '0')
	return &Type{Class: Integer, Size: n, Signed: code[0] == 'i', Precision: int(8 * n)}
}

// ComplexOf returns h5py's type of complex numbers: a compound of two numbers r and i.
func ComplexOf(part *Type) *Type {
	return &Type{Class: Compound, Size: 2 * part.Size, Members: []Member{{"r", 0, part}, {"i", part.Size, part}}}
}

// Words returns the type of UTF-8 strings of any length, as h5py writes str.
func Words() *Type {
	return &Type{Class: VarLen, Text: true, UTF8: true, Size: 16, Base: &Type{Class: String, Size: 1, UTF8: true}}
}

// FixedBytes returns the type of strings of n bytes, as h5py writes numpy's S.
func FixedBytes(n int) *Type { return &Type{Class: String, Size: int64(max(n, 1)), Padding: 1} }

// appendType appends a datatype message.
func appendType(b []byte, t *Type) ([]byte, error) {
	if t.Size < 0 || t.Size > math.MaxUint32 {
		return nil, fmt.Errorf("a type of %d bytes cannot be written", t.Size)
	}
	charset := uint32(0)
	if t.UTF8 {
		charset = 1
	}
	switch t.Class {
	case Integer, Bitfield, Float:
		return appendNumber(b, t)
	case String:
		return appendHead(b, t, 1, uint32(t.Padding)|charset<<4), nil
	case Opaque:
		tag := pad8([]byte(t.Tag))
		if len(tag) > 255 {
			return nil, errors.New("the tag of an opaque type is too long")
		}
		return append(appendHead(b, t, 1, uint32(len(tag))), tag...), nil
	case VarLen:
		if t.Text {
			return appendType(appendHead(b, t, 1, 1|uint32(t.Padding)<<4|charset<<8), t.Base)
		}
	case Enum:
		return appendEnum(appendHead(b, t, 1, uint32(len(t.Values))), t)
	case Compound:
		return appendMembers(appendHead(b, t, 3, uint32(len(t.Members))), t)
	}
	return nil, fmt.Errorf("the type %s cannot be written", t)
}

// appendHead appends what every type begins with.
func appendHead(b []byte, t *Type, version uint8, flags uint32) []byte {
	b = append(b, version<<4|uint8(t.Class))
	b = appendUint(b, uint64(flags), 3)
	return appendUint(b, uint64(t.Size), 4)
}

func appendNumber(b []byte, t *Type) ([]byte, error) {
	flags := uint32(0)
	if t.BigEndian {
		flags = 1
	}
	l := t.Layout
	switch {
	case l.VAX:
		return nil, errors.New("a VAX number cannot be written")
	case t.Class == Float:
		flags |= uint32(l.Norm)<<4 | uint32(l.Sign)<<8
	case t.Signed:
		flags |= 8
	}
	b = appendHead(b, t, 1, flags)
	b = appendUint(b, uint64(t.Offset), 2)
	b = appendUint(b, uint64(t.Precision), 2)
	if t.Class == Float {
		b = append(b, byte(l.Exponent), byte(l.ExponentSize), byte(l.Mantissa), byte(l.MantissaSize))
		b = appendUint(b, uint64(l.Bias), 4)
	}
	return b, nil
}

func appendEnum(b []byte, t *Type) ([]byte, error) {
	b, err := appendType(b, t.Base)
	if err != nil {
		return nil, err
	}
	for _, v := range t.Values {
		b = append(b, pad8(append([]byte(v.Name), 0))...)
	}
	for _, v := range t.Values {
		b = append(b, v.Raw...)
	}
	return b, nil
}

func appendMembers(b []byte, t *Type) ([]byte, error) {
	for _, m := range t.Members {
		if m.Type.holdsReferences() {
			return nil, fmt.Errorf("the type %s cannot be written", t)
		}
		b = append(append(b, m.Name...), 0)
		b = appendUint(b, uint64(m.Offset), bytesFor(t.Size))
		var err error
		if b, err = appendType(b, m.Type); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendSpace appends a dataspace message: a scalar if dims is nil.
func appendSpace(b []byte, dims []int64) []byte {
	kind := Simple
	if dims == nil {
		kind = Scalar
	}
	b = append(b, 2, byte(len(dims)), 0, byte(kind))
	for _, d := range dims {
		b = appendUint(b, uint64(d), 8)
	}
	return b
}
