package tree

import (
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// What an outline has of plain values: those that show what the parts of a
// checkpoint are, unless there are very many.
const (
	outlineDepth  = 3
	outlineValues = 10_000
)

// outlined is whole for an outline: a value without a tensor is walked, for what
// is refused, and let go.
func (b *builder) outlined(n *sym.Node, path []tensor.Key, dict bool) *Value {
	if b.depth <= outlineDepth && b.visits <= outlineValues || b.depth == 1 {
		return b.whole(n, path, dict)
	}
	if n.Kind < sym.Bytes && !(n.Kind == sym.String && joined(n.Text)) && !b.in.Unsafe(n) {
		return b.blank
	}
	before := b.found()
	v := b.whole(n, path, dict)
	if b.found() != before || v.Plain != nil { // a text that no JSON holds says so where it is written
		return v
	}
	if b.ids[n] == v && !b.open[n] {
		delete(b.ids, n)
	}
	return b.blank
}

// found counts what an outline is made for.
func (b *builder) found() int {
	return len(b.out.Tensors) + len(b.out.Many) + len(b.out.Refused) + len(b.keyed) + len(b.later)
}
