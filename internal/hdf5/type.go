package hdf5

import (
	"fmt"
	"strings"
)

// A Class is a kind of datatype, numbered as in the file.
type Class uint8

// The classes (section IV.A.2.d of the specification).
const (
	Integer Class = iota
	Float
	Time
	String
	Bitfield
	Opaque
	Compound
	Reference
	Enum
	VarLen
	Array
	Complex
)

// A Type is a datatype.
type Type struct {
	Class     Class
	Size      int64 // bytes of one element where it is stored
	BigEndian bool
	Signed    bool

	// Offset and Precision are the bits that count in numbers and bitfields.
	Offset, Precision int
	Layout            FloatLayout

	UTF8    bool  // of a string: else ASCII
	Padding uint8 // of a string: 0 ends at a NUL, 1 and 2 are padded with NUL and with spaces
	Text    bool  // of a VarLen: a string, else a sequence of Base

	Base    *Type    // of Enum, VarLen, Array and Complex
	Dims    []int64  // of Array
	Members []Member // of Compound
	Values  []Value  // of Enum
	Tag     string   // of Opaque
	Ref     uint8    // of Reference: 0 object, 1 region, 2 to 4 the newer forms
}

// A FloatLayout says where in a number of floating point its parts are, in bits.
type FloatLayout struct {
	Sign, Exponent, ExponentSize, Mantissa, MantissaSize int
	Bias                                                 uint32
	Norm                                                 uint8 // 2: the first bit of the mantissa is implied
	VAX                                                  bool
}

// A Member is a field of a compound.
type Member struct {
	Name   string
	Offset int64
	Type   *Type
}

// A Value is a name of an enumeration and the bytes of its number.
type Value struct {
	Name string
	Raw  []byte
}

// names of the floating point numbers that libraries know.
var floats = map[FloatLayout]string{
	{15, 10, 5, 0, 10, 15, 2, false}:        "f2",
	{31, 23, 8, 0, 23, 127, 2, false}:       "f4",
	{63, 52, 11, 0, 52, 1023, 2, false}:     "f8",
	{15, 7, 8, 0, 7, 127, 2, false}:         "bf16",
	{7, 3, 4, 0, 3, 7, 2, false}:            "f8e4m3",
	{7, 2, 5, 0, 2, 15, 2, false}:           "f8e5m2",
	{79, 64, 15, 0, 64, 16383, 1, false}:    "f10",
	{127, 112, 15, 0, 112, 16383, 2, false}: "f16",
	{79, 64, 15, 0, 64, 16383, 0, false}:    "f10",
}

// String spells the type much as numpy does: <f4, >i2, S7, str for a string of
// variable length, vlen<...>, enum<...>, {name:type@offset...}, [2,3]<...>. A
// number whose bits do not fill its bytes has them in brackets.
func (t *Type) String() string {
	var b strings.Builder
	t.spell(&b)
	return b.String()
}

func (t *Type) spell(b *strings.Builder) {
	order := "<"
	switch {
	case t.BigEndian:
		order = ">"
	case t.Size == 1:
		order = "|"
	}
	switch t.Class {
	case Integer, Bitfield:
		kind := "u"
		if t.Signed {
			kind = "i"
		}
		if t.Class == Bitfield {
			kind = "b"
		}
		fmt.Fprintf(b, "%s%s%d", order, kind, t.Size)
		if int64(t.Precision) != 8*t.Size || t.Offset != 0 {
			fmt.Fprintf(b, "(%d:%d)", t.Offset, t.Precision)
		}
	case Float:
		name := floats[t.Layout]
		if name == "" {
			name = fmt.Sprintf("float%+v", t.Layout)
		}
		fmt.Fprintf(b, "%s%s", order, name)
	case Time:
		fmt.Fprintf(b, "%stime%d", order, t.Size)
	case String:
		fmt.Fprintf(b, "S%d", t.Size)
	case Opaque:
		fmt.Fprintf(b, "V%d(%s)", t.Size, t.Tag)
	case Reference:
		b.WriteString([...]string{"ref", "regref", "ref2", "regref2", "attrref"}[t.Ref])
	default:
		t.spellNested(b)
	}
}

func (t *Type) spellNested(b *strings.Builder) {
	inner := func(kind string) {
		b.WriteString(kind + "<")
		t.Base.spell(b)
		b.WriteByte('>')
	}
	switch t.Class {
	case Compound:
		b.WriteByte('{')
		for i, m := range t.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(m.Name + ":")
			m.Type.spell(b)
			fmt.Fprintf(b, "@%d", m.Offset)
		}
		fmt.Fprintf(b, ";%d}", t.Size)
	case VarLen:
		if t.Text {
			b.WriteString("str")
			return
		}
		inner("vlen")
	case Enum:
		inner("enum")
		for _, v := range t.Values {
			fmt.Fprintf(b, " %s=%x", v.Name, v.Raw)
		}
	case Array:
		inner(strings.ReplaceAll(fmt.Sprint(t.Dims), " ", ","))
	case Complex:
		inner("complex")
	}
}
