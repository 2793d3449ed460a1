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

// device: an array or a tensor, dtype, device, requires_grad: tensors of devices
// whose memory torch does not write (torch/_tensor.py, _reduce_ex_internal). A
// dtype that is not that of the elements is a cast, which is refused.
func (r *Resolver) device(name string, args []*sym.Node, depth int) (View, error) {
	if len(args) != 4 || args[1].Kind != sym.Global || args[2].Kind != sym.String {
		return View{}, errors.New("a tensor of a device in another form")
	}
	info, ok := tensor.FromTorch(args[1].Name())
	if !ok || args[1].Module() != "torch" {
		return View{}, fmt.Errorf("dtype torch.%s is not supported", args[1].Name())
	}
	v := View{Class: "Tensor", Array: args[0]}
	v.DType = info.DType
	if name == "_rebuild_device_tensor_from_cpu_tensor" {
		var err error
		if v, err = r.tensor(args[0], depth+1); err != nil {
			return View{}, err
		}
		if v.Composite != nil || v.DType != info.DType {
			return View{}, fmt.Errorf("a tensor that loading casts to torch.%s", info.Torch)
		}
	}
	v.Device, v.RequiresGrad = args[2].Text, args[3].Int != 0
	return v, nil
}
