package tree

import (
	"encoding/binary"
	"errors"
	"io"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// manager reads what holds the columns: BlockManager((block, ...), [axis, ...])
// or, of a series and of older versions, a state (axes, values, items, {"0.14.1":
// {"axes": ..., "blocks": [{"values": ..., "mgr_locs": ...}, ...]}}).
func (b *builder) manager(n *sym.Node) (blocks []block, axes []*sym.Node) {
	if n == nil || n.Kind != sym.Object || n.Call() == nil {
		return nil, nil
	}
	if args := n.Call().Args; len(args) == 2 && len(n.States()) == 0 {
		for _, x := range args[0].Items() {
			if x.Kind != sym.Object || x.Call() == nil || !x.Call().Func.Is("pandas._libs.internals", "_unpickle_block") || len(x.Call().Args) != 3 {
				return nil, nil
			}
			a := x.Call().Args
			blocks = b.block(blocks, a[0], a[1])
		}
		return blocks, args[1].Items()
	}
	if len(n.States()) != 1 || len(n.States()[0].Frozen.Items()) != 4 {
		return nil, nil
	}
	newest := item(item(n.States()[0].Frozen.Items()[3], "0.14.1"), "blocks")
	if newest == nil {
		return nil, nil
	}
	for _, x := range newest.Items() {
		values, places := item(x, "values"), item(x, "mgr_locs")
		if values == nil || places == nil {
			return nil, nil
		}
		blocks = b.block(blocks, values, places)
	}
	return blocks, n.States()[0].Frozen.Items()[0].Items()
}

// item is the value under a key of a dict, nil if there is none.
func item(n *sym.Node, key string) *sym.Node {
	if n == nil || n.Kind != sym.Dict {
		return nil
	}
	for _, p := range n.Pairs() {
		if p.Key.Kind == sym.String && p.Key.Text == key {
			return p.Value
		}
	}
	return nil
}

func (b *builder) block(to []block, values, places *sym.Node) []block {
	return append(to, block{values: values, columns: b.places(places)})
}

// places reads slice(start, stop, step) or an array of integers.
func (b *builder) places(n *sym.Node) []int64 {
	if n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("builtins", "slice") && len(n.Call().Args) == 3 {
		a, step := n.Call().Args, int64(1)
		if a[2].Kind == sym.Int {
			step = a[2].Int
		}
		if a[0].Kind != sym.Int || a[1].Kind != sym.Int || a[0].Big() != nil || a[1].Big() != nil || step < 1 || a[0].Int < 0 || (a[1].Int-a[0].Int)/step > maxNames {
			return nil
		}
		var out []int64
		for i := a[0].Int; i < a[1].Int; i += step {
			out = append(out, i)
		}
		return out
	}
	out, _ := b.integers(n)
	return out
}

// integers reads the elements of an array of 64-bit integers of one dimension.
func (b *builder) integers(n *sym.Node) ([]int64, error) {
	a, err := b.arrayOf(n)
	if err != nil {
		return nil, err
	}
	if a.DType.Tensor != tensor.I64 || len(a.Shape) != 1 || a.Shape[0] > maxNames {
		return nil, errors.New("no short array of integers")
	}
	buf := make([]byte, a.Data.Size)
	if m, err := a.Data.Data.ReadAt(buf, 0); m < len(buf) && err != io.EOF {
		return nil, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if a.DType.BigEndian {
		order = binary.BigEndian
	}
	out := make([]int64, a.Shape[0])
	for i := range out {
		out[i] = int64(order.Uint64(buf[i*8:]))
	}
	return out, nil
}
