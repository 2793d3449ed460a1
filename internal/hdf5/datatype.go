package hdf5

import (
	"bytes"
	"math/bits"
)

// maxTypeDepth is how deep types may stand in types.
const maxTypeDepth = 32

// datatype reads a datatype message, or a type inside one.
func (c *cursor) datatype(depth int) *Type {
	head := c.u8()
	flags := uint32(c.uint(3))
	t := &Type{Class: Class(head & 15), Size: int64(c.u32())}
	version := head >> 4
	if depth > 0 {
		c.held(0)
	}
	switch {
	case c.err != nil:
		return t
	case depth > maxTypeDepth:
		c.fail("types stand in more than %d types", maxTypeDepth)
	case version < 1 || version > 5:
		c.fail("datatype version %d is not known", version)
	case t.Size == 0 && t.Class != String && t.Class != Opaque:
		c.fail("a type has no size")
	}
	if t.Class >= Compound && t.Class != Reference {
		c.nested(t, version, flags, depth)
		return t
	}
	switch t.Class {
	case Integer, Bitfield, Float, Time:
		c.number(t, flags)
	case String:
		t.Padding, t.UTF8 = uint8(flags&15), flags>>4&15 == 1
		if t.Padding > 2 || flags>>4&15 > 1 {
			c.fail("a string of padding %d and character set %d is not known", t.Padding, flags>>4&15)
		}
	case Opaque:
		t.Tag = untilNUL(c.take(int(flags & 0xff)))
	case Reference:
		if t.Ref = uint8(flags & 15); t.Ref > 4 {
			c.fail("a reference of kind %d is not known", t.Ref)
			t.Ref = 0
		}
	}
	return t
}

// nested reads what follows for types that are made of others.
func (c *cursor) nested(t *Type, version uint8, flags uint32, depth int) {
	switch t.Class {
	case Compound:
		c.compound(t, version, int(flags&0xffff), depth)
	case Enum:
		c.enum(t, version, int(flags&0xffff), depth)
	case VarLen:
		t.Text, t.Padding, t.UTF8 = flags&15 == 1, uint8(flags>>4&15), flags>>8&15 == 1
		t.Base = c.datatype(depth + 1)
		if flags&15 > 1 {
			c.fail("a variable length of kind %d is not known", flags&15)
		}
		if t.Size != int64(8+c.f.offsetSize) {
			c.fail("elements of variable length have %d bytes, not %d", t.Size, 8+c.f.offsetSize)
		}
	case Array:
		if c.array(t, version, depth); c.err == nil && !t.fits() {
			c.fail("the size of an array type is not that of its elements")
		}
	case Complex:
		t.Base = c.datatype(depth + 1)
		t.BigEndian = t.Base.BigEndian
	default:
		c.fail("a type of class %d is not known", t.Class)
	}
}

// fits reports whether an array's size is its elements'.
func (t *Type) fits() bool {
	n := uint64(t.Base.Size)
	for _, d := range t.Dims {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 {
			return false
		}
		n = lo
	}
	return n == uint64(t.Size)
}

// number reads what follows for integers, bitfields, floats and times.
func (c *cursor) number(t *Type, flags uint32) {
	t.BigEndian = flags&1 != 0
	if t.Class == Time {
		t.Precision = int(c.u16())
		return
	}
	t.Offset, t.Precision = int(c.u16()), int(c.u16())
	if c.err == nil && int64(t.Offset+t.Precision) > 8*t.Size {
		c.fail("%d bits at %d do not fit into %d bytes", t.Precision, t.Offset, t.Size)
	}
	if t.Class != Float {
		t.Signed = t.Class == Integer && flags&8 != 0
		return
	}
	l := &t.Layout
	l.Sign, l.Norm, l.VAX = int(flags>>8&0xff), uint8(flags>>4&3), flags&0x40 != 0
	l.Exponent, l.ExponentSize = int(c.u8()), int(c.u8())
	l.Mantissa, l.MantissaSize = int(c.u8()), int(c.u8())
	l.Bias = c.u32()
}

func (c *cursor) compound(t *Type, version uint8, count, depth int) {
	for range count {
		if c.err != nil {
			return
		}
		var m Member
		at := c.pos
		if version < 3 {
			m.Name = c.text()
			c.skip(-(c.pos - at) & 7)
			m.Offset = int64(c.u32())
		} else {
			m.Name = c.text()
			m.Offset = c.size(bytesFor(t.Size))
		}
		c.held(c.pos - at)
		var dims []int64
		if version == 1 {
			dims = c.oldDims()
		}
		if m.Type = c.datatype(depth + 1); len(dims) > 0 {
			a := &Type{Class: Array, Base: m.Type, Dims: dims, Size: m.Type.Size}
			for _, d := range dims {
				a.Size *= max(d, 1)
			}
			m.Type = a
		}
		if c.err == nil && (m.Offset > t.Size || m.Type.Size > t.Size-m.Offset || m.Type.Size < 0) {
			c.fail("a member of a compound does not fit into it")
		}
		t.Members = append(t.Members, m)
	}
}

// oldDims reads the dimensions that a member of a version 1 compound may have.
func (c *cursor) oldDims() (dims []int64) {
	rank := int(c.u8())
	c.skip(3 + 4 + 4)
	for i := range 4 {
		if d := int64(c.u32()); i < rank {
			dims = append(dims, d)
		}
	}
	if rank > 4 {
		c.fail("an array in a compound has %d dimensions", rank)
	}
	for _, d := range dims {
		if d == 0 || d > 1<<15 {
			c.fail("an array in a compound has a dimension of %d", d)
		}
	}
	return dims
}

func (c *cursor) enum(t *Type, version uint8, count, depth int) {
	t.Base = c.datatype(depth + 1)
	if c.err == nil && (t.Base.Class != Integer || t.Base.Size != t.Size) {
		c.fail("an enumeration is not made of integers of its size")
	}
	t.BigEndian, t.Signed = t.Base.BigEndian, t.Base.Signed
	for range count {
		if c.err != nil {
			return
		}
		at := c.pos
		t.Values = append(t.Values, Value{Name: c.text()})
		c.held(c.pos - at)
		if version < 3 {
			c.skip(-(c.pos - at) & 7)
		}
	}
	for i := range t.Values {
		t.Values[i].Raw = bytes.Clone(c.take(int(t.Base.Size)))
	}
}

func (c *cursor) array(t *Type, version uint8, depth int) {
	rank := int(c.u8())
	if version < 3 {
		c.skip(3)
	}
	if rank > maxRank {
		c.fail("an array type has %d dimensions", rank)
		return
	}
	for range rank {
		t.Dims = append(t.Dims, int64(c.u32()))
	}
	if version < 3 {
		c.skip(4 * rank) // permutations
	}
	t.Base = c.datatype(depth + 1)
}

// bytesFor is how many bytes hold the number n (H5VM_limit_enc_size).
func bytesFor(n int64) int { return (max(bits.Len64(uint64(n)), 1)-1)/8 + 1 }

func untilNUL(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// holdsReferences reports whether elements of the type point to the global heap.
func (t *Type) holdsReferences() bool {
	switch t.Class {
	case VarLen:
		return true
	case Reference:
		return t.Ref >= 1
	case Array:
		return t.Base.holdsReferences()
	case Compound:
		for _, m := range t.Members {
			if m.Type.holdsReferences() {
				return true
			}
		}
	}
	return false
}
