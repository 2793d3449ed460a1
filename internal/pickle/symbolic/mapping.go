package symbolic

import (
	"hash/maphash"
	"math"
)

// A mapping is what a dict holds, or the elements of a set by key.
type mapping struct {
	pairs []Pair
	index index
	thin  []keyHash // keys of items that are thrown away
	kept  *Kept     // what is kept of them, nil if nothing
}

// An index finds keys by their hash: open addressing over slots of 8 bytes, of
// which the upper half is a part of the hash and the lower the place plus one.
type index struct {
	slots []uint64
	n     int
	seed  maphash.Seed // so that nobody can make keys that meet
}

// find returns the place of the key, and whether it is there; if not, it puts
// next there. same says whether the key at a place has that hash.
func (x *index) find(h keyHash, next int, same func(int) bool) (at int, found bool) {
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	tag := maphash.Bytes(x.seed, h[:]) &^ math.MaxUint32
	for i := x.start(tag); ; i = (i + 1) & (len(x.slots) - 1) {
		slot := x.slots[i]
		if slot == 0 {
			x.slots[i] = tag | uint64(next+1)
			x.n++
			return next, false
		}
		if at := int(uint32(slot)) - 1; slot>>32 == tag>>32 && same(at) {
			return at, true
		}
	}
}

// start is where the search for a tag begins.
func (x *index) start(tag uint64) int {
	return int(tag>>32) & (len(x.slots) - 1)
}

func (x *index) grow() {
	old := x.slots
	if old == nil {
		x.seed = maphash.MakeSeed()
	}
	x.slots = make([]uint64, max(8, 2*len(old)))
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := x.start(slot)
		for x.slots[i] != 0 {
			i = (i + 1) & (len(x.slots) - 1)
		}
		x.slots[i] = slot
	}
}

// Without returns a copy of a dict that lacks the items of some keys.
func (n *Node) Without(key func(*Node) bool) *Node {
	left := &mapping{}
	for _, p := range n.Pairs() {
		if !key(p.Key) {
			left.pairs = append(left.pairs, p)
		}
	}
	return &Node{Kind: n.Kind, Pos: n.Pos, more: &more{dict: left}}
}
