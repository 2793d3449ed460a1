package symbolic

import p "github.com/modelaudit/action/internal/pickle"

// A Packer keeps calls of torch._utils._rebuild_tensor_v2 in fewer bytes than
// their arguments take as nodes.
type Packer interface {
	// Reset is called before a run, which begins with nothing packed.
	Reset()
	// Pack keeps the call, and says under which number. It reports false for one
	// whose arguments are not those that torch.save writes, or about which there
	// is anything to report: that one stays in the graph.
	// Without keep it only looks at it, and no number is asked for.
	Pack(args []*Node, keep bool) (int64, bool)
}

// costPacked is what a Packer takes for a call.
const (
	costPacked  = 96
	costStorage = 40 // of a call that is not kept, for what it says of a storage
)

// A packTrail follows the opcodes from the MARK before the arguments of a tensor
// to its call: as long as it is alive, nothing but the stack and the memo entries
// from base on refers to what they made.
type packTrail struct {
	fn     *Node // nil: there is none
	base   int64 // the first memo entry of the trail
	height int   // of the stack, with fn
	marks  int
	events int
	bytes  int64   // taken before it began
	made   []*Node // by the trail
	key    *Node   // the text below fn, nil if it may be referred to
	keyAt  int64   // its memo entry, -1 without one
}

// A packing is what a run knows of packed calls.
type packing struct {
	trail packTrail
	like  *Node // the last tensor of the packed kind that is in the graph
	n     int   // calls that were packed
}

// Packed returns the number under which a Packer keeps the call that made n.
// The arguments of n.Call() are those of another tensor then.
func (n *Node) Packed() (int64, bool) { return n.Int, n.flags&packed != 0 }

// beginPack notes a MARK, unless it is one inside a trail.
func (m *machine) beginPack() {
	t := &m.pack.trail
	if t.fn != nil || len(m.stack) == 0 {
		return
	}
	fn := m.stack[len(m.stack)-1]
	if !fn.Is("torch._utils", "_rebuild_tensor_v2") {
		return
	}
	*t = packTrail{fn: fn, base: int64(m.memo.entries.n), height: len(m.stack), marks: len(m.marks),
		events: len(m.tr.Events), bytes: m.memo.bytes, made: t.made[:0], key: m.thin.key, keyAt: m.thin.at}
}

// followPack ends the trail at an opcode that tensors are not made with.
func (m *machine) followPack() {
	t := &m.pack.trail
	switch m.op.Code {
	case p.OpMark, p.OpFrame, p.OpBinInt, p.OpBinInt1, p.OpBinInt2, p.OpLong1, p.OpEmptyTuple, p.OpTuple, p.OpTuple1, p.OpTuple2, p.OpTuple3,
		p.OpNewTrue, p.OpNewFalse, p.OpBinUnicode, p.OpShortBinUnicode, p.OpBinPersID, p.OpReduce, p.OpMemoize:
	case p.OpBinGet, p.OpLongBinGet:
		if m.op.Int >= t.base {
			t.fn = nil
		}
	case p.OpBinPut, p.OpLongBinPut:
		if m.op.Int != int64(m.memo.entries.n) {
			t.fn = nil
		}
	default:
		t.fn = nil
	}
}

// packCall gives the call at the end of a trail to the packer and takes back what
// the trail made. It reports false for any other call, of which only that of
// OrderedDict without arguments does not end the trail.
func (m *machine) packCall(fn, args *Node) (bool, error) {
	t := &m.pack.trail
	if fn != t.fn || len(m.stack) != t.height-1 {
		if !fn.Is("collections", "OrderedDict") || args.Kind != Tuple || len(args.Items()) > 0 {
			t.fn = nil
		}
		return false, nil
	}
	t.fn = nil
	if len(m.marks) != t.marks || args.Kind != Tuple || m.pack.like == nil || !pristine(m.pack.like) {
		return false, nil
	}
	id, ok := m.opt.Pack.Pack(args.Items(), !m.thin.on || m.thin.keep)
	if !ok {
		return false, nil
	}
	m.takeBack(t)
	m.pack.n++
	if m.thin.on {
		m.lone(t.key, t.keyAt)
	}
	if m.thin.on && !m.thin.keep {
		if err := m.charge(costStorage); err != nil {
			return true, err
		}
		return true, m.pushMany(m.pack.like)
	}
	n, err := m.newNode(Object)
	if err != nil {
		return true, err
	}
	m.pack.like.flags |= common
	n.more, n.flags, n.Int = m.pack.like.more, common|packed, id
	if m.thin.keep {
		n.flags |= lone
		m.thin.value = n
	}
	m.push(n)
	return true, m.charge(costPacked)
}

// takeBack forgets what a trail made: its events, its nodes and its memo entries.
// Whoever reads those gets an error.
func (m *machine) takeBack(t *packTrail) {
	clear(m.tr.Events[t.events:])
	m.tr.Events = m.tr.Events[:t.events]
	n := int64(m.memo.entries.n)
	for i := t.base; i < n; i++ {
		m.memo.entries.put(i, m.nothing())
	}
	m.memo.bytes = t.bytes + costEntry*(n-t.base)
	for _, made := range t.made {
		if made.Kind == Int && m.small[made.Int] == made {
			m.memo.bytes += costNode // it is shared from now on
			continue
		}
		if made.more != nil && made.flags&common == 0 {
			m.fold.mores = append(m.fold.mores, made.more)
		}
		m.fold.free = append(m.fold.free, made)
	}
}

// packLike notes a tensor that stays in the graph, so that others may be packed.
func (m *machine) packLike(fn *Node) {
	if fn.Is("torch._utils", "_rebuild_tensor_v2") {
		m.pack.like = m.stack[len(m.stack)-1]
	}
}
