package symbolic

// A table holds memo entries: those that picklers write, which are numbered
// one after another, in pages, others in a map.
type table struct {
	pages  []page
	dense  int64 // entries from here on are in no page
	sparse map[int64]*Node
	n      int
}

// pageSize is how many entries a page has.
const pageSize = 512

// A page holds entries, or where it was squeezed which of its entries are one
// node and which another one.
type page struct {
	nodes    []*Node // up to the last that was written
	ones     *[pageSize / 64]uint64
	one, not *Node
}

// maxHole is how many entries may be left out before one that goes to a page.
const maxHole = 64

// get returns nil for an entry that was never written.
func (t *table) get(i int64) *Node {
	if i >= 0 && i < t.dense {
		if n := t.pages[i/pageSize].get(i % pageSize); n != nil {
			return n
		}
	}
	return t.sparse[i]
}

func (p *page) get(i int64) *Node {
	switch {
	case p.ones == nil && i >= int64(len(p.nodes)):
		return nil
	case p.ones == nil:
		return p.nodes[i]
	case p.ones[i/64]>>(i%64)&1 != 0:
		return p.one
	}
	return p.not
}

// put writes an entry and returns how many bytes more the table takes.
func (t *table) put(i int64, n *Node) int64 {
	known := t.get(i) != nil
	if !known {
		t.n++
	}
	if i <= t.dense+maxHole {
		t.dense = max(t.dense, i+1)
		for int64(len(t.pages))*pageSize < t.dense {
			t.pages = append(t.pages, page{})
		}
		t.pages[i/pageSize].put(i%pageSize, n)
		return costEntry
	}
	if t.sparse == nil {
		t.sparse = map[int64]*Node{}
	}
	t.sparse[i] = n
	if known {
		return 0
	}
	return costSparse
}

func (p *page) put(i int64, n *Node) {
	if p.ones != nil {
		nodes := make([]*Node, pageSize)
		for j := range nodes {
			nodes[j] = p.get(int64(j))
		}
		*p = page{nodes: nodes}
	}
	for int64(len(p.nodes)) <= i {
		p.nodes = append(p.nodes, nil)
	}
	p.nodes[i] = n
}

// squeeze makes the page that ends at entry i small if it holds two nodes at most,
// and returns how many bytes less the table takes.
func (t *table) squeeze(i int64) int64 {
	if i < pageSize || i%pageSize != 0 || i > t.dense {
		return 0
	}
	p := &t.pages[i/pageSize-1]
	if p.ones != nil || len(p.nodes) < pageSize {
		return 0
	}
	small := page{ones: new([pageSize / 64]uint64), not: p.nodes[0]}
	for j, n := range p.nodes {
		switch {
		case n == nil:
			return 0
		case n == small.not:
			continue
		case small.one == nil:
			small.one = n
		case n != small.one:
			return 0
		}
		small.ones[j/64] |= 1 << (j % 64)
	}
	*p = small
	return (costEntry - 1) * pageSize
}
