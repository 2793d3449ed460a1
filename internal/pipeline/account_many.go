package pipeline

import (
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A manyAccount ticks off the tensors that a tree has very many of.
type manyAccount map[*tree.Many][]bool

func newManyAccount(t *tree.Tree) manyAccount {
	all := manyAccount{}
	for _, m := range t.Many {
		all[m] = make([]bool, m.Len())
	}
	return all
}

// has reports whether tensor i of a list, which is t, is one of the tree's very many,
// as it is there, which was not seen before.
func (a manyAccount) has(list tensor.List, i int, t *tensor.Tensor) bool {
	of, ok := list.(interface {
		Many(i int) (*tree.Many, int)
	})
	if !ok {
		return false
	}
	m, at := of.Many(i)
	seen := a[m]
	if at < 0 || at >= len(seen) || seen[at] {
		return false
	}
	seen[at] = m.Is(at, t)
	return seen[at]
}

// missing counts those that were in no list.
func (a manyAccount) missing() (n int) {
	for _, seen := range a {
		for _, s := range seen {
			if !s {
				n++
			}
		}
	}
	return n
}
