package scan

import (
	"errors"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tree"
)

// A Model is what of an artifact can be converted: whatever yields a tree of
// tensors and plain values, from one stream, from many, or from none.
type Model struct {
	Format audit.Format
	Member string // the record that holds it, "" if it is the file
	// Pickles are the streams that the model is read from, which a second
	// decoder can read too. A format that needs no pickle has none.
	Pickles []*Checkpoint
	// Once says why no second decoder reads a model without Pickles; "" means
	// that there is no pickle in it.
	Once string
	// Build reads the tree. Every call makes a new one.
	Build func() (*tree.Tree, error)

	outline func() (*tree.Tree, error) // nil: Build
	arrays  []npyArray                 // of a .npy file
	hdf5    *hdf5.File                 // of an HDF5 file
	in      part                       // that it was found in
}

// Tree reads the model as a tree of tensors and plain values. The tree is the
// caller's, who may change it.
func (m *Model) Tree() (*tree.Tree, error) { return m.Build() }

// Forget gives up what trees are made from. The model has none from now on.
func (m *Model) Forget() {
	m.Build = func() (*tree.Tree, error) { return nil, errors.New("its values were given up for a conversion") }
	m.outline, m.hdf5 = nil, nil
}

// Outline is Tree of the tensors and what is refused: most plain values are
// missing, so that it takes less memory.
func (m *Model) Outline() (*tree.Tree, error) {
	if m.outline != nil {
		return m.outline()
	}
	return m.Build()
}

// then has every tree of the model, and every outline, changed when it is made.
func (m *Model) then(change func(*tree.Tree)) {
	after := func(build func() (*tree.Tree, error)) func() (*tree.Tree, error) {
		return func() (*tree.Tree, error) {
			t, err := build()
			if err != nil {
				return nil, err
			}
			change(t)
			return t, nil
		}
	}
	if m.Build = after(m.Build); m.outline != nil {
		m.outline = after(m.outline)
	}
}

// model is the model of an artifact that is one checkpoint.
func (c *Checkpoint) model(f audit.Format, member string) *Model {
	return &Model{Format: f, Member: member, Pickles: []*Checkpoint{c}, Build: c.tree, outline: c.Outline}
}
