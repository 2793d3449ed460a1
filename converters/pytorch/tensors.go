package pytorch

import (
	"slices"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// tensor keeps a tensor, and a numpy array as one where it has its type.
func (m *mapper) tensor(v *tree.Value, path []tensor.Key) *tree.Value {
	first := m.done[v]
	if first == nil && v.Same != nil {
		first = m.done[v.Same]
	}
	n := m.from(v, path)
	if n == nil { // it has a name elsewhere
		if v.Same == nil && first == nil {
			return m.fail(path, "a tensor without elements")
		}
		return m.alias(v, path)
	}
	m.placed[n] = true
	if n.RequiresGrad && n.Element == "" && !differentiable(n.DType) {
		return m.fail(path, "a tensor of "+string(n.DType)+" that is said to require a gradient")
	}
	out := &tree.Value{Tag: tree.TagTensor, Text: n.Name, Grad: n.RequiresGrad}
	m.of[out] = n
	if m.weights[n.Value] && conversion.Casts(n.DType, m.dtype) {
		m.casts[out] = m.dtype
	}
	if !n.DType.InSafetensors(len(n.Shape)) {
		out.DType = string(n.DType)
	}
	m.about(n, out, path)
	if first != nil && m.of[first] != nil {
		out.Same = first
	} else {
		m.done[v] = out
		m.attributes(v, out, path)
	}
	if n.Element != "" {
		return dict("__class__", "numpy.ndarray", "dtype", v.DType, "bytes", out)
	}
	return out
}

// from finds the elements of a tensor: where it comes up first by the value
// itself, for what is in an object is not always named after its place. Then by
// the path.
func (m *mapper) from(v *tree.Value, path []tensor.Key) *tree.Named {
	if n := m.byValue[v]; n != nil && m.done[v] == nil {
		return n
	}
	return m.src[pathKey(path)]
}

// about notes what of a tensor torch's loader does not take, and keeps the rest.
func (m *mapper) about(n *tree.Named, out *tree.Value, path []tensor.Key) {
	switch {
	case n.Element != "":
		m.note(path, "", "a numpy array of a type that no tensor has, kept as its bytes and the type's name")
	case n.Numpy:
		m.note(path, "array", "numpy arrays are kept as tensors")
	case n.Class == "Parameter":
		out.Class = n.Class
	case n.Class != "Tensor":
		m.note(path, n.Class, "a "+n.Class+", kept as a tensor")
	}
	if n.Device != "" {
		m.note(path, "device", "tensors of "+n.Device+" are loaded to the processor")
	}
}

// alias is a tensor that has a name at another place.
func (m *mapper) alias(v *tree.Value, path []tensor.Key) *tree.Value {
	to := m.done[v]
	if v.Same != nil && m.done[v.Same] != nil {
		to = m.done[v.Same]
	}
	if to == nil && v.Same != nil && conversion.Unwanted(v.Same) {
		m.note(path, "", v.Same.Text)
		return &tree.Value{}
	}
	if to == nil {
		m.later = append(m.later, pending{&tree.Value{Tag: tree.TagAlias}, v})
		return m.later[len(m.later)-1].out
	}
	return &tree.Value{Tag: tree.TagAlias, Same: to}
}

// named makes tensors of the aliases in a value that stands where tensors have names.
func (m *mapper) named(v *tree.Value) *tree.Value {
	for i, item := range v.Items {
		v.Items[i] = m.named(item)
	}
	for i, p := range v.Pairs {
		v.Pairs[i][1] = m.named(p[1])
	}
	if v.Tag != tree.TagAlias || v.Same == nil || m.of[v.Same] == nil {
		return v
	}
	out := &tree.Value{Tag: tree.TagTensor, DType: v.Same.DType, Class: v.Same.Class, Grad: v.Same.Grad, Same: v.Same}
	m.of[out] = m.of[v.Same]
	if to := m.casts[v.Same]; to != "" {
		m.casts[out] = to
	}
	return out
}

// A pending alias waits for its tensor.
type pending struct{ out, of *tree.Value }

// settle gives aliases the tensors that came after them.
func (m *mapper) settle() {
	for _, p := range m.later {
		to := m.done[p.of]
		if p.of.Same != nil && m.done[p.of.Same] != nil {
			to = m.done[p.of.Same]
		}
		if to == nil {
			m.fail(nil, "a tensor that has no place of its own")
			return
		}
		p.out.Same = to
	}
}

// attributes keeps what was set on a tensor.
func (m *mapper) attributes(v, out *tree.Value, path []tensor.Key) {
	if len(v.Attrs) > 0 && v.Tag == tree.TagTensor {
		out.Attrs = m.pairs(v.Attrs, path)
	}
}

// schemes are the quantisations that torch's loader takes (torch/_weights_only_unpickler.py).
var schemes = []string{"per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric", "per_channel_affine_float_qparams"}

// composite keeps a tensor that is made of others where torch's loader takes it,
// else as a dict of its parts.
func (m *mapper) composite(v *tree.Value, path []tensor.Key) *tree.Value {
	out := &tree.Value{Tag: v.Tag, Text: v.Text, Shape: slices.Clone(v.Shape), Grad: v.Grad}
	keep := true
	for _, p := range v.Pairs {
		key, _ := p[0].Plain.(string)
		if conversion.Unwanted(p[1]) {
			return m.fail(path, "it is made of several tensors, of which only some are left out: "+key+" is")
		}
		part := m.value(p[1], below(path, key, false))
		keep = keep && part.Tag == tree.TagTensor && part.Class == "" && !part.Grad
		out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: key}, part})
	}
	known := map[string]int{tree.TagSparse: 1, tree.TagQuantized: 3}[v.Tag]
	switch v.Tag {
	case tree.TagNested, tree.TagWrapper:
		keep = false
	case tree.TagSparse: // it is written without requires_grad, as no Parameter is
		out.Grad = false
	case tree.TagQuantized:
		m.unrounded(out)
		if keep = keep && quantizable(v); keep {
			m.apart[out.Pairs[0][1]] = true
		}
	}
	if v.Class != "" {
		m.note(path, v.Class, "a "+v.Class+", kept as a tensor")
	}
	if v.Device != "" {
		m.note(path, "device", "tensors of "+v.Device+" are loaded to the processor")
	}
	out.Attrs = m.pairs(v.Attrs, path)
	if v.Tag == tree.TagSparse && len(out.Attrs) == 1 && out.Attrs[0][1].Plain == false {
		out.Attrs = nil // as if it were not said, which torch 1.13 takes too
	}
	if len(out.Attrs) > known {
		keep = false
	}
	if keep && !m.fits(out) {
		return m.fail(path, "what it is said to be made of makes no "+v.Tag+" tensor ("+v.Text+")")
	}
	if keep {
		return out
	}
	m.note(path, "", "a "+v.Tag+" tensor ("+v.Text+"), kept as a dict of its parts")
	for i, a := range out.Attrs { // beside the parts, and no longer set on them
		out.Attrs[i][1] = m.named(a[1])
	}
	shape := &tree.Value{Tag: tree.TagTuple}
	for _, n := range v.Shape {
		shape.Items = append(shape.Items, &tree.Value{Plain: n})
	}
	return dict("__class__", "torch."+v.Tag, "kind", v.Text, "shape", shape,
		"parts", &tree.Value{Tag: tree.TagDict, Pairs: out.Pairs}, "attributes", &tree.Value{Tag: tree.TagDict, Pairs: out.Attrs})
}

// quantizable reports whether a quantised tensor can be put together by torch's
// loader. In packed types elements share bytes.
func quantizable(v *tree.Value) bool {
	if v.Text != "qint8" && v.Text != "quint8" && v.Text != "qint32" || len(v.Attrs) == 0 {
		return false
	}
	scheme, _ := v.Attrs[0][1].Plain.(string)
	return slices.Contains(schemes, scheme) && (len(v.Pairs) == 1 && len(v.Attrs) == 3 || len(v.Pairs) == 3 && len(v.Attrs) == 2)
}
