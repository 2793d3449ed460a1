package symbolic

// What values take, in bytes, as the runtime lays them out on 64 bits.
const (
	costNode  = 96  // a Node
	costMore  = 160 // its rarer fields
	costItem  = 20  // an element of a list, with room to grow
	costPair  = 112 // an item of a dict, with its place in the index
	costEvent = 112
	costMemo  = 40 // a memo entry
)

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
	if k >= Dict {
		cost += costMore
	}
	if err := m.charge(cost); err != nil {
		return nil, err
	}
	return &Node{Kind: k, Pos: m.op.Pos, End: m.op.End}, nil
}

// charge takes bytes from the budget.
func (m *machine) charge(bytes int64) error {
	if m.memo.bytes += bytes; m.memo.bytes > m.opt.MaxBytes {
		return errBudget
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
		c.items = items
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
	if err := m.charge(costNode + costMore); err != nil {
		return nil, err
	}
	c := *n
	c.items = n.items[:len(n.items):len(n.items)]
	if n.more != nil {
		e := *n.more
		e.pairs, e.index = e.pairs[:len(e.pairs):len(e.pairs)], nil
		c.more = &e
	}
	n.taken, n.shared = true, true
	return &c, nil
}

// change is called before the stream changes a list, dict or set.
func (m *machine) change(n *Node) {
	if n.taken {
		n.taken = false
		m.event(EventLate, n)
	}
}

// own gives a dict its own pairs again, before one of them is overwritten.
func (m *machine) own(n *Node) error {
	m.change(n)
	if !n.shared {
		return nil
	}
	n.shared = false
	e := n.more
	e.pairs = append([]Pair(nil), e.pairs...)
	return m.charge(costPair * int64(len(e.pairs)))
}
