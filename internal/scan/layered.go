package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/modelaudit/action/internal/joblib"
	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/tree"
)

// model makes the tensors of a model in p say which layers lead to them.
func (p part) model(m *Model) *Model {
	m.in = p
	if len(p.layers) == 0 {
		return m
	}
	m.then(func(t *tree.Tree) { relocate(t, "", p.layers) })
	return m
}

// whole is the checkpoint with the pickles of its arrays of objects: what one of
// them does reaches the others.
func (c *Checkpoint) whole() *Checkpoint {
	if len(c.Nested) == 0 {
		return c
	}
	all := *c
	all.Judgement.Untrusted, all.Judgement.Foreign = map[*sym.Node]bool{}, map[*sym.Node]bool{}
	all.Judgement.Touched, all.Judgement.Grown = nil, nil
	add := func(j *rules.PickleJudgement) {
		maps.Copy(all.Judgement.Untrusted, j.Untrusted)
		maps.Copy(all.Judgement.Foreign, j.Foreign)
		all.Judgement.Touched = append(all.Judgement.Touched, j.Touched...)
		all.Judgement.Grown = append(all.Judgement.Grown, j.Grown...)
	}
	add(&c.Judgement)
	for _, n := range c.Nested {
		add(&n.Judgement)
	}
	return &all
}

// arrayOf is the array that joblib reads in a node's place, nil if there is none.
func (c *Checkpoint) arrayOf(n *sym.Node) *joblib.Array {
	if c.Joblib == nil || n.Of() == nil {
		return nil
	}
	if c.byWrapper == nil {
		c.byWrapper = map[*sym.Node]*joblib.Array{}
		for i := range c.Joblib.Arrays {
			a := &c.Joblib.Arrays[i]
			c.byWrapper[a.Wrapper] = a
		}
	}
	return c.byWrapper[n.Of()]
}

// array reads an array that joblib takes from the stream, for tree.Input.
func (c *Checkpoint) array(x *numpy.Reader, n *sym.Node) (*numpy.Array, error) {
	if n.Call() != nil || n.Of() == nil {
		return nil, numpy.ErrNotArray
	}
	a := c.arrayOf(n)
	if a == nil {
		return c.sibling(n)
	}
	out, err := x.ArrayAt(a.Type, a.Shape, a.Order == 'F', a.Offset, a.Length)
	if err == nil {
		out.Class = a.Class()
	}
	return out, err
}

// sibling reads an array that joblib before 0.10 wrote to a file beside the stream: a
// .npy, which numpy.load opens (joblib/numpy_pickle_compat.py, NDArrayWrapper.read).
func (c *Checkpoint) sibling(n *sym.Node) (*numpy.Array, error) {
	i := slices.IndexFunc(c.Joblib.Siblings, func(s joblib.Sibling) bool { return s.Wrapper == n.Of() })
	if i < 0 {
		return nil, errors.New("an array that joblib reads from another file")
	}
	s := &c.Joblib.Siblings[i]
	if s.Compressed || s.Outside || c.beside == nil {
		return nil, fmt.Errorf("an array that joblib reads from another file, %q: load and dump it again with joblib 0.10 or later", s.Name)
	}
	r, size, err := c.beside(s.Name)
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("an array that joblib reads from %q beside it, which is not there", s.Name)
	case errors.As(err, &at): // without the path, which is that of this file
		return nil, fmt.Errorf("an array that joblib reads from %q beside it, which cannot be read: %w", s.Name, at.Err)
	case err != nil:
		return nil, fmt.Errorf("an array that joblib reads from %q beside it, which cannot be read: %w", s.Name, err)
	}
	h, err := numpy.ReadHeader(r, 0, size)
	if err != nil {
		return nil, fmt.Errorf("an array that joblib reads from %q beside it: %w", s.Name, err)
	}
	if h.Object {
		return nil, fmt.Errorf("an array of objects that joblib reads from %q beside it: load and dump it again with joblib 0.10 or later", s.Name)
	}
	a, err := h.Array(r)
	if err == nil {
		a.Class, a.Beside = s.Class(), s.Name
	}
	return a, err
}

// inner is the object of the nested pickle that joblib reads in a node's place,
// nil if there is none.
func (c *Checkpoint) inner(n *sym.Node) (*sym.Node, error) {
	a := c.arrayOf(n)
	if a == nil || !a.Element.Object {
		return nil, nil
	}
	nested := c.Nested[a.Offset]
	if nested == nil {
		return nil, errMoreObjects
	}
	if !nested.looked {
		_, nested.wrong = nested.input()
		nested.looked = true
	}
	return nested.Trace.Root, nested.wrong
}
