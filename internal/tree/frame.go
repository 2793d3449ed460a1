package tree

import (
	"errors"
	"strconv"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A block is a part of a pandas frame: the values of some of its columns, one
// under another (pandas/core/internals/blocks.py).
type block struct {
	values  *sym.Node
	columns []int64 // the places of its columns in the frame
}

// frame writes a pandas frame or series by its columns: each stands under its
// label, or under its place if the labels are no texts or integers that tell
// all columns apart. It reports whether v is such and of the form that it knows.
func (b *builder) frame(v *Value, n *sym.Node, path []tensor.Key, class string) bool {
	series := class == "pandas.Series" || class == "pandas.core.series.Series"
	if !series && class != "pandas.DataFrame" && class != "pandas.core.frame.DataFrame" {
		return false
	}
	var manager *sym.Node
	var rest []sym.Pair
	for _, p := range attributes(n) {
		switch k := p.Key.Text; {
		case k == "_mgr" || k == "_data":
			manager = p.Value
		default:
			rest = append(rest, p)
		}
	}
	blocks, axes := b.manager(manager)
	if axes == nil || series && (len(axes) != 1 || len(blocks) != 1) || !series && len(axes) != 2 {
		return false
	}
	if b.in.Unsafe(manager) {
		return false
	}
	at := "index"
	if series {
		v.Attrs = append(v.Attrs, named("values", b.stored(blocks[0].values, -1, below(path, tensor.Key{Text: "values"}))))
	} else {
		columns := b.columns(blocks)
		if columns == nil && len(blocks) > 0 {
			return false
		}
		v.Attrs = append(v.Attrs, named("columns", b.value(axes[0], below(path, tensor.Key{Text: "columns"}), false)), named("values", b.labelled(columns, axes[0], path)))
	}
	v.Attrs = append(v.Attrs, named(at, b.value(axes[len(axes)-1], below(path, tensor.Key{Text: at}), false)))
	b.attributes(v, rest, path)
	return true
}

// labelled writes columns under their labels. One that is called as an axis is
// written with an underscore behind it.
func (b *builder) labelled(columns []column, labels *sym.Node, path []tensor.Key) *Value {
	keys := b.labels(labels)
	if len(keys) != len(columns) {
		keys = nil
	}
	v := &Value{Tag: TagList}
	for i, c := range columns {
		if b.full() {
			break
		}
		k := tensor.Key{Text: strconv.Itoa(i), Int: true}
		if keys != nil {
			k = keys[i]
		}
		if k.Text == "index" || k.Text == "columns" {
			k.Text += "_"
		}
		v.Items = append(v.Items, b.stored(c.values, c.row, below(path, k)))
	}
	return v
}

// A column is one of a frame: a row of values, or all of them if row is -1.
type column struct {
	values *sym.Node
	row    int64
}

// columns lists the columns in the order of the frame, nil if a place is
// missing or taken twice.
func (b *builder) columns(blocks []block) []column {
	n := 0
	for _, x := range blocks {
		n += len(x.columns)
	}
	out := make([]column, n)
	for _, x := range blocks {
		for i, at := range x.columns {
			if at < 0 || at >= int64(n) || out[at].values != nil {
				return nil
			}
			out[at] = column{x.values, int64(i)}
			if len(x.columns) == 1 && !b.rows(x.values) {
				out[at].row = -1
			}
		}
	}
	return out
}

// rows reports whether the values of a block are rows of columns.
func (b *builder) rows(n *sym.Node) bool {
	if n.Kind == sym.Object && n.Call() != nil {
		if backed, i := backing(n); backed != nil {
			n = backed[i]
		}
	}
	if a, err := b.arrayOf(n); err == nil {
		return len(a.Shape) == 2
	} else if errors.Is(err, numpy.ErrObjects) {
		if o, err := b.objectsOf(n); err == nil {
			return len(o.Shape) == 2
		}
	}
	return false
}

// objectsOf reads an array of objects, wherever its pickle is.
func (b *builder) objectsOf(n *sym.Node) (*numpy.Objects, error) {
	n, err := b.taken(n)
	if err == nil && b.in.Unsafe(n) {
		err = errors.New("an array of objects that a call which may not be trusted made or could have changed")
	}
	if err != nil {
		return nil, err
	}
	return b.arrays.ObjectsOf(n)
}

// backing returns the state of an array of pandas that numpy's array backs, and
// which part of it is that array (pandas/_libs/arrays.pyx, NDArrayBacked).
func backing(n *sym.Node) (parts []*sym.Node, array int) {
	if !n.Call().Func.Is("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked") || len(n.States()) != 1 {
		return nil, 0
	}
	parts = n.States()[0].Frozen.Items()
	for i, p := range parts {
		if p.Kind == sym.Object && (p.Call() == nil || p.Call().Func.Name() == "_reconstruct" || p.Call().Func.Name() == "_frombuffer") {
			return parts, i
		}
	}
	return nil, 0
}

// stored writes one column: an array of numpy, or one of pandas, whose parts
// stand below the column's name.
func (b *builder) stored(n *sym.Node, row int64, path []tensor.Key) *Value {
	if n.Kind != sym.Object || b.in.Unsafe(n) {
		return b.value(n, path, false)
	}
	if v := (&Value{Tag: TagObject}); n.Call() != nil && b.backed(v, n, row, path) {
		return v
	}
	if row < 0 {
		return b.value(n, path, false)
	}
	a, err := b.arrayOf(n)
	switch {
	case err == nil && len(a.Shape) == 2 && row < a.Shape[0]:
		own := *n // it is no second mention of the other rows
		return b.array(&own, a.Row(row), path, false)
	case errors.Is(err, numpy.ErrObjects):
		if o, err := b.objectsOf(n); err == nil && len(o.Shape) == 2 && row < o.Shape[0] {
			return b.elements(o.Row(row), path)
		}
	}
	return b.refuse(n, path, "a column of another form")
}

// backed writes an array of pandas that numpy's array backs: that under the name
// of the whole, beside it its type. It reports whether n is one.
func (b *builder) backed(v *Value, n *sym.Node, row int64, path []tensor.Key) bool {
	parts, at := backing(n)
	if parts == nil || len(n.Call().Args) == 0 {
		return false
	}
	v.Class = n.Call().Args[0].FullName()
	v.Attrs = append(v.Attrs, named("data", b.stored(parts[at], row, path)))
	for i, p := range parts {
		if i == at || p.Kind == sym.None {
			continue
		}
		name := "dtype"
		if p.Kind == sym.Dict {
			name = "attributes"
		}
		v.Attrs = append(v.Attrs, named(name, b.value(p, below(path, tensor.Key{Text: name}), false)))
	}
	return true
}

// labels reads what the columns are called, nil unless these are texts or
// integers, all different.
func (b *builder) labels(n *sym.Node) (out []tensor.Key) {
	if n.Kind != sym.Object || n.Call() == nil || !n.Call().Func.Is("pandas.core.indexes.base", "_new_Index") || len(n.Call().Args) != 2 {
		return nil
	}
	args := n.Call().Args
	if start, stop, step := item(args[1], "start"), item(args[1], "stop"), item(args[1], "step"); start != nil && stop != nil && step != nil {
		for i := start.Int; i < stop.Int && step.Int > 0 && len(out) < maxNames; i += step.Int {
			out = append(out, tensor.Key{Text: strconv.FormatInt(i, 10), Int: true})
		}
		return out
	}
	data := item(args[1], "data")
	if data == nil || data.Kind != sym.Object {
		return nil
	}
	if data.Call() != nil {
		if parts, i := backing(data); parts != nil {
			data = parts[i]
		}
		if texts := b.arrowLabels(data); texts != nil {
			return different(texts)
		}
	}
	if numbers, err := b.integers(data); err == nil {
		for _, i := range numbers {
			out = append(out, tensor.Key{Text: strconv.FormatInt(i, 10), Int: true})
		}
		return different(out)
	}
	o, err := b.objectsOf(data)
	if err != nil {
		return nil
	}
	for _, item := range o.Items {
		k, ok := key(item)
		if !ok {
			return nil
		}
		out = append(out, k)
	}
	return different(out)
}

// different returns the keys if no two have one text.
func different(keys []tensor.Key) []tensor.Key {
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k.Text] {
			return nil
		}
		seen[k.Text] = true
	}
	return keys
}
