package torch

import (
	"errors"
	"fmt"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A Composite is a tensor that is no strided view of one storage: it is made of
// other tensors and numbers, or has no elements in the file.
type Composite struct {
	// Tag is "sparse", "quantized", "nested", "meta" or "wrapper".
	Tag string
	// Kind is the layout of a sparse tensor ("coo"), the element type of a
	// quantised one ("quint8") and of one without data ("float32"), the layout of
	// a nested one ("strided").
	Kind string
	// Shape is nil where the parts say it.
	Shape []int64
	Parts []Part
	Attrs []Attr
}

// A Part is a tensor that a Composite is made of: the value Node, which is
// looked at like any other, or a view of a storage.
type Part struct {
	Name string
	Node *sym.Node
	View *View
}

// An Attr is a plain value of a Composite: nil, bool, int64, float64 or string.
type Attr struct {
	Name  string
	Value any
}

// composite resolves the calls that make a tensor of parts (torch/_utils.py).
func (r *Resolver) composite(fn *sym.Node, args []*sym.Node) (View, error) {
	var c *Composite
	var err error
	v := View{Class: "Tensor"}
	switch fn.Name() {
	case "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor":
		c, err = sparse(args)
	case "_rebuild_qtensor":
		if len(args) > 5 {
			v.RequiresGrad = args[5].Int != 0
		}
		c, err = r.quantized(args)
	case "_rebuild_nested_tensor":
		c, err = nested(args)
	case "_rebuild_njt":
		c, err = jagged(args)
	case "NestedTensor":
		if len(args) != 2 {
			return View{}, errors.New("a nested tensor of another form")
		}
		c = &Composite{Tag: "nested", Kind: "jagged", Parts: []Part{{Name: "values", Node: args[0]}, {Name: "offsets", Node: args[1]}}}
	case "_rebuild_wrapper_subclass":
		if len(args) > 7 {
			v.RequiresGrad = args[7].Int != 0
		}
		c, err = wrapper(args)
	case "_rebuild_meta_tensor_no_storage":
		if len(args) > 3 {
			v.RequiresGrad = args[3].Int != 0
		}
		c, err = meta(args)
	default:
		return View{}, ErrNotTensor
	}
	v.Composite = c
	return v, err
}

// sparse: layout, and (indices, values, size[, is_coalesced]) for COO or
// (compressed indices, plain indices, values, size) for the others.
func sparse(args []*sym.Node) (*Composite, error) {
	layout := ""
	if len(args) == 2 && args[0].Kind == sym.Object && args[0].Call().Func.Is("torch.serialization", "_get_layout") && len(args[0].Call().Args) == 1 {
		layout = strings.TrimPrefix(args[0].Call().Args[0].Text, "torch.sparse_")
	}
	names := map[string][]string{
		"coo": {"indices", "values"}, "csr": {"crow_indices", "col_indices", "values"}, "csc": {"ccol_indices", "row_indices", "values"},
		"bsr": {"crow_indices", "col_indices", "values"}, "bsc": {"ccol_indices", "row_indices", "values"},
	}[layout]
	if names == nil || args[1].Kind != sym.Tuple || len(args[1].Items()) < len(names)+1 {
		return nil, errors.New("a sparse tensor of another form")
	}
	items := args[1].Items()
	c := &Composite{Tag: "sparse", Kind: layout}
	for i, name := range names {
		c.Parts = append(c.Parts, Part{Name: name, Node: items[i]})
	}
	var err error
	if c.Shape, err = sizes(items[len(names)]); err != nil {
		return nil, err
	}
	if rest := items[len(names)+1:]; len(rest) > 0 && rest[0].Kind != sym.None {
		c.Attrs = append(c.Attrs, Attr{"is_coalesced", rest[0].Int != 0})
	}
	return c, nil
}

// quantized: storage, offset, size, stride, (scheme, ...), requires_grad, hooks.
// The integers are a view of the storage. Two or four of quint4x2 and quint2x4
// share a byte, so that they are bytes, and a view of some of them is refused.
func (r *Resolver) quantized(args []*sym.Node) (*Composite, error) {
	if len(args) < 5 || args[4].Kind != sym.Tuple || len(args[4].Items()) < 2 || args[4].Items()[0].Kind != sym.Global {
		return nil, errors.New("a quantised tensor of another form")
	}
	b, err := r.storage(args[0])
	if err != nil {
		return nil, err
	}
	t, packed, ok := integersOf(b.id.class.name)
	if !ok {
		return nil, fmt.Errorf("a quantised tensor in a torch.%s", b.id.class.name)
	}
	v := View{Class: "Tensor"}
	v.Storage, v.DType = b.storage, t
	if err := v.place(args); err != nil {
		return nil, err
	}
	c := &Composite{Tag: "quantized", Kind: strings.ToLower(strings.TrimSuffix(b.id.class.name, "Storage")), Shape: v.Shape, Parts: []Part{{Name: "int_repr", View: &v}}}
	if packed > 1 {
		n, err := v.Elements()
		if err != nil || !v.IsContiguous() || v.Offset != 0 {
			return nil, errors.New("a view of packed quantised elements")
		}
		v.Shape, v.Strides = []int64{n/packed + min(n%packed, 1)}, []int64{1}
	}
	if err := v.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	return c, c.scheme(args[4].Items())
}

// integersOf returns the type of the integers of a quantised storage, and how
// many elements there are in one (torch/storage.py, c10/core/ScalarType.h).
func integersOf(class string) (t tensor.DType, packed int64, ok bool) {
	switch class {
	case "QInt8Storage":
		return tensor.I8, 1, true
	case "QUInt8Storage":
		return tensor.U8, 1, true
	case "QInt32Storage":
		return tensor.I32, 1, true
	case "QUInt4x2Storage":
		return tensor.U8, 2, true
	case "QUInt2x4Storage":
		return tensor.U8, 4, true
	}
	return "", 0, false
}

// scheme reads (scheme, scale, zero_point) or (scheme, scales, zero_points, axis).
func (c *Composite) scheme(q []*sym.Node) error {
	c.Attrs = append(c.Attrs, Attr{"scheme", q[0].Name()})
	names := []string{"scale", "zero_point"}
	if strings.HasPrefix(q[0].Name(), "per_channel") {
		names = []string{"scales", "zero_points", "axis"}
	}
	if len(q) != len(names)+1 {
		return errors.New("a quantised tensor with another number of parameters")
	}
	for i, n := range q[1:] {
		if n.Kind == sym.Object {
			c.Parts = append(c.Parts, Part{Name: names[i], Node: n})
			continue
		}
		value, ok := number(n)
		if !ok {
			return errors.New("a quantised tensor with odd parameters")
		}
		c.Attrs = append(c.Attrs, Attr{names[i], value})
	}
	return nil
}

func number(n *sym.Node) (any, bool) {
	switch {
	case n.Kind == sym.Float:
		return n.Float(), true
	case n.Kind == sym.Int && n.Big() == nil:
		return n.Int, true
	}
	return nil, false
}

// nested: buffer, sizes, strides, offsets.
func nested(args []*sym.Node) (*Composite, error) {
	names := []string{"buffer", "sizes", "strides", "offsets"}
	if len(args) != len(names) {
		return nil, errors.New("a nested tensor of another form")
	}
	c := &Composite{Tag: "nested", Kind: "strided"}
	for i, name := range names {
		c.Parts = append(c.Parts, Part{Name: name, Node: args[i]})
	}
	return c, nil
}

// jagged: the keyword arguments of NestedTensor, of which some are None
// (torch/nested/_internal/nested_tensor.py).
func jagged(args []*sym.Node) (*Composite, error) {
	if len(args) != 1 || args[0].Kind != sym.Dict {
		return nil, errors.New("a nested tensor of another form")
	}
	c := &Composite{Tag: "nested", Kind: "jagged"}
	for _, p := range args[0].Pairs() {
		switch name := strings.TrimPrefix(p.Key.Text, "_"); {
		case p.Value.Kind == sym.None:
		case p.Value.Kind == sym.Object:
			c.Parts = append(c.Parts, Part{Name: name, Node: p.Value})
		case p.Value.Kind == sym.Bool:
			c.Attrs = append(c.Attrs, Attr{name, p.Value.Int != 0})
		case p.Value.Kind == sym.Int:
			c.Attrs = append(c.Attrs, Attr{name, p.Value.Int})
		case p.Value.Kind == sym.Dict && name == "metadata_cache":
			for _, q := range p.Value.Pairs() {
				c.Parts = append(c.Parts, Part{Name: q.Key.Text, Node: q.Value})
			}
		default:
			return nil, errors.New("a nested tensor of odd parts")
		}
	}
	return c, nil
}

// ragged takes from the state of a jagged tensor of torch 2.1 to 2.3, which was made of
// values and offsets alone, which dimension differs (torch/nested/_internal/nested_tensor.py,
// NestedTensor.__reduce_ex__).
func (c *Composite) ragged(state *sym.Node) {
	for _, p := range state.Pairs() {
		if p.Key.Text == "_ragged_idx" && p.Value.Kind == sym.Int {
			c.Attrs = append(c.Attrs, Attr{"ragged_idx", p.Value.Int})
		}
	}
}

// wrapper: class, dtype, size, stride, offset, layout, device, requires_grad. What
// the tensor holds is set as its attributes.
func wrapper(args []*sym.Node) (*Composite, error) {
	if len(args) < 3 || args[1].Kind != sym.Global {
		return nil, errors.New("a wrapped tensor of another form")
	}
	shape, err := sizes(args[2])
	if err != nil {
		return nil, err
	}
	return &Composite{Tag: "wrapper", Kind: args[1].Name(), Shape: shape}, nil
}

// meta: dtype, size, stride, requires_grad. Nothing of its elements is in the file.
func meta(args []*sym.Node) (*Composite, error) {
	if len(args) < 3 || args[0].Kind != sym.Global {
		return nil, errors.New("a meta tensor of another form")
	}
	shape, err := sizes(args[1])
	if err != nil {
		return nil, err
	}
	return &Composite{Tag: "meta", Kind: args[0].Name(), Shape: shape}, nil
}
