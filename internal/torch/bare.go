package torch

import (
	"errors"
	"fmt"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// StorageOf reads a storage that stands for itself, without a tensor, as the
// tensor of all its elements: torch.save takes storages as values
// (torch/storage.py). Its class is the storage's full name. What is no storage
// gives ErrNotTensor.
func (r *Resolver) StorageOf(n *sym.Node) (View, error) {
	if r != nil && r.keyed != nil && n.Kind == sym.Persistent {
		return r.keyed(n)
	}
	nested := n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("torch.storage", "_load_from_bytes")
	if r == nil || !nested && (n.Kind != sym.Persistent || r.table == nil || r.table.byNode[n] == nil) {
		return View{}, ErrNotTensor
	}
	b, err := r.storage(n)
	var none *metaError
	if errors.As(err, &none) {
		info, _ := none.id.class.dtype.Info()
		return View{Class: "torch." + none.id.class.name, Composite: &Composite{Tag: "meta", Kind: info.Torch, Shape: []int64{none.id.numel}}}, nil
	}
	if err != nil {
		return View{}, err
	}
	v := View{Class: "torch." + b.id.class.name, Device: b.id.device()}
	v.Storage, v.DType = b.storage, b.id.class.dtype
	if b.id.untyped {
		v.Class, v.DType = "torch.storage.UntypedStorage", tensor.U8
	}
	if t, _, ok := integersOf(b.id.class.name); ok {
		v.DType = t
	}
	info, ok := v.DType.Info()
	if !ok {
		return View{}, fmt.Errorf("a torch.%s, whose elements are not known", b.id.class.name)
	}
	v.Shape, v.Strides = []int64{b.storage.Size / info.Size}, []int64{1}
	return v, v.Check()
}
