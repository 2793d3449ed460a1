package symbolic

// A table holds memo entries: those that picklers write, which are numbered
// one after another, in a slice, others in a map.
type table struct {
	dense  []*Node
	sparse map[int64]*Node
	n      int
}

// maxHole is how many entries may be left out before one that goes to the slice.
const maxHole = 64

// get returns nil for an entry that was never written.
func (t *table) get(i int64) *Node {
	if i >= 0 && i < int64(len(t.dense)) && t.dense[i] != nil {
		return t.dense[i]
	}
	return t.sparse[i]
}

// put writes an entry and returns how many bytes more the table takes.
func (t *table) put(i int64, n *Node) int64 {
	known := t.get(i) != nil
	if !known {
		t.n++
	}
	if at := int64(len(t.dense)); i <= at+maxHole {
		for ; at < i; at++ {
			t.dense = append(t.dense, nil)
		}
		if i == at {
			t.dense = append(t.dense, n)
		} else {
			t.dense[i] = n
		}
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
