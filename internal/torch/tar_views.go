package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// TarStorages is the name of the member that has the elements.
const TarStorages = "storages"

// Resolver returns the resolver for the tensors of the object, the elements of
// which are in the member TarStorages.
func (t *Tar) Resolver() *Resolver {
	return &Resolver{keyed: func(n *sym.Node) (View, error) {
		key, ok := tarKey(n.Of())
		v, known := t.views[key]
		if !ok || !known {
			return View{}, ErrNotTensor
		}
		return v, nil
	}}
}

// given is the tensor that the loader gives for a persistent id: but in a tar, that is a
// storage, of which torch makes no parameter.
func (r *Resolver) given(n *sym.Node) (View, error) {
	if r.keyed == nil {
		return View{}, errStorage
	}
	v, err := r.keyed(n)
	if err == nil && v.Class != "Tensor" {
		err = errStorage
	}
	return v, err
}

var errStorage = errors.New("a storage where a tensor belongs")

func (t *Tar) bad(format string, args ...any) {
	if t.Bad == nil {
		t.Bad = fmt.Errorf(format, args...)
	}
}

// storage keeps count elements that begin at an offset of r.
func (t *Tar) storage(key string, class id, r io.ReaderAt, at, count int64) {
	n := count * class.class.size
	s := &tensor.Storage{Key: key, Data: io.NewSectionReader(r, at, n), Size: n, Origin: tensor.Origin{
		Layers: []tensor.Layer{{Kind: tensor.LayerTar, Name: TarStorages}}, Start: at, End: at + n, Spelling: tensor.SpelledRaw}}
	v := View{Class: "torch." + class.class.name}
	v.DType, v.Shape, v.Strides, v.Storage = class.class.dtype, []int64{count}, []int64{1}, s
	if class.untyped {
		v.Class, v.DType = "torch.storage.UntypedStorage", tensor.U8
	}
	if v.DType == "" {
		t.bad("elements of a torch.%s are not supported", class.class.name)
	}
	t.views[key] = v
}

// part keeps a storage that is a part of another: root, offset, size.
func (t *Tar) part(key string, items []*sym.Node) {
	if len(items) != 3 {
		t.bad("a view of a storage of another form")
		return
	}
	root, _ := tarKey(items[0])
	v, ok := t.views[root]
	offset, err := size(items[1])
	n, err2 := size(items[2])
	if !ok || err != nil || err2 != nil || len(v.Shape) != 1 || offset > v.Shape[0] || n > v.Shape[0]-offset {
		t.bad("the storage %q is a part of one that does not have it", key)
		return
	}
	v.Offset, v.Shape = v.Offset+offset, []int64{n}
	t.views[key] = v
}

// tensor keeps a tensor: geometry has sizes, strides and offset, as 64 bits each.
func (t *Tar) tensor(key string, of *sym.Node, dims int64, geometry []byte) {
	root, _ := tarKey(of)
	v, ok := t.views[root]
	if !ok || v.Class == "Tensor" || dims > 64 {
		t.bad("the tensor %q has no storage", key)
		return
	}
	next := func() int64 {
		n := int64(binary.LittleEndian.Uint64(geometry))
		geometry = geometry[8:]
		return n
	}
	limit := v.Offset + v.Shape[0] // a part of a storage ends before the storage
	v.Class, v.Shape, v.Strides = "Tensor", make([]int64, dims), make([]int64, dims)
	for i := range v.Shape {
		v.Shape[i] = next()
	}
	for i := range v.Strides {
		v.Strides[i] = next()
	}
	offset := next()
	info, _ := v.DType.Info()
	if offset < 0 || offset > limit || v.DType == "" {
		t.bad("the tensor %q begins outside its storage", key)
		return
	}
	v.Offset += offset
	bounded := *v.Storage
	bounded.Size = limit * info.Size
	check := v.Tensor
	check.Storage = &bounded
	if err := check.Check(); err != nil {
		t.bad("the tensor %q: %w", key, err)
		return
	}
	t.views[key] = v
}

// quiet notes a pickle that does more than describe: what it calls may have
// changed what the others stand for.
func (t *Tar) quiet(m *TarMember) *TarMember {
	for _, tr := range m.Streams {
		for i := range tr.Events {
			if k := tr.Events[i].Kind; k != sym.EventImport {
				t.bad("what describes its storages and tensors does more than that, at %#x", tr.Events[i].Pos)
			}
		}
	}
	return m
}
