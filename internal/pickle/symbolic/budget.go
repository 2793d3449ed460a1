package symbolic

// What values take, in bytes, as the runtime lays them out on 64 bits.
const (
	costNode    = 56  // a Node
	costMore    = 64  // what a Node has beside its fields
	costSurvey  = 32  // what a walk over the graph notes of a container
	costRare    = 128 // a rare
	costCall    = 88
	costDoubt   = 96 // what a judge notes of a call of something else than a global
	costItem    = 12 // an element of a list, with room to grow
	costMapping = 72
	costHash    = 20  // the hash of a key, with room to grow
	costPair    = 32  // an item of a dict, with room to grow
	costSlot    = 20  // the place of a key in the index, with room to grow
	costEvent   = 120 // an Event, and what a judge notes of it
	costDetail  = 48  // the rarer fields of an Event
	costEntry   = 12  // a memo entry
	costSparse  = 40  // a memo entry far from others
)

// smallBytes is what several runs may take at the same time.
const smallBytes = 16 << 20

// maxWork bounds how many elements calls and BUILDs may be given in all: the
// same long list can be handed to each of a million calls, and whoever judges
// the calls looks at it each time.
const maxWork = 10_000_000

// maxStack bounds the height of the stack: DUP makes it grow by nothing but
// its own byte.
const maxStack = 2_000_000

// newNode makes a node for the opcode at hand, within the budget.
func (m *machine) newNode(k Kind) (*Node, error) {
	cost := int64(costNode)
	if k >= Tuple {
		cost += costSurvey
	}
	if err := m.charge(cost); err != nil {
		return nil, err
	}
	if last := len(m.fold.free) - 1; last >= 0 {
		n := m.fold.free[last]
		m.fold.free = m.fold.free[:last]
		*n = Node{Kind: k, Pos: m.op.Pos, End: m.op.End}
		m.made(n)
		return n, nil
	}
	if len(m.nodes) == 0 {
		m.piece = min(2*m.piece+8, maxPiece)
		m.nodes = make([]Node, m.piece)
	}
	n := &m.nodes[0]
	m.nodes = m.nodes[1:]
	n.Kind, n.Pos, n.End = k, m.op.Pos, m.op.End
	m.made(n)
	return n, nil
}

// made notes a node for the trail that may take it back.
func (m *machine) made(n *Node) {
	if m.pack.trail.fn != nil {
		m.pack.trail.made = append(m.pack.trail.made, n)
	}
}

// maxPiece is how many nodes are made at once: the stream throws few away.
const maxPiece = 128

// own is n.ext, from memory that was made for many.
func (m *machine) own(n *Node) *more {
	if n.more != nil {
		return n.ext()
	}
	if last := len(m.fold.mores) - 1; last >= 0 {
		n.more = m.fold.mores[last]
		m.fold.mores = m.fold.mores[:last]
		*n.more = more{}
		return n.more
	}
	if len(m.mores) == 0 {
		m.mores = make([]more, min(m.piece, maxPiece))
	}
	n.more = &m.mores[0]
	m.mores = m.mores[1:]
	return n.more
}

// What a run may take while other traces are kept, in bytes: besideBytes of those are
// not counted, and leastBytes it may take in any case.
const (
	besideBytes = 32 << 20
	leastBytes  = 8 << 20
)

// Beside returns options for a stream that is read while traces that take so many bytes
// are kept: all together may take 32 MiB more than one alone.
func (o Options) Beside(bytes int64) Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultBytes
	}
	if bytes -= besideBytes; bytes > 0 {
		o.MaxBytes = max(o.MaxBytes-bytes, min(o.MaxBytes, leastBytes))
	}
	return o
}

// charge takes bytes from the budget.
func (m *machine) charge(bytes int64) error {
	if m.memo.bytes += bytes; m.memo.bytes > m.opt.MaxBytes {
		return errBudget
	}
	if m.memo.bytes > smallBytes && m.opt.Large != nil {
		m.opt.Large()
		m.opt.Large = nil
	}
	return nil
}

// maxFreeze is how deep tuples inside an argument are followed.
const maxFreeze = 4

// freeze returns n as it is now, so that what the stream does to it later does
// not show: a list, dict or set is copied one level deep, and so are those
// inside a tuple. What cannot change is returned as it is.
func (m *machine) freeze(n *Node, depth int) (*Node, error) {
	m.work += 1 + len(n.Items()) + len(n.Pairs())
	if m.work > maxWork {
		return nil, errBudget
	}
	switch {
	case n.more != nil && n.more.dict != nil && n.more.dict.thin != nil:
		return nil, errBudget // it cannot be judged by its keys
	case n.Kind == List || n.Kind == Dict || n.Kind == Set:
		return m.snapshot(n)
	case n.Kind == Tuple && depth < maxFreeze:
		items, err := m.freezeAll(n.Items(), depth+1)
		if err != nil || len(items) == 0 || &items[0] == &n.Items()[0] {
			return n, err
		}
		c, err := m.newNode(Tuple)
		if err != nil {
			return nil, err
		}
		c.Pos, c.End = n.Pos, n.End
		c.ext().items = items
		return c, nil
	}
	return n, nil
}

// freezeAll freezes each of items. It returns items itself if nothing in them
// can change.
func (m *machine) freezeAll(items []*Node, depth int) ([]*Node, error) {
	out := items
	for i, n := range items {
		f, err := m.freeze(n, depth)
		if err != nil {
			return nil, err
		}
		if f == n {
			continue
		}
		if &out[0] == &items[0] {
			if err := m.charge(costItem * int64(len(items))); err != nil {
				return nil, err
			}
			out = append([]*Node(nil), items...)
		}
		out[i] = f
	}
	return out, nil
}

// snapshot copies a list, dict or set. The elements are shared until the
// original is changed in place, which a dict does only for a key that it has.
func (m *machine) snapshot(n *Node) (*Node, error) {
	if err := m.charge(costNode + costMore + costMapping); err != nil {
		return nil, err
	}
	c := *n
	if n.more != nil {
		e := *n.more
		e.items = e.items[:len(e.items):len(e.items)]
		if e.dict != nil {
			e.dict = &mapping{pairs: e.dict.pairs[:len(e.dict.pairs):len(e.dict.pairs)]}
		}
		c.more, c.flags = &e, c.flags&^common
	}
	n.flags |= taken | shared
	return &c, nil
}

// change is called before the stream changes a list, dict or set.
func (m *machine) change(n *Node) {
	if n.flags&taken != 0 {
		n.flags &^= taken
		m.event(EventLate, n)
	}
}

// unshare gives a dict its own pairs again, before one of them is overwritten.
func (m *machine) unshare(n *Node) error {
	m.change(n)
	if n.flags&shared == 0 {
		return nil
	}
	n.flags &^= shared
	d := n.more.dict
	d.pairs = append([]Pair(nil), d.pairs...)
	return m.charge(costPair * int64(len(d.pairs)))
}
