package plain

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A hash identifies a value up to Python's ==, by its upper 60 bits; the lower
// four are zero. Equal values have equal hashes.
type hash = uint64

const (
	hashMask = ^hash(15)

	seedText  = 0x9e3779b97f4a7c15
	seedBytes = 0xc2b2ae3d27d4eb4f
	seedInt   = 0x165667b19e3779f9
	seedFloat = 0xd6e8feb86659fd93
	seedNone  = 0xa0761d6478bd642f
	seedTuple = 0xe7037ed1a0b428db
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x8ebc6af09c88c6e3, b^0x589965cc75374cc3)
	return hi ^ lo
}

// hashBytes hashes b, and reports whether it is ASCII.
func hashBytes(seed uint64, b []byte) (h hash, ascii bool) {
	h = seed ^ uint64(len(b))
	var high uint64
	for len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b)
		high |= v
		h = mix(h, v)
		b = b[8:]
	}
	var rest uint64
	for i, c := range b {
		rest |= uint64(c) << (8 * i)
	}
	high |= rest
	return mix(h, rest) & hashMask, high&0x8080808080808080 == 0
}

func hashInt(v int64) hash { return mix(seedInt, uint64(v)) & hashMask }

// hashFloat hashes a float; ok is false if it may equal an int that has no
// hash here, or not even itself.
func hashFloat(f float64) (h hash, ok bool) {
	switch {
	case math.IsNaN(f), f == math.Trunc(f) && math.Abs(f) >= 1<<62 && !math.IsInf(f, 0):
		return 0, false
	case f == math.Trunc(f) && !math.IsInf(f, 0):
		return hashInt(int64(f)), true
	}
	return mix(seedFloat, math.Float64bits(f)) & hashMask, true
}
