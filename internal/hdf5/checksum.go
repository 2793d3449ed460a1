package hdf5

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// lookup3 is Bob Jenkins' hash hashlittle of lookup3.c with initial value 0,
// the checksum of metadata and the hash of names (H5_checksum_lookup3 in
// src/H5checksum.c).
func lookup3(k []byte) uint32 {
	a := 0xdeadbeef + uint32(len(k))
	b, c := a, a
	if len(k) == 0 {
		return c
	}
	for ; len(k) > 12; k = k[12:] {
		a += binary.LittleEndian.Uint32(k)
		b += binary.LittleEndian.Uint32(k[4:])
		c += binary.LittleEndian.Uint32(k[8:])
		a, b, c = lookup3Mix(a, b, c)
	}
	var tail [12]byte
	copy(tail[:], k)
	a += binary.LittleEndian.Uint32(tail[:])
	b += binary.LittleEndian.Uint32(tail[4:])
	c += binary.LittleEndian.Uint32(tail[8:])
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	return (c ^ b) - bits.RotateLeft32(b, 24)
}

func lookup3Mix(a, b, c uint32) (uint32, uint32, uint32) {
	a = (a - c) ^ bits.RotateLeft32(c, 4)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 6)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 8)
	b += a
	a = (a - c) ^ bits.RotateLeft32(c, 16)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 19)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 4)
	b += a
	return a, b, c
}

// fletcher32 is the checksum of the filter of that name
// (H5_checksum_fletcher32 in src/H5checksum.c): sums of big-endian words of
// 16 bits, modulo 65535.
func fletcher32(b []byte) uint32 {
	var s1, s2 uint32
	for len(b) >= 2 {
		n := min(len(b)/2, 360)
		for range n {
			s1 += uint32(b[0])<<8 | uint32(b[1])
			s2 += s1
			b = b[2:]
		}
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
	}
	if len(b) == 1 {
		s1 += uint32(b[0]) << 8
		s2 += s1
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
	}
	s1 = s1&0xffff + s1>>16
	s2 = s2&0xffff + s2>>16
	return s2<<16 | s1
}

// checked reads the n bytes at off, of which the last four must be the
// checksum of the others, and returns a cursor for the others.
func (f *File) checked(off, n int64, what string) (*cursor, error) {
	return f.checkedPart(off, n, n-4, what)
}

// checkedPart reads the n bytes at off. The first used ones are followed by
// their checksum, and returned; what follows is room that is not in use.
func (f *File) checkedPart(off, n, used int64, what string) (*cursor, error) {
	if used < 0 || used+4 > n {
		return nil, &FormatError{max(off, 0), fmt.Sprintf("%s of %d bytes is too short", what, n)}
	}
	c, err := f.structure(off, n, what)
	if err != nil {
		return nil, err
	}
	sum := binary.LittleEndian.Uint32(c.b[used:])
	c.b = c.b[:used]
	if sum != lookup3(c.b) {
		return nil, &FormatError{off, "the checksum of " + what + " is wrong"}
	}
	return c, nil
}
