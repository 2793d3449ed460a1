package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// undefined stands for the address that a file spells with all bits set.
const undefined = -1

// A cursor decodes little-endian fields of bytes that lie at a known place in
// the file. Its first error sticks; after it every field is 0.
type cursor struct {
	f   *File
	b   []byte
	at  int64 // the place of b[0] in the file
	pos int
	err error
}

// place is where the next field lies in the file.
func (c *cursor) place() int64 { return c.at + int64(c.pos) }

func (c *cursor) rest() int { return len(c.b) - c.pos }

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &FormatError{c.place(), fmt.Sprintf(format, args...)}
	}
}

// take returns the next n bytes, which it does not copy, or nil.
func (c *cursor) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > c.rest() {
		c.fail("%d bytes are needed and %d are left", n, c.rest())
		return nil
	}
	c.pos += n
	return c.b[c.pos-n : c.pos]
}

func (c *cursor) skip(n int) { c.take(n) }

// uint reads an unsigned integer of n bytes, at most 8.
func (c *cursor) uint(n int) uint64 {
	var v [8]byte
	copy(v[:], c.take(n))
	return binary.LittleEndian.Uint64(v[:])
}

func (c *cursor) u8() uint8   { return uint8(c.uint(1)) }
func (c *cursor) u16() uint16 { return uint16(c.uint(2)) }
func (c *cursor) u32() uint32 { return uint32(c.uint(4)) }

// size reads an unsigned integer of n bytes that must be less than 2^63.
func (c *cursor) size(n int) int64 {
	v := c.uint(n)
	if v > math.MaxInt64 {
		c.fail("the number %#x is too large", v)
		return 0
	}
	return int64(v)
}

// length reads a number of the width that the superblock gives to lengths.
func (c *cursor) length() int64 { return c.size(c.f.lengthSize) }

// address reads an address and returns the place in the file, or undefined.
func (c *cursor) address() int64 {
	n := c.f.offsetSize
	v := c.uint(n)
	if v == math.MaxUint64>>(64-8*n) {
		return undefined
	}
	if v > uint64(math.MaxInt64-c.f.Base) {
		c.fail("the address %#x is outside any file", v)
		return undefined
	}
	return c.f.Base + int64(v)
}

// signature checks the four letters of a structure and the byte of its version.
func (c *cursor) signature(letters string, version uint8) {
	if b := c.take(4); c.err == nil && string(b) != letters {
		c.pos -= 4
		c.fail("the signature %s is not there", letters)
	}
	c.version(version)
}

func (c *cursor) version(want uint8) {
	if v := c.u8(); c.err == nil && v != want {
		c.pos--
		c.fail("version %d is not known", v)
	}
}

// text reads a name that a NUL ends, and the NUL.
func (c *cursor) text() string {
	if c.err != nil {
		return ""
	}
	n := bytes.IndexByte(c.b[c.pos:], 0)
	if n < 0 {
		c.fail("a name has no end")
		return ""
	}
	s := string(c.take(n))
	c.skip(1)
	return s
}

// padded reads a field of n bytes and the padding to a multiple of 8.
func (c *cursor) padded(n int) []byte {
	b := c.take(n)
	c.skip(-n & 7)
	return b
}

// sub returns a cursor for the next n bytes alone.
func (c *cursor) sub(n int) *cursor {
	at := c.place()
	return &cursor{f: c.f, b: c.take(n), at: at, err: c.err}
}

// held counts one more thing to hold, with names of n bytes; see File.member.
func (c *cursor) held(n int) {
	if c.err == nil {
		c.err = errors.Join(c.f.member(c.place()), c.f.keep(c.place(), n))
	}
}
