package tree

import (
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// composite writes a tensor that is made of others: its parts are named after
// it, NAME.indices and NAME.values.
func (b *builder) composite(n *sym.Node, t torch.View, path []tensor.Key) *Value {
	c := t.Composite
	v := &Value{Tag: c.Tag, Text: c.Kind, Grad: t.RequiresGrad, Device: t.Device}
	if t.Class != "Tensor" {
		v.Class = t.Class
	}
	again, ref := b.enter(n, v)
	if ref != nil {
		return ref
	}
	defer delete(b.open, n)
	v.Shape = c.Shape
	for _, p := range c.Parts {
		v.Pairs = append(v.Pairs, [2]*Value{{Plain: p.Name}, b.part(n, p, below(path, tensor.Key{Text: p.Name}))})
	}
	for _, a := range c.Attrs {
		v.Attrs = append(v.Attrs, [2]*Value{{Plain: a.Name}, {Plain: a.Value}})
	}
	if c.Tag == TagWrapper {
		v.Pairs = b.pairs(stateItems(t.States), path)
	} else {
		b.tensorAttributes(v, t.States, path)
	}
	if c.Tag == TagMeta {
		b.omit(n, path, "torch.Tensor", fmt.Sprintf("a tensor of torch.%s on the meta device, of which the file has the shape and no data", c.Kind))
	}
	if again {
		return b.refer(n)
	}
	return v
}

func (b *builder) part(n *sym.Node, p torch.Part, path []tensor.Key) *Value {
	if p.View != nil {
		return b.tensor(n, Named{View: *p.View}, path)
	}
	before := len(b.out.Tensors) + len(b.out.Refused)
	v := b.value(p.Node, path, false)
	if len(b.out.Tensors)+len(b.out.Refused) == before && !b.aside && !b.full() {
		return b.refuse(n, path, "a part of a tensor that is no tensor")
	}
	return v
}

// tensorAttributes keeps what a tensor's attributes are set from. Tensors among
// them are no weights.
func (b *builder) tensorAttributes(v *Value, states []*sym.Node, path []tensor.Key) {
	if from := stateItems(states); len(from) > 0 {
		b.later = append(b.later, func() { v.Attrs = append(v.Attrs, b.pairs(from, path)...) })
	}
}

// stateItems are the attributes that states set, of which each is a dict or a
// pair of them (torch/_utils.py, _set_obj_state).
func stateItems(states []*sym.Node) (from []sym.Pair) {
	for _, s := range states {
		if s.Kind == sym.Tuple && len(s.Items()) == 2 {
			from = append(append(from, s.Items()[0].Pairs()...), s.Items()[1].Pairs()...)
			continue
		}
		from = append(from, s.Pairs()...)
	}
	return from
}
