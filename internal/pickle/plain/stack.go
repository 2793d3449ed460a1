package plain

import (
	"slices"

	p "github.com/modelaudit/action/internal/pickle"
)

// Sizes of what is counted against Options.MaxBytes.
const (
	sizeValue = 16
	sizeMark  = 4
	sizeKey   = 8
	sizeEntry = 8
)

// reserve takes bytes from the room that is left, of which besides must stay.
func (s *reader) reserve(bytes, besides int64) bool {
	s.room -= bytes
	if s.small -= bytes; s.small < 0 && s.large != nil {
		s.large()
		s.large = nil
	}
	return s.room >= besides
}

// grow makes room in list for n more elements, within what room is left: the
// old list is garbage then, and counts until the next one.
func grow[T any](s *reader, list []T, n int, size int64) ([]T, bool) {
	if cap(list)-len(list) >= n {
		return list, true
	}
	more := max(n, cap(list)/2, min(cap(list), 4096), 64)
	if !s.reserve(int64(more)*size, int64(cap(list))*size) {
		return list, false
	}
	out := make([]T, len(list), len(list)+more)
	copy(out, list)
	return out, true
}

func (s *reader) push(v value) bool {
	if len(s.stack) == cap(s.stack) {
		var ok bool
		if s.stack, ok = grow(s, s.stack, 1, sizeValue); !ok {
			return false
		}
	}
	s.stack = append(s.stack, v)
	return true
}

func (s *reader) mark() bool {
	var ok bool
	if s.marks, ok = grow(s, s.marks, 1, sizeMark); !ok {
		return false
	}
	s.marks = append(s.marks, int32(len(s.stack)))
	return true
}

// fence is the height below which no opcode but a MARK-consuming one may reach.
func (s *reader) fence() int {
	if len(s.marks) == 0 {
		return 0
	}
	return int(s.marks[len(s.marks)-1])
}

// top is the topmost value, nil if there is none above the mark.
func (s *reader) top() *value {
	if len(s.stack) <= s.fence() {
		return nil
	}
	return &s.stack[len(s.stack)-1]
}

// popMark removes the topmost mark; above at stands what it held.
func (s *reader) popMark() (at int, ok bool) {
	if len(s.marks) == 0 {
		return 0, false
	}
	at = s.fence()
	s.marks = s.marks[:len(s.marks)-1]
	return at, true
}

// pop is POP, which also removes a mark.
func (s *reader) pop() bool {
	if n := len(s.marks); n > 0 && s.fence() == len(s.stack) {
		s.marks = s.marks[:n-1]
		return true
	}
	return s.top() != nil && s.drop(len(s.stack)-1)
}

// drop removes everything from at on.
func (s *reader) drop(at int) bool {
	if !s.settle(at) {
		return false
	}
	s.stack = s.stack[:at]
	return true
}

// settle ends all change of the values from at on: the memo learns what they
// are, and the keys of dicts are compared.
func (s *reader) settle(at int) bool {
	for i := len(s.stack) - 1; i >= at; i-- {
		v := &s.stack[i]
		if v.kind == done {
			continue
		}
		if v.kind == dict {
			begin := v.ref >> keysShift
			if !distinct(s.keys[begin:]) {
				return false
			}
			s.keys = s.keys[:begin]
		}
		if at := uint32(v.ref); at > 0 {
			*s.memo.at(int(at - 1)) = pack(&value{paths: v.paths, depth: v.depth})
		}
		*v = value{paths: v.paths, depth: v.depth}
	}
	return true
}

// distinct reports whether no two hashes are equal. It changes their order.
func distinct(keys []hash) bool {
	if len(keys) > 12 {
		slices.Sort(keys)
		for i := 1; i < len(keys); i++ {
			if keys[i] == keys[i-1] {
				return false
			}
		}
		return true
	}
	for i, k := range keys {
		for _, other := range keys[:i] {
			if k == other {
				return false
			}
		}
	}
	return true
}

func (s *reader) getFixed(width int) bool {
	b, ok := s.in.take(width)
	return ok && s.get(int64(length(b)))
}

func (s *reader) get(i int64) bool {
	s.out.Gets++
	if i >= int64(s.memo.n) {
		return false
	}
	entry := s.memo.at(int(i))
	if *entry&15 == entryOpen {
		// It stays on the stack until its entry is closed. What takes it from
		// here must see all of it, so this is all of it.
		v := &s.stack[*entry>>4]
		v.flags |= frozen
		*entry = pack(&value{paths: v.paths, depth: v.depth})
	}
	v, ok := unpack(*entry)
	return ok && s.push(v)
}

func (s *reader) putFixed(width int) bool {
	b, ok := s.in.take(width)
	return ok && s.put(int64(length(b)))
}

// maxGap is how many memo entries may be left out at a time: so few that no
// unpickler's table grows out of proportion.
const maxGap = 16

// put is PUT and its kin. Python writes the entries in order; a few may be left
// out, but none may be written twice.
func (s *reader) put(i int64) bool {
	if i < int64(s.memo.n) || i > int64(s.memo.n)+maxGap {
		return false
	}
	for int64(s.memo.n) < i {
		s.memo.gaps = true
		if !s.remember(entryNone) {
			return false
		}
	}
	return s.putNext()
}

// memoize is MEMOIZE, which counts the entries that there are.
func (s *reader) memoize() bool { return !s.memo.gaps && s.putNext() }

// putNext writes the next entry.
func (s *reader) putNext() bool {
	v := s.top()
	if v == nil {
		return false
	}
	if v.kind == done {
		return s.remember(pack(v))
	}
	if uint32(v.ref) > 0 {
		return false
	}
	v.ref |= uint64(s.memo.n + 1)
	return s.remember(uint64(len(s.stack)-1)<<4 | entryOpen)
}

func (s *reader) remember(entry uint64) bool {
	m := &s.memo
	if m.n == len(m.pieces)<<memoShift {
		if !s.reserve(memoPiece*sizeEntry, 0) || int64(m.n) == maxMemo {
			return false
		}
		m.pieces = append(m.pieces, new([memoPiece]uint64))
	}
	*m.at(m.n) = entry
	m.n++
	return true
}

// newDict is an empty dict whose keys will stand behind those there are.
func (s *reader) newDict() value {
	v := empty(dict)
	v.ref = uint64(len(s.keys)) << keysShift
	return v
}

// marked makes a tuple, list, dict or frozenset of what stands above the mark.
func (s *reader) marked(code p.Opcode) bool {
	at, ok := s.popMark()
	if !ok {
		return false
	}
	switch code {
	case p.OpTuple:
		return s.tuple(at)
	case p.OpFrozenSet:
		return s.frozenSet(at)
	}
	if !s.settle(at) {
		return false
	}
	v := empty(list)
	if code == p.OpDict {
		v = s.newDict()
		if !s.setItems(&v, s.stack[at:]) {
			return false
		}
	} else if !s.collect(&v, s.stack[at:], 0) {
		return false
	}
	s.stack = s.stack[:at]
	return s.push(v)
}
