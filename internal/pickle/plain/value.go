package plain

// A value is what is known of a value on the stack: what it needs to be a key,
// and how large it is to who walks it as a tree.
type value struct {
	ref   uint64 // of a list, dict or set, see there; else its hash if hashed is set
	paths uint32 // as symbolic.Extent counts
	depth uint16
	kind  kind
	flags flags
}

// For a list, dict or set ref is the index of its memo entry plus one, 0 if it
// has none; for a dict, above that, where in reader.keys its own keys begin.
// They end where those of the next dict on the stack begin, since only the
// value on top of the stack can change.
const keysShift = 32

type kind uint8

const (
	done kind = iota // what cannot change, and what must not: it is part of another value, or from the memo
	list
	dict
	set
)

type flags uint8

const (
	hashable flags = 1 << iota
	hashed         // ref is its hash
	frozen         // a list, dict or set that was taken from the memo, so that it must not change
)

func scalar(h hash) value { return value{ref: h, paths: 1, depth: 1, flags: hashable | hashed} }

// opaque is a scalar that can be hashed but whose hash is not known.
func opaque() value { return value{paths: 1, depth: 1, flags: hashable} }

func empty(k kind) value { return value{paths: 1, depth: 1, kind: k} }

// holds adds what is inside to the measure of v.
func (v *value) holds(in *value) {
	v.paths += in.paths // both are at most maxPaths
	v.depth = max(v.depth, in.depth+1)
}

func (v *value) small() bool { return v.depth <= maxDepth && v.paths <= maxPaths }

// A memo holds 8 bytes for an entry, in pieces, so that it grows without a copy.
type memo struct {
	pieces []*[memoPiece]uint64
	n      int
	gaps   bool // an index was left out, so that the next one is not n for all readers
}

const (
	memoShift = 9
	memoPiece = 1 << memoShift
	maxMemo   = 1 << 31
)

// What the lower four bits of an entry say; the upper ones hold the hash, or
// depth and paths.
const (
	entryNone   = iota // never written
	entryOpen          // a list, dict or set that may still change; the upper bits say where on the stack
	entryHash          // a scalar or an empty tuple, with its hash
	entryScalar        // a scalar
	entryTuple         // hashable, with depth and paths
	entryRest          // not hashable, with depth and paths
)

func (m *memo) at(i int) *uint64 { return &m.pieces[i>>memoShift][i&(memoPiece-1)] }

// pack is the memo entry for a value that does not change any more.
func pack(v *value) uint64 {
	measure := uint64(v.depth)<<40 | uint64(v.paths)<<8
	switch {
	case v.flags&hashed != 0 && v.depth == 1 && v.paths == 1:
		return v.ref&hashMask | entryHash
	case v.flags&hashable != 0 && v.depth == 1 && v.paths == 1:
		return entryScalar
	case v.flags&hashable != 0:
		return measure | entryTuple
	}
	return measure | entryRest
}

// unpack is the value of a memo entry, ok is false where there is none.
func unpack(e uint64) (v value, ok bool) {
	switch e & 15 {
	case entryHash:
		return scalar(e & hashMask), true
	case entryScalar:
		return opaque(), true
	case entryTuple, entryRest:
		v = value{paths: uint32(e >> 8), depth: uint16(e >> 40)}
		if e&15 == entryTuple {
			v.flags = hashable
		}
		return v, true
	}
	return value{}, false
}
