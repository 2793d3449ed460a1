package hdf5

import (
	"errors"
	"math"
)

// appendUint appends the n low bytes of v, least significant first.
func appendUint(b []byte, v uint64, n int) []byte {
	for range n {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}

// pad8 appends zeros up to a multiple of 8.
func pad8(b []byte) []byte { return append(b, make([]byte, -len(b)&7)...) }

// A heapBuilder makes a global heap of strings, which it numbers from 1.
type heapBuilder struct{ values []string }

func (h *heapBuilder) add(value string) (number int) {
	h.values = append(h.values, value)
	return len(h.values)
}

// encode returns the collection, for addresses and lengths of those sizes.
func (h *heapBuilder) encode(offsetSize, lengthSize int) ([]byte, error) {
	const least = 4096 // H5HG_MINSIZE
	if len(h.values) > math.MaxUint16 {
		return nil, errors.New("more than 65535 strings do not go into one global heap")
	}
	head := (8 + lengthSize + 7) &^ 7
	size := 2 * head // its own head, and that of the free space at the end
	for _, v := range h.values {
		size += head + (len(v)+7)&^7
	}
	size = max(size, least)
	if lengthSize < 8 && uint64(size) >= 1<<(8*lengthSize) {
		return nil, errors.New("the file's lengths are too short for a value")
	}
	b := append(make([]byte, 0, size), "GCOL\x01\x00\x00\x00"...)
	b = pad8(appendUint(b, uint64(size), lengthSize))
	for i, v := range h.values {
		b = appendUint(b, uint64(i+1), 2)
		b = append(b, 1, 0, 0, 0, 0, 0) // one reference
		b = pad8(appendUint(b, uint64(len(v)), lengthSize))
		b = pad8(append(b, v...))
	}
	b = appendUint(b, 0, 8)
	b = appendUint(b, uint64(size-len(b)+8), lengthSize)
	return append(b, make([]byte, size-len(b))...), nil
}
