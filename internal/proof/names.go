package proof

import "hash/maphash"

// A nameIndex finds names by their hash, in some bytes each: of a million tensors
// a map would take more than their claims.
type nameIndex struct {
	name func(i int) string
	// slots are open addressing: eight bits of the hash, then the name's number plus
	// one, or 0. Most names with other hashes are not looked at.
	slots []uint32
	n     int
	seed  maphash.Seed // so that nobody can make names that meet
}

// maxNames is how many names an index holds at most. A header has no room for as many,
// nor has a tree or a directory within the limits.
const maxNames = 1<<24 - 2

// newNameIndex makes room for so many names.
func newNameIndex(name func(i int) string, n int) *nameIndex {
	size := 8
	for 3*size < 4*n {
		size *= 2
	}
	return &nameIndex{name: name, seed: maphash.MakeSeed(), slots: make([]uint32, size)}
}

// add notes the name of number i, and returns the number that has it already, or -1.
func (x *nameIndex) add(i int) int {
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	at, tag := x.slot(x.name(i))
	if x.slots[at] != 0 {
		return number(x.slots[at])
	}
	x.slots[at] = tag | uint32(i+1)
	x.n++
	return -1
}

// find returns the number of a name, or -1.
func (x *nameIndex) find(name string) int {
	if x.n == 0 {
		return -1
	}
	at, _ := x.slot(name)
	return number(x.slots[at])
}

// number is that of the name in a slot, -1 if it is empty.
func number(slot uint32) int { return int(slot&(1<<24-1)) - 1 }

// slot is where a name is, or the empty one where it would be, with its bits of the hash.
func (x *nameIndex) slot(name string) (at int, tag uint32) {
	h := maphash.String(x.seed, name)
	tag = uint32(h>>32) << 24
	for at = int(h) & (len(x.slots) - 1); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		if s := x.slots[at]; s>>24 == tag>>24 && x.name(number(s)) == name {
			break
		}
	}
	return at, tag
}

func (x *nameIndex) grow() {
	old := x.slots
	x.slots = make([]uint32, max(8, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			at, _ := x.slot(x.name(number(s)))
			x.slots[at] = s
		}
	}
}
