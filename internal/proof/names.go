package proof

import (
	"hash/maphash"
	"math"
)

// A nameIndex finds names by their hash, in some bytes each: of a million tensors
// a map would take more than their claims.
type nameIndex struct {
	name func(i int) string
	// slots are open addressing: a part of the hash in the upper half, the name's
	// number plus one in the lower, or 0. Names with other hashes are not looked at.
	slots []uint64
	n     int
	seed  maphash.Seed // so that nobody can make names that meet
}

// newNameIndex makes room for so many names.
func newNameIndex(name func(i int) string, n int) *nameIndex {
	size := 8
	for 3*size < 4*n {
		size *= 2
	}
	return &nameIndex{name: name, seed: maphash.MakeSeed(), slots: make([]uint64, size)}
}

// add notes the name of number i, and returns the number that has it already, or -1.
func (x *nameIndex) add(i int) int {
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	name := x.name(i)
	at, tag := x.slot(name)
	if x.slots[at] != 0 {
		return int(uint32(x.slots[at])) - 1
	}
	x.slots[at] = tag | uint64(i+1)
	x.n++
	return -1
}

// find returns the number of a name, or -1.
func (x *nameIndex) find(name string) int {
	if x.n == 0 {
		return -1
	}
	at, _ := x.slot(name)
	return int(uint32(x.slots[at])) - 1
}

// slot is where a name is, or the empty one where it would be, with its part of the hash.
func (x *nameIndex) slot(name string) (at int, tag uint64) {
	tag = maphash.String(x.seed, name) &^ math.MaxUint32
	for at = x.start(tag); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		if s := x.slots[at]; s>>32 == tag>>32 && x.name(int(uint32(s))-1) == name {
			break
		}
	}
	return at, tag
}

// start is where the search for a hash begins.
func (x *nameIndex) start(tag uint64) int { return int(tag>>32) & (len(x.slots) - 1) }

func (x *nameIndex) grow() {
	old := x.slots
	x.slots = make([]uint64, max(8, 2*len(old)))
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := x.start(s)
		for x.slots[at] != 0 {
			at = (at + 1) & (len(x.slots) - 1)
		}
		x.slots[at] = s
	}
}
