package symbolic

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
)

// A keyHash identifies a value up to Python's == for hashable builtins.
type keyHash [16]byte

func hashOf(tag byte, parts ...[]byte) keyHash {
	var space [256]byte
	b := append(space[:0], tag)
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return keyHash(sum[:16])
}

// hashKey returns the identity of n as a dict key: 1, True and 1.0 are one
// key, so are equal tuples and equal frozensets. ok is false for a value that
// Python cannot hash. A value whose __eq__ is not known here (an Object, a
// Global) is equal to itself only.
//
// Tuples are hashed once each and may be nested as deep as the stream likes:
// the walk keeps its own stack.
func hashKey(n *Node) (k keyHash, ok bool) {
	if _, ok := elements(n); !ok {
		return hashShallow(n)
	}
	stack := []*Node{n}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if top.hashed() != nil {
			stack = stack[:len(stack)-1]
			continue
		}
		pending := false
		items, _ := elements(top)
		for _, c := range items {
			if _, ok := elements(c); ok && c.hashed() == nil {
				stack = append(stack, c)
				pending = true
			}
		}
		// A tuple can contain itself (through a list, which is not hashable)
		// but never only through tuples, so this ends.
		if pending {
			continue
		}
		h, ok := hashShallow(top)
		if !ok {
			return keyHash{}, false
		}
		top.ext().hash = &h
		stack = stack[:len(stack)-1]
	}
	return *n.more.hash, true
}

// Distinct returns the elements of a set that is made from items, in order and
// each once by the equality that keys have here. ok is false if Python cannot
// hash one of them.
func Distinct(items []*Node) (out []*Node, ok bool) {
	seen := make(map[keyHash]bool, len(items))
	for _, i := range items {
		h, ok := hashKey(i)
		if !ok {
			return nil, false
		}
		if !seen[h] {
			seen[h] = true
			out = append(out, i)
		}
	}
	return out, true
}

// hashed is the hash of a tuple or frozenset that has been hashed before.
func (n *Node) hashed() *keyHash {
	if n.more == nil {
		return nil
	}
	return n.more.hash
}

// hashShallow hashes n, whose tuple children have been hashed before.
func hashShallow(n *Node) (keyHash, bool) {
	switch n.Kind {
	case None:
		return hashOf('N'), true
	case Bool, Int:
		if b := n.Big(); b != nil {
			return hashInt(b), true
		}
		return hashInt64(n.Int), true
	case Float:
		return hashFloat(n), true
	case String, Bytes:
		if n.Lazy {
			// Too long to hold: equal only to itself. Real keys are short.
			return hashOf('l', fmt.Appendf(nil, "%p", n)), true
		}
		return hashOf("sb"[n.Kind-String], []byte(n.Text)), true
	case Tuple, FrozenSet:
		return hashItems(n)
	case Global:
		return hashOf('g', []byte(n.Module()), []byte(n.Name())), true
	case Object, Persistent, Extension:
		if unhashable(n) {
			return keyHash{}, false
		}
		if _, ok := elements(n); ok {
			return hashItems(n)
		}
		return hashOf('o', fmt.Appendf(nil, "%p", n)), true
	}
	return keyHash{}, false
}

// elements returns what a tuple or frozenset, or a call that makes one, is hashed by.
func elements(n *Node) ([]*Node, bool) {
	switch {
	case n.Kind == Tuple || n.Kind == FrozenSet:
		return n.Items(), true
	case n.Kind == Object && n.Call() != nil && len(n.Call().Args) == 1 && (n.Call().Func.Is("builtins", "tuple") || n.Call().Func.Is("builtins", "frozenset")):
		return n.Call().Args[0].Items(), true
	}
	return nil, false
}

// unhashable reports whether an object is of one of the classes, among those
// that a checkpoint has, which define __eq__ and no __hash__.
func unhashable(n *Node) bool {
	if n.Kind != Object || n.Call() == nil {
		return false
	}
	class := n.Call().Func
	if class.Is("copyreg", "_reconstructor") && len(n.Call().Args) > 0 {
		class = n.Call().Args[0]
	}
	switch class.FullName() {
	case "builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray",
		"collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque", "argparse.Namespace",
		"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
		"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
		return true
	}
	return false
}

// hashInt64 is hashInt of a small one.
func hashInt64(i int64) keyHash {
	sign, magnitude := byte(2), uint64(i)
	if i < 0 {
		sign, magnitude = 0, -magnitude
	} else if i == 0 {
		sign = 1
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], magnitude)
	return hashOf('i', []byte{sign}, bytes.TrimLeft(b[:], "\x00"))
}

// hashInt hashes an integer by sign and bytes: its decimal form would take
// quadratic time.
func hashInt(i *big.Int) keyHash { return hashOf('i', []byte{byte(i.Sign() + 1)}, i.Bytes()) }

func hashFloat(n *Node) keyHash {
	f := n.Float()
	if f == math.Trunc(f) && !math.IsInf(f, 0) {
		i, _ := big.NewFloat(f).Int(nil)
		return hashInt(i)
	}
	if math.IsNaN(f) {
		return hashOf('o', fmt.Appendf(nil, "%p", n))
	}
	return hashOf('f', binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
}

func hashItems(n *Node) (keyHash, bool) {
	items, _ := elements(n)
	tag, parts := byte('t'), make([][]byte, 0, len(items))
	var seen map[keyHash]bool // of a call of frozenset, whose argument may have equal ones
	if n.Kind == Object && n.Call().Func.Is("builtins", "frozenset") {
		seen = make(map[keyHash]bool, len(items))
	}
	var sum keyHash // of a frozenset: order must not matter
	for _, c := range items {
		var h keyHash
		if known := c.hashed(); known != nil {
			h = *known
		} else {
			s, ok := hashShallow(c)
			if !ok {
				return keyHash{}, false
			}
			h = s
		}
		if seen != nil {
			if seen[h] {
				continue
			}
			seen[h] = true
		}
		parts = append(parts, h[:])
		for i := range sum {
			sum[i] += h[i]
		}
	}
	if n.Kind == FrozenSet || seen != nil {
		tag, parts = 'z', [][]byte{sum[:]}
	}
	return hashOf(tag, parts...), true
}
