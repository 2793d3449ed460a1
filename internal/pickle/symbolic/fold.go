package symbolic

import p "github.com/modelaudit/action/internal/pickle"

// foldFrom is how many items a list or dict has before the numbers that are
// added to it are folded: no contract looks at the numbers of so long a one.
const foldFrom = 4096

// A folding throws away what a large graph is not judged by. The memory is used
// again, so that nothing may refer to it any more, see held.
type folding struct {
	done    bool
	free    []*Node
	mores   []*more
	scalars [2]*Node // an Int and a Float, of values that no short container is expected to have
	codes   uint64   // the last eight opcodes
	puts    [2]int64 // the last two memo entries that were written
	like    *Node    // the scalar that others are folded into
	array   *Node    // the array that others are folded into
	next    *Node    // the array that is the next such one, once it has its state
	trail   arrayTrail
}

// foldScalars replaces every step-th of items, from the first on, if it is a
// number.
func (m *machine) foldScalars(items []*Node, first, step int) {
	for i := first; i < len(items); i += step {
		n := items[i]
		if n.Kind != Int && n.Kind != Float || n.more != nil || n.flags&held != 0 {
			continue
		}
		items[i] = m.fold.scalars[n.Kind-Int]
		m.throw(n, costNode)
	}
}

// throw gives a node back.
func (m *machine) throw(n *Node, cost int64) {
	m.fold.done = true
	m.memo.bytes -= cost
	m.fold.free = append(m.fold.free, n)
}

// foldCall makes a numpy scalar that differs from an earlier one in nothing but
// its bytes: it has the earlier call for its own, and no event. It reports false
// for any other call.
func (m *machine) foldCall(fn, args *Node) (bool, error) {
	if !scalarCall(fn, args) {
		return false, nil
	}
	data := args.Items()[1]
	if like := m.fold.like; like == nil || like.Call().Func != fn || like.Call().Live[0] != args.Items()[0] ||
		!pristine(like) || len(like.Call().Live[1].Text) != len(data.Text) || !m.fresh(args, data) {
		err := m.call(p.OpReduce, m.op.Pos, fn, args, nil)
		if err == nil {
			m.fold.like = m.stack[len(m.stack)-1]
		}
		return true, err
	}
	m.forget(args, data)
	if m.thin.on {
		m.lone(m.thin.key, m.thin.at)
		return true, m.pushMany(m.fold.like)
	}
	n, err := m.newNode(Object)
	if err != nil {
		return true, err
	}
	m.fold.like.flags |= common
	n.more, n.flags = m.fold.like.more, common
	m.push(n)
	return true, nil
}

// pristine reports whether an object is what its call made, and no more.
func pristine(n *Node) bool {
	return n.more.items == nil && n.more.dict == nil && n.more.rare == nil
}

// scalarCall knows numpy.core.multiarray.scalar(dtype, bytes).
func scalarCall(fn, args *Node) bool {
	return (fn.Is("numpy.core.multiarray", "scalar") || fn.Is("numpy._core.multiarray", "scalar")) &&
		args.Kind == Tuple && len(args.Items()) == 2 && args.Items()[1].Kind == Bytes && args.Items()[1].more == nil
}

// fresh reports whether the opcodes just before made data and args, and put
// each into the memo at most once: then nothing else refers to them.
func (m *machine) fresh(args, data *Node) bool {
	at := m.fold.codes >> 8 // before REDUCE
	for _, n := range []*Node{args, data} {
		if memoizes(p.Opcode(at)) != (n.flags&held != 0) {
			return false
		}
		if n.flags&held != 0 {
			at >>= 8
		}
		if made := p.Opcode(at); n == args && made != p.OpTuple2 || n == data && made != p.OpShortBinBytes && made != p.OpBinBytes {
			return false
		}
		at >>= 8
	}
	return true
}

func memoizes(c p.Opcode) bool {
	return c == p.OpMemoize || c == p.OpBinPut || c == p.OpLongBinPut
}

// forget throws the arguments of a call away, whose memo entries, if there are
// any, were the last ones. Whoever reads those gets an error.
func (m *machine) forget(args, data *Node) {
	last := 1
	for _, n := range []*Node{args, data} {
		if n.flags&held != 0 {
			m.memo.entries.put(m.fold.puts[last], m.nothing())
			last--
		}
	}
	m.fold.mores = append(m.fold.mores, args.more)
	m.throw(args, costNode+costSurvey+costMore+2*costItem)
	m.throw(data, costNode+int64(len(data.Text)+7)&^7)
}
