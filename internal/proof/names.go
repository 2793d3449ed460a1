package proof

import "hash/maphash"

// A nameIndex finds names by their hash, in some bytes each: of a million tensors
// a map would take more than their claims.
type nameIndex struct {
	name  func(i int) string
	slots []uint32 // open addressing; a name's number plus one, or 0
	n     int
	seed  maphash.Seed // so that nobody can make names that meet
}

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
	at, found := x.slot(x.name(i))
	if found {
		return int(x.slots[at]) - 1
	}
	x.slots[at] = uint32(i + 1)
	x.n++
	return -1
}

// find returns the number of a name, or -1.
func (x *nameIndex) find(name string) int {
	if x.n == 0 {
		return -1
	}
	at, found := x.slot(name)
	if !found {
		return -1
	}
	return int(x.slots[at]) - 1
}

// slot is where a name is, or where it would be.
func (x *nameIndex) slot(name string) (at int, found bool) {
	for at = int(maphash.String(x.seed, name)>>1) & (len(x.slots) - 1); x.slots[at] != 0; at = (at + 1) & (len(x.slots) - 1) {
		if x.name(int(x.slots[at])-1) == name {
			return at, true
		}
	}
	return at, false
}

func (x *nameIndex) grow() {
	old := x.slots
	x.slots = make([]uint32, max(8, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			at, _ := x.slot(x.name(int(s) - 1))
			x.slots[at] = s
		}
	}
}
