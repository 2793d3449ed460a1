package weights

import (
	"errors"
	"slices"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tree"
)

// Join is Tree of a model whose weights are in several files, in the form of Keras 3.
// each is called with the tensors of each file.
func Join(files []*hdf5.File, each func(file int, tensors []tree.Named) error) (*tree.Tree, error) {
	b := &builder{said: map[string]string{}, filled: map[string]bool{}}
	for i, f := range files {
		before := len(b.pieces)
		if err := b.read(f); err != nil {
			return nil, err
		}
		if b.isLegacy {
			return nil, errors.New("it is in the older form of Keras, which is one file")
		}
		for _, p := range b.pieces[before:] {
			if err := each(i, p.Tree.Tensors); err != nil {
				return nil, err
			}
		}
	}
	return b.tree()
}

// emptyGroups lists the groups that are empty in every file that has them.
func (b *builder) emptyGroups() *tree.Value {
	list := &tree.Value{Tag: tree.TagList}
	slices.Sort(b.empty)
	for _, name := range b.empty {
		if !b.filled[name] {
			list.Items = append(list.Items, &tree.Value{Plain: name})
			b.filled[name] = true // it is listed once
		}
	}
	if len(list.Items) == 0 {
		return nil
	}
	return list
}
