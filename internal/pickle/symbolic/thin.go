package symbolic

// A thinning throws more away than folding does, where that is not enough: what is
// folded is one node for all, and of an item whose value that is and whose key is a
// text only the hash of the key is kept.
type thinning struct {
	on bool
	// key is the text that was made last, and at the memo entry that alone refers to
	// it beside the stack, -1 for none.
	key *Node
	at  int64
	// many stands for every value like the one that like is.
	many, like *Node
	// keep says that packed values are told apart, by nodes that are given back with
	// their keys. value is the one that was made last.
	keep  bool
	value *Node
	dicts []*mapping // that have kept items
}

// thinKey notes a text that may become a key.
func (m *machine) thinKey(n *Node) {
	if m.thin.on {
		m.thin.key, m.thin.at = n, -1
	}
}

// thinPut notes a memo entry of that text. Of two entries nothing is known.
func (m *machine) thinPut(n *Node, at int64) {
	if m.thin.key != n {
		return
	}
	if m.thin.at >= 0 {
		m.thin.key = nil
	}
	m.thin.at = at
}

// thinGet forgets the text if something else refers to it now.
func (m *machine) thinGet(n *Node) {
	if m.thin.key == n {
		m.thin.key = nil
	}
}

// lone makes the value on top of the stack one that nothing else refers to, if it
// is the text key with its one memo entry.
func (m *machine) lone(key *Node, at int64) {
	if !m.thin.on || key == nil || len(m.stack) == 0 || m.stack[len(m.stack)-1] != key || key.more != nil {
		return
	}
	if at >= 0 {
		if m.memo.entries.get(at) != key {
			return
		}
		m.memo.entries.put(at, m.nothing())
	}
	key.flags = key.flags&^held | lone
	m.thin.key = nil
}

// nothing stands in the memo for what was thrown away. Whoever reads it gets an
// error.
func (m *machine) nothing() *Node {
	if m.memo.gone == nil {
		m.memo.gone = &Node{Kind: None}
	}
	return m.memo.gone
}

// thinned reports whether of an item only the hash of its key need be kept.
func thinned(key, value *Node) bool {
	const alone = packed | common | lone // as its call made it
	return key.flags&(lone|held) == lone && (value.flags&many != 0 || value.flags&(alone|held) == alone)
}

// thinItem keeps the hash of a key of n, and of a value that is told apart key and number.
func (m *machine) thinItem(n *Node, d *mapping, h keyHash, key, value *Node) error {
	if _, known := d.index.find(h, firstThin+len(d.thin), d.same(h)); known {
		if m.event(EventCollision, n, key); m.thin.keep {
			return errBudget // it is not known which of the items it is
		}
		return nil
	}
	d.thin = append(d.thin, h)
	m.memo.bytes -= costPair - costHash
	cost := costNode + int64(len(key.Text)+7)&^7
	if !m.thin.keep {
		m.throw(key, cost)
		return nil
	}
	if d.kept == nil {
		d.kept, m.thin.dicts = &Kept{}, append(m.thin.dicts, d)
	}
	if err := d.kept.add(len(d.pairs), key.Text, value.Int); err != nil {
		return err
	}
	if m.tr.Kept++; m.thin.value == value { // it was not put into the memo
		m.thin.value = nil
	}
	m.memo.bytes -= cost + costNode + costSurvey
	m.fold.free = append(m.fold.free, key, value)
	return m.charge(costKept + int64(len(key.Text)))
}

// finish gives up what only the run needed.
func (t *thinning) finish() {
	for _, d := range t.dicts {
		d.thin, d.index = nil, index{}
	}
	t.dicts = nil
}

// firstThin is where in an index the keys begin of which only the hash is kept.
const firstThin = 1 << 30

// same says whether the key at a place of the index has that hash.
func (d *mapping) same(h keyHash) func(int) bool {
	return func(at int) bool {
		if at >= firstThin {
			return d.thin[at-firstThin] == h
		}
		return sameKey(d.pairs[at].Key, h)
	}
}

// pushMany pushes the node that stands for every value like one in the graph.
func (m *machine) pushMany(like *Node) error {
	if m.thin.like != like || m.thin.many.flags&common == 0 { // it was changed
		n, err := m.newNode(Object)
		if err != nil {
			return err
		}
		like.flags |= common
		n.more, n.flags, n.Pos, n.End = like.more, common|many|held, like.Pos, like.End
		m.thin.many, m.thin.like = n, like
	}
	m.fold.done = true
	m.push(m.thin.many)
	return nil
}

// squeeze makes the page of the memo small that ends at an entry, if it can.
func (m *machine) squeeze(at int64) {
	less := m.memo.entries.squeeze(at)
	m.memo.bytes -= less
	m.pack.trail.bytes -= less // which what was taken is set back to
	m.fold.trail.bytes -= less
}
