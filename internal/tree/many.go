package tree

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// A Many has very many tensors that one mapping holds under texts. Each is made
// when it is asked for, so that a million of them fit.
type Many struct {
	// Path leads to the mapping.
	Path []tensor.Key
	// Part is where the tensors go, as in Value.
	Part   string
	kept   *sym.Kept
	from   *torch.Resolver
	prefix string
	names  string // of the tensors, one behind the other; "" if they are their keys
}

// Len is the number of tensors.
func (m *Many) Len() int { return m.kept.Len() }

// Call names the tensors: what path leads to, then the key.
func (m *Many) Call(path []tensor.Key) {
	m.prefix, m.names = "", ""
	if len(path) == 0 {
		return
	}
	m.prefix = Name(path) + "."
	var b strings.Builder
	for i := range m.Len() {
		b.WriteString(m.prefix)
		b.WriteString(m.kept.Key(i))
	}
	m.names = b.String()
}

// Name is what the tensor of a number is called.
func (m *Many) Name(i int) string {
	if m.prefix == "" {
		return m.kept.Key(i)
	}
	end, begin := m.kept.End(i)+(i+1)*len(m.prefix), 0
	if i > 0 {
		begin = m.kept.End(i-1) + i*len(m.prefix)
	}
	return m.names[begin:end]
}

// Type is the element type and the shape of the tensor of a number.
func (m *Many) Type(i int) (tensor.DType, []int64) { return m.from.KeptType(m.kept.Value(i)) }

// At is the tensor of a number, with its name and path.
func (m *Many) At(i int) (torch.View, error) {
	v, err := m.from.Kept(m.kept.Value(i))
	v.Name, v.Path = m.Name(i), below(m.Path, tensor.Key{Text: m.kept.Key(i)})
	return v, err
}

// Is reports whether t is the tensor of a number, which another name does not change.
func (m *Many) Is(i int, t *tensor.Tensor) bool {
	last, number := len(m.Path), m.kept.Value(i)
	v, err := m.from.KeptBrief(number)
	return err == nil && m.from.KeptIn(number, t.Storage) && v.DType == t.DType && v.Offset == t.Offset && v.Conj == t.Conj && v.Neg == t.Neg &&
		slices.Equal(v.Shape, t.Shape) && slices.Equal(v.Strides, t.Strides) &&
		len(t.Path) == last+1 && slices.Equal(t.Path[:last], m.Path) && t.Path[last] == tensor.Key{Text: m.kept.Key(i)}
}

// errMany is the error for very many tensors that stand where they cannot be
// made one by one.
var errMany = errors.New("the pickle holds more values than are converted")

// allKept reports tensors of the trace that are in no Many, or in two.
func (b *builder) allKept() error {
	n := 0
	for _, m := range b.out.Many {
		n += m.Len()
	}
	switch {
	case n == b.in.Kept:
		return nil
	case len(b.out.Refused) > 0:
		return fmt.Errorf("%w: %s: %s", errMany, b.out.Refused[0].Path, b.out.Refused[0].Reason)
	}
	return errMany
}

// keep takes over what of a mapping's items is not in the graph.
func (b *builder) keep(v *Value, n *sym.Node, path []tensor.Key) {
	kept := n.Kept()
	if kept == nil || b.full() {
		return
	}
	for _, p := range n.Pairs() {
		if p.Key.Kind != sym.String || p.Key.Lazy {
			return // so that some are missing when Build counts them
		}
	}
	m := &Many{Path: slices.Clone(path), kept: kept, from: b.in.Tensors}
	m.Call(path)
	for i := range m.Len() {
		if _, err := m.from.KeptBrief(kept.Value(i)); err != nil {
			b.refuse(n, below(path, tensor.Key{Text: kept.Key(i)}), err.Error())
			return
		}
	}
	v.Many, b.out.Many = m, append(b.out.Many, m)
}

// writeMany writes a mapping that has very many tensors beside its pairs, in order.
func (v *Value) writeMany(b *strings.Builder) error {
	b.WriteByte('[')
	next, comma := 0, false
	item := func(write func() error) error {
		if comma {
			b.WriteByte(',')
		}
		comma = true
		return write()
	}
	for i := 0; i <= len(v.Pairs); i++ {
		last := v.Many.Len()
		if i < len(v.Pairs) {
			last = v.Many.kept.Before(i + 1)
		}
		for ; next < last; next++ {
			if err := item(func() error { return v.Many.write(b, next) }); err != nil {
				return err
			}
		}
		if i == len(v.Pairs) {
			break
		}
		if err := item(func() error { return writeItems(b, v.Pairs[i][:]) }); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

// write writes one tensor under its key.
func (m *Many) write(b *strings.Builder, i int) error {
	t, err := m.from.KeptBrief(m.kept.Value(i))
	if err != nil {
		return err
	}
	t.Name = m.Name(i)
	b.WriteByte('[')
	if key := m.kept.Key(i); joined(key) {
		return errJoined
	} else {
		writeText(b, key)
	}
	b.WriteByte(',')
	if err := valueOf(&t, m.Part).write(b); err != nil {
		return err
	}
	b.WriteByte(']')
	return nil
}

// valueOf is how a tensor stands in a tree.
func valueOf(t *torch.View, part string) *Value {
	v := &Value{Tag: TagTensor, Text: t.Name, Grad: t.RequiresGrad, Device: t.Device, Part: part}
	if t.Class != "Tensor" {
		v.Class = t.Class
	}
	if !t.DType.InSafetensors(len(t.Shape)) {
		v.DType = string(t.DType)
	}
	return v
}
