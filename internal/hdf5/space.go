package hdf5

import "math/bits"

// maxRank is the most dimensions that HDF5 allows (H5S_MAX_RANK).
const maxRank = 32

// A SpaceKind says what a dataspace is.
type SpaceKind uint8

// The kinds of dataspace, numbered as in the file.
const (
	Scalar SpaceKind = iota // one element
	Simple                  // an array
	Null                    // no element
)

// A Space is how many elements there are.
type Space struct {
	Kind SpaceKind
	Dims []int64 // of Simple
	Max  []int64 // what Dims may become, -1 without limit; nil where it is Dims
}

// Elements is the number of elements, and false if it is 2^63 or more.
func (s Space) Elements() (int64, bool) {
	if s.Kind == Null {
		return 0, true
	}
	return product(s.Dims)
}

// product multiplies; it is false from 2^63 on. A zero anywhere makes zero.
func product(dims []int64) (int64, bool) {
	n, over := uint64(1), false
	for _, d := range dims {
		if d == 0 {
			return 0, true
		}
		hi, lo := bits.Mul64(n, uint64(d))
		over = over || hi != 0 || lo >= 1<<63
		n = lo
	}
	return int64(n), !over
}

// dataspace reads a dataspace message.
func (c *cursor) dataspace() Space {
	version := c.u8()
	rank := int(c.u8())
	flags := c.u8()
	kind := SpaceKind(c.u8())
	switch {
	case c.err != nil:
		return Space{}
	case version == 1:
		c.skip(4)
		if kind = Simple; rank == 0 {
			kind = Scalar
		}
	case version != 2:
		c.fail("dataspace version %d is not known", version)
	}
	if rank > maxRank || kind > Null || kind != Simple && rank != 0 || flags > 1 {
		c.fail("a dataspace of kind %d, %d dimensions and flags %d is not known", kind, rank, flags)
	}
	s := Space{Kind: kind}
	if c.err != nil {
		return s
	}
	for range rank {
		s.Dims = append(s.Dims, c.length())
	}
	if flags&1 == 0 {
		return s
	}
	for i := range rank {
		if v := c.uint(c.f.lengthSize); v == 1<<(8*c.f.lengthSize)-1 {
			s.Max = append(s.Max, -1)
		} else {
			c.pos -= c.f.lengthSize
			s.Max = append(s.Max, c.length())
		}
		if c.err == nil && s.Max[i] >= 0 && s.Max[i] < s.Dims[i] {
			c.fail("a dimension is larger than it may become")
		}
	}
	return s
}
