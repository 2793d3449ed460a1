package zipfile

import (
	"hash/maphash"
	"strings"
)

// A nameTable finds entries by their names in lower case: open addressing over the
// index of an entry plus one, or 0.
type nameTable struct {
	slots []uint32
	seed  maphash.Seed // so that nobody can make names that meet
}

// fill puts all entries into the table. It reports false if two of them have one name,
// or one a name that ends at a NUL.
func (n *nameTable) fill(t *table) bool {
	size := 8
	for 3*size < 4*t.len() {
		size *= 2
	}
	n.slots, n.seed = make([]uint32, size), maphash.MakeSeed()
	for i := range t.list {
		name := t.folded(i)
		at := n.slot(t, name)
		if n.slots[at] != 0 || strings.IndexByte(name, 0) >= 0 {
			return false
		}
		n.slots[at] = uint32(i + 1)
	}
	return true
}

// find returns the index of the entry of a name, or -1.
func (n *nameTable) find(t *table, name string) int { return int(n.slots[n.slot(t, name)]) - 1 }

// slot is where a name is, or the empty one where it would be.
func (n *nameTable) slot(t *table, name string) int {
	at := int(maphash.String(n.seed, name)>>1) & (len(n.slots) - 1)
	for n.slots[at] != 0 && t.folded(int(n.slots[at])-1) != name {
		at = (at + 1) & (len(n.slots) - 1)
	}
	return at
}
