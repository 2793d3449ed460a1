package tree

import (
	"errors"
	"fmt"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A Member is one value of a source that has a pickle for some of its values,
// or for none.
type Member struct {
	Key tensor.Key
	// Array is the value, or nil if it is the object that Pickle describes.
	Array  *numpy.Array
	Pickle Input
	// Layers lead to the bytes of the member's arrays.
	Layers []tensor.Layer
}

// BuildMembers makes the tree of a list (TagList) or a dict (TagDict) of members,
// or with an empty tag that of the only member.
func BuildMembers(tag string, members []Member) (*Tree, error) {
	if tag == "" && len(members) != 1 {
		return nil, fmt.Errorf("%d values in the place of one", len(members))
	}
	b := newBuilder(Input{})
	root := &Value{Tag: tag}
	for i := range members {
		m := &members[i]
		var path []tensor.Key
		if tag != "" {
			path = []tensor.Key{m.Key}
		}
		before := len(b.out.Tensors)
		v := b.member(m, path, tag == TagDict)
		b.rest()
		for j := before; j < len(b.out.Tensors); j++ {
			s := *b.out.Tensors[j].Storage
			s.Key = fmt.Sprintf("%s of %q", s.Key, m.Key.Text)
			s.Origin.Layers = m.Layers
			b.out.Tensors[j].Storage = &s
		}
		switch tag {
		case "":
			root = v
		case TagDict:
			root.Pairs = append(root.Pairs, [2]*Value{{Plain: m.Key.Text}, v})
		default:
			root.Items = append(root.Items, v)
		}
	}
	b.out.Root = root
	return b.out, b.limits()
}

// member walks one member, whose nodes no other one has.
func (b *builder) member(m *Member, path []tensor.Key, dict bool) *Value {
	if m.Array == nil {
		b.in, b.arrays = m.Pickle, numpy.NewReader(m.Pickle.Data)
		b.in.Size = 0 // the values of all members are counted together
		return b.value(m.Pickle.Root, path, dict)
	}
	if b.visits++; b.full() {
		return &Value{}
	}
	return b.array(&sym.Node{Kind: sym.Object}, m.Array, path, dict)
}

// rest walks what was left for later.
func (b *builder) rest() {
	for len(b.keyed)+len(b.later) > 0 {
		list := &b.keyed
		if len(b.keyed) == 0 {
			list, b.aside = &b.later, true
		}
		next := (*list)[0]
		*list = (*list)[1:]
		next()
	}
	b.aside = false
}

// limits reports that more was found than a tree may hold.
func (b *builder) limits() error {
	switch {
	case b.visits > b.most():
		return fmt.Errorf("more than %d values", b.most())
	case b.steps > maxSteps:
		return fmt.Errorf("paths of more than %d steps in all", maxSteps)
	case len(b.out.Tensors) > maxNames:
		return fmt.Errorf("more than %d tensors", maxNames)
	}
	return nil
}

// newBuilder returns one that has seen nothing.
func newBuilder(in Input) *builder {
	return &builder{in: in, out: &Tree{}, open: map[*sym.Node]bool{}, ids: map[*sym.Node]*Value{}, bare: map[*sym.Node]bool{}, first: map[*sym.Node]*Value{}, blank: &Value{}, arrays: numpy.NewReader(in.Data)}
}

// errNoObject is the error for a stream without one.
var errNoObject = errors.New("the stream has no object")
