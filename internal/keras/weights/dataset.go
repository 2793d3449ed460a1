package weights

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// dataset makes a tree of one dataset. What cannot be had is refused in it.
func (b *builder) dataset(o *hdf5.Object) *tree.Tree {
	t, err := b.view(o)
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return refused(err.Error(), o.Addr)
	}
	v := &tree.Value{Tag: tree.TagTensor}
	if !t.DType.InSafetensors(len(t.Shape)) {
		v.DType = string(t.DType)
	}
	if t.Element != "" {
		v.Tag, v.DType, t.Numpy = tree.TagArray, t.Element, true // as an array of numpy, which alone has such
	}
	t.Value, t.Class = v, "Tensor"
	return &tree.Tree{Root: v, Tensors: []tree.Named{t}}
}

func refused(reason string, at int64) *tree.Tree {
	v := &tree.Value{Tag: tree.TagOmitted, Text: reason}
	return &tree.Tree{Root: v, Refused: []tree.Missing{{Reason: reason, Pos: at}}}
}

// view says where the elements of a dataset are.
func (b *builder) view(o *hdf5.Object) (t tree.Named, err error) {
	if o.Space.Kind == hdf5.Null {
		return t, fmt.Errorf("a dataset without a shape")
	}
	e, err := elementOf(o.Type, b.text(o.Attribute("dtype")))
	if err != nil {
		return t, err
	}
	size, ok := o.Bytes()
	if !ok {
		return t, fmt.Errorf("the shape %d is too large", o.Space.Dims)
	}
	t.DType, t.Element, t.Shape = e.dtype, e.raw, slices.Clone(o.Space.Dims)
	if e.raw != "" {
		t.Shape = append(t.Shape, e.size)
	}
	t.Strides = tensor.ContiguousStrides(t.Shape)
	s := &tensor.Storage{Key: strings.TrimPrefix(o.Path, "/"), Size: size, BigEndian: e.big, Data: bytes.NewReader(nil)}
	t.Storage = s
	if size == 0 {
		return t, nil
	}
	data, err := b.file.Data(o)
	if err != nil {
		return t, err
	}
	if l := &o.Layout; l.Kind != hdf5.Chunked && l.End > 0 {
		s.Data, s.Origin = data, tensor.Origin{Start: l.Start, End: l.Start + size, Spelling: tensor.SpelledRaw}
		return t, nil
	}
	s.Data, s.Decoder = &pieces{b.shelf, o}, "HDF5 chunks"
	return t, nil
}

// maxOpen is how many datasets are held at a time that are not stored in one piece.
const maxOpen = 2

// A shelf holds the readers of the datasets that were read last.
type shelf struct {
	file *hdf5.File

	mu   sync.Mutex
	open []opened
}

type opened struct {
	of *hdf5.Object
	r  io.ReaderAt
}

func (s *shelf) reader(o *hdf5.Object) (io.ReaderAt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, each := range s.open {
		if each.of == o {
			s.open = append(slices.Delete(s.open, i, i+1), each)
			return each.r, nil
		}
	}
	r, err := s.file.Data(o)
	if err != nil {
		return nil, err
	}
	if len(s.open) == maxOpen {
		s.open = slices.Delete(s.open, 0, 1)
	}
	s.open = append(s.open, opened{o, r})
	return r, nil
}

// pieces reads a dataset that is not stored in one piece.
type pieces struct {
	shelf *shelf
	of    *hdf5.Object
}

// ReadAt implements io.ReaderAt.
func (p *pieces) ReadAt(b []byte, off int64) (int, error) {
	r, err := p.shelf.reader(p.of)
	if err != nil {
		return 0, err
	}
	return r.ReadAt(b, off)
}
