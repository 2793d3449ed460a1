package symbolic

import p "github.com/modelaudit/action/internal/pickle"

// An arrayTrail follows the opcodes that make one numpy array, from the call of
// _reconstruct to its BUILD: as long as it is alive, nothing but the array, the
// stack and the memo entries from base on refers to what they made.
type arrayTrail struct {
	array  *Node // nil: there is none
	base   int64 // the first memo entry of the trail
	height int   // of the stack
	marks  int
	bytes  int64 // taken before it began
}

// beginArray notes the call that was just recorded if it makes an array of numpy.
func (m *machine) beginArray(fn, args *Node) {
	m.fold.trail = arrayTrail{}
	items := args.Items()
	if !fn.Is("numpy.core.multiarray", "_reconstruct") && !fn.Is("numpy._core.multiarray", "_reconstruct") ||
		args.Kind != Tuple || len(items) != 3 || items[0].Kind != Global || items[1].Kind != Tuple || items[2].Kind != Bytes {
		return
	}
	n := int64(m.memo.entries.n)
	if m.memo.entries.get(n-1) != args || m.memo.entries.get(n-2) != items[1] || !m.madeInOrder() {
		return
	}
	const made = 2*(costNode+costSurvey+costMore) + 4*costItem
	m.fold.trail = arrayTrail{array: m.stack[len(m.stack)-1], base: n - 2, height: len(m.stack), marks: len(m.marks), bytes: m.memo.bytes - costNode - costSurvey - costMore - costCall - costEvent - made}
}

// madeInOrder reports whether the opcodes just before are those that make
// (class, (0,), b"b"), the two tuples put into the memo.
func (m *machine) madeInOrder() bool {
	codes := m.fold.codes >> 8 // before REDUCE
	next := func() p.Opcode {
		c := p.Opcode(codes)
		codes >>= 8
		return c
	}
	if !memoizes(next()) || next() != p.OpTuple3 {
		return false
	}
	if c := next(); c != p.OpBinGet && c != p.OpLongBinGet {
		return false
	}
	return memoizes(next()) && next() == p.OpTuple1
}

// followArray ends the trail at an opcode that arrays are not made with.
func (m *machine) followArray() {
	t := &m.fold.trail
	switch m.op.Code {
	case p.OpMark, p.OpBinInt, p.OpBinInt1, p.OpBinInt2, p.OpEmptyTuple, p.OpTuple, p.OpTuple1, p.OpTuple2, p.OpTuple3, p.OpNewTrue, p.OpNewFalse,
		p.OpShortBinBytes, p.OpBinBytes, p.OpMemoize, p.OpBuild:
	case p.OpBinGet, p.OpLongBinGet:
		if m.op.Int >= t.base {
			t.array = nil
		}
	case p.OpBinPut, p.OpLongBinPut:
		if m.op.Int != int64(m.memo.entries.n) {
			t.array = nil
		}
	default:
		t.array = nil
	}
}

// foldArray gives an array that differs from an earlier one in nothing but its
// shape and bytes the earlier one's call and state, and takes its event back. It
// reports false for any other BUILD.
func (m *machine) foldArray(target, state *Node) bool {
	t := m.fold.trail
	m.fold.trail.array = nil
	if t.array != target || len(m.stack) != t.height || len(m.marks) != t.marks || !arrayState(state) {
		return false
	}
	like := m.fold.array
	if like == nil || like.Call().Func != target.Call().Func || like.Call().Live[0] != target.Call().Live[0] ||
		!onceBuilt(like) || like.States()[0].Value.Items()[2] != state.Items()[2] {
		m.fold.next = target
		return false
	}
	last := len(m.tr.Events) - 1
	if last < 0 || m.tr.Events[last].Kind != EventCall || m.tr.Events[last].Node != target {
		return false
	}
	m.tr.Events = m.tr.Events[:last]
	n := int64(m.memo.entries.n)
	for i := t.base; i < n; i++ {
		if m.memo.entries.get(i) != target {
			m.memo.entries.put(i, m.nothing())
		}
	}
	like.flags |= common
	target.more = like.more
	target.flags |= common
	m.memo.bytes = t.bytes + costNode + costSurvey + costEntry*(n-t.base)
	m.fold.done = true
	return true
}

// arrayState reports whether a state is that of an array whose elements are bytes.
func arrayState(n *Node) bool {
	i := n.Items()
	if n.Kind != Tuple || len(i) != 5 || i[0].Kind != Int || i[1].Kind != Tuple || i[2].Kind != Object || i[3].Kind != Bool || i[4].Kind != Bytes {
		return false
	}
	for _, d := range i[1].Items() {
		if d.Kind != Int || d.Int < 0 || len(i[1].Items()) > 32 {
			return false
		}
	}
	return true
}

// onceBuilt reports whether an array got one state and nothing else.
func onceBuilt(n *Node) bool {
	return n.more.items == nil && n.more.dict == nil && n.more.rare != nil && len(n.more.rare.states) == 1
}
