package pytorch

import (
	"fmt"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// keys maps the elements of a set.
func (m *mapper) keys(items []*tree.Value, path []tensor.Key) []*tree.Value {
	out := make([]*tree.Value, len(items))
	for i, item := range items {
		out[i] = m.key(item, path)
	}
	return out
}

// key is what becomes of a value that is a key or an element of a set, and has
// to stay one that Python can hash: what is not plain is a tuple.
func (m *mapper) key(v *tree.Value, path []tensor.Key) *tree.Value {
	if m.depth++; m.depth > maxDepth {
		m.depth--
		return m.fail(path, "keys are nested too deeply")
	}
	defer func() { m.depth-- }()
	m.keyed[v] = v.ID != 0
	switch v.Tag {
	case "":
		return m.plain(v, path)
	case tree.TagRef:
		if at := m.ids[v.Ref]; at != nil {
			return m.key(at, path)
		}
		return m.fail(path, "a reference to nothing")
	case tree.TagTuple:
		return &tree.Value{Tag: tree.TagTuple, Items: m.keys(v.Items, path)}
	case tree.TagFrozenSet:
		m.note(path, "", "a frozenset as a key, kept as a tuple")
		return &tree.Value{Tag: tree.TagTuple, Items: m.keys(v.Items, path)}
	case tree.TagBytes, tree.TagSize, tree.TagWord:
		return m.word(v, path)
	case tree.TagScalar:
		return m.scalar(v, path)
	case tree.TagObject:
		return m.keyObject(v, path)
	case tree.TagOmitted:
		m.note(path, "", "a key that was left out: "+v.Text)
		return &tree.Value{Plain: fmt.Sprintf("left out: %s (%d)", v.Text, len(m.changed))}
	}
	return m.fail(path, "a "+v.Tag+" as a key")
}

// keyObject is an object as a tuple: its class, and what it was made from.
func (m *mapper) keyObject(v *tree.Value, path []tensor.Key) *tree.Value {
	if isComplex(v) {
		return m.complexOf(v)
	}
	if text, ok := pathText(v); ok {
		m.note(path, "", "a "+v.Class+" as a key, kept as text")
		return &tree.Value{Plain: text}
	}
	m.note(path, "", "a "+v.Class+" as a key, kept as a tuple")
	items := []*tree.Value{{Plain: v.Class}}
	items = append(items, m.keys(v.Args, path)...)
	items = append(items, m.keys(v.Items, path)...)
	items = append(items, m.keys(v.States, path)...)
	for _, list := range [][][2]*tree.Value{v.Kwargs, v.Pairs, v.Attrs} {
		for _, p := range list {
			items = append(items, &tree.Value{Tag: tree.TagTuple, Items: m.keys(p[:], path)})
		}
	}
	return &tree.Value{Tag: tree.TagTuple, Items: items}
}

// numbered gives a mapping whose keys are tensors that stand elsewhere, as those
// of an optimizer's state are its parameters, their places as keys: so
// state_dict() has them.
func (m *mapper) numbered(pairs [][2]*tree.Value, path []tensor.Key) [][2]*tree.Value {
	for _, p := range pairs {
		k := p[0]
		if k.Tag != tree.TagAlias && (k.Tag != tree.TagTensor || k.Same == nil || k.Same.Text != k.Text) {
			return pairs
		}
	}
	if len(pairs) == 0 {
		return pairs
	}
	m.note(path, "", "tensors as keys, kept as their places")
	out := make([][2]*tree.Value, len(pairs))
	for i, p := range pairs {
		out[i] = [2]*tree.Value{{Plain: int64(i)}, p[1]}
	}
	return out
}
