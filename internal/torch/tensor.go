package torch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// ErrNotTensor is returned for a value that is no torch tensor.
var ErrNotTensor = errors.New("not a tensor")

// ErrOutside is wrapped by the error of a tensor that reaches beyond its storage.
var ErrOutside = errors.New("tensor outside its storage")

// maxWrapped is how many calls may wrap one tensor: a parameter of a subclass
// is two.
const maxWrapped = 8

// A View is a rebuilt tensor with what torch keeps beside its elements.
type View struct {
	tensor.Tensor
	RequiresGrad bool
	// Class is "Tensor", "Parameter" or "Buffer", or the full name of another class.
	Class string
	// Device is where the tensor was when it was saved, "" for the processor.
	Device string
	// States are what the tensor's attributes are set from, in order.
	States []*sym.Node
	// Array is set if the elements are those of a numpy array, of the type DType:
	// nothing else is known of the view then but where it was.
	Array *sym.Node
	// Composite is set if the tensor is no view of a storage.
	Composite *Composite
}

// A Resolver turns the calls that rebuild tensors into views. The zero value
// knows no storage of a container but still resolves storages that are nested
// in the stream as bytes.
type Resolver struct {
	table  *storageTable
	nested func(*sym.Node) (*boundStorage, error)
	keyed  func(*sym.Node) (View, error) // a persistent id that stands for a tensor or a storage; nil but in a tar
}

// TensorOf resolves a tensor (torch/_utils.py, _rebuild_*). What is no tensor
// gives ErrNotTensor; a tensor that cannot be resolved gives another error.
// The view has passed its Check, unless it is a Composite.
func (r *Resolver) TensorOf(n *sym.Node) (View, error) {
	return r.tensor(n, 0)
}

func (r *Resolver) tensor(n *sym.Node, depth int) (View, error) {
	if n.Kind == sym.Persistent && depth > 0 {
		return r.given(n)
	}
	if n.Kind != sym.Object || n.Call() == nil || n.Call().Func.Kind != sym.Global {
		return View{}, ErrNotTensor
	}
	if i, ok := n.Packed(); ok {
		return r.table.packed.view(i)
	}
	v, err := r.rebuild(n.Call().Func, n.Call().Args, depth)
	if err == nil && n.Call().Func.Is("torch.nn.parameter", "Parameter") && len(n.States()) > 0 {
		i := n.States()[0].Frozen.Items() // (requires_grad, volatile, hooks): rules lets nothing else be
		v.RequiresGrad = len(i) == 3 && i[0].Int != 0
	}
	return v, err
}

func (r *Resolver) rebuild(fn *sym.Node, args []*sym.Node, depth int) (View, error) {
	if depth > maxWrapped {
		return View{}, errors.New("a tensor inside too many others")
	}
	switch fn.FullName() {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
		return r.strided(fn.Name(), args)
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(args) < 2 {
			return View{}, errors.New("a parameter without a tensor")
		}
		v, err := r.tensor(args[0], depth+1)
		v.Class, v.RequiresGrad = "Parameter", args[1].Int != 0
		v.States = append(v.States, args[min(3, len(args)):]...)
		return v, err
	case "torch.nn.parameter.Parameter":
		if len(args) == 0 {
			return View{}, errors.New("a parameter without a tensor")
		}
		v, err := r.tensor(args[0], depth+1)
		v.Class, v.RequiresGrad = "Parameter", len(args) == 1 || args[1].Int != 0
		return v, err
	case "torch._tensor._rebuild_from_type_v2":
		if len(args) != 4 || args[0].Kind != sym.Global || args[0].FullName() == fn.FullName() {
			return View{}, errors.New("a tensor subclass of another form")
		}
		v, err := r.rebuild(args[0], args[2].Items(), depth+1)
		if args[1].Kind == sym.Global {
			v.Class = className(args[1])
		}
		v.States = append(v.States, args[3])
		if args[0].Is("torch.nested._internal.nested_tensor", "NestedTensor") && v.Composite != nil {
			v.Composite.ragged(args[3])
		}
		return v, err
	}
	switch fn.FullName() {
	case "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_xla_tensor", "torch._utils._rebuild_device_tensor_from_cpu_tensor":
		return r.device(fn.Name(), args, depth)
	}
	if fn.Module() == "torch._utils" || fn.Is("torch.nested._internal.nested_tensor", "_rebuild_njt") || fn.Is("torch.nested._internal.nested_tensor", "NestedTensor") {
		return r.composite(fn, args)
	}
	return View{}, ErrNotTensor
}

// strided: (storage, offset, size, stride[, requires_grad, hooks[, dtype][, metadata]]).
func (r *Resolver) strided(name string, args []*sym.Node) (View, error) {
	if len(args) < 4 {
		return View{}, fmt.Errorf("%s with %d arguments", name, len(args))
	}
	b, err := r.storage(args[0])
	var none *metaError
	if errors.As(err, &none) {
		return metaView(none.id, name, args)
	}
	if err != nil {
		return View{}, err
	}
	v := View{Class: "Tensor", Device: b.id.device()}
	v.Storage, v.DType = b.storage, b.id.class.dtype
	rest := args[4:]
	if len(rest) > 0 {
		v.RequiresGrad = rest[0].Int != 0
	}
	if name == "_rebuild_tensor_v3" {
		if v.DType, err = ownDType(rest); err != nil {
			return View{}, err
		}
		if err := r.readAs(b, v.DType); err != nil {
			return View{}, err
		}
		rest = rest[1:]
	}
	if v.DType == "" {
		return View{}, fmt.Errorf("elements of a torch.%s are not supported", b.id.class.name)
	}
	if err := v.place(args); err != nil {
		return View{}, err
	}
	if len(rest) > 2 {
		if err := v.setMetadata(rest[2]); err != nil {
			return View{}, err
		}
	}
	if err := v.Check(); err != nil {
		return View{}, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	return v, nil
}

// place reads what follows the storage: offset, size, stride.
func (v *View) place(args []*sym.Node) (err error) {
	if v.Offset, err = size(args[1]); err != nil {
		return err
	}
	if v.Shape, err = sizes(args[2]); err != nil {
		return err
	}
	v.Strides, err = sizes(args[3])
	return err
}

// className is the name of a class of tensors, short for torch's own.
func className(class *sym.Node) string {
	if class.Is("torch", "Tensor") || class.Module() == "torch.nn.parameter" {
		return class.Name()
	}
	return class.FullName()
}

// ownDType reads the dtype of _rebuild_tensor_v3 from what follows the strides:
// its storage is untyped.
func ownDType(rest []*sym.Node) (tensor.DType, error) {
	if len(rest) < 3 || rest[2].Kind != sym.Global || rest[2].Module() != "torch" {
		return "", errors.New("_rebuild_tensor_v3 without a dtype")
	}
	info, ok := tensor.FromTorch(rest[2].Name())
	if !ok {
		return "", fmt.Errorf("dtype torch.%s is not supported", rest[2].Name())
	}
	return info.DType, nil
}

// readAs refuses elements of a big-endian file that are of another width than
// what torch reversed in their storage, and those that torch has a class of
// storages for and reads from another: nobody writes them so.
func (r *Resolver) readAs(b *boundStorage, d tensor.DType) error {
	if r.table == nil || !r.table.bigEndian {
		return nil
	}
	info, _ := d.Info()
	own := slices.ContainsFunc(storageClasses(), func(c storageClass) bool { return c.dtype == d })
	if info.Swap > 1 && (own || !b.id.untyped) || info.Swap == 1 && b.swapped() > 1 {
		return fmt.Errorf("elements of torch.%s in a torch.%s, whose bytes a big-endian file has in another order", info.Torch, b.id.class.name)
	}
	return nil
}

// Outside lists the tensors of a trace that reach beyond their storage, or
// whose size, stride or offset is none. torch refuses them, most of the time.
func (r *Resolver) Outside(tr *sym.Trace) []Problem {
	var bad []Problem
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.Kind != sym.EventCall || !slices.Contains([]string{"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"}, e.Node.Call().Func.Name()) {
			continue
		}
		if _, err := r.TensorOf(e.Node); errors.Is(err, ErrOutside) {
			bad = append(bad, Problem{Kind: OutOfBounds, Start: e.Pos, End: e.End, Msg: err.Error()})
		}
	}
	return bad
}

// setMetadata applies {"conj": bool, "neg": bool} (torch/_utils.py, set_tensor_metadata).
func (v *View) setMetadata(n *sym.Node) error {
	for _, p := range n.Pairs() {
		on := p.Value.Int != 0 || p.Value.Big() != nil
		switch p.Key.Text {
		case "conj":
			v.Conj = on
		case "neg":
			v.Neg = on
		}
	}
	complexType := v.DType == tensor.C64 || v.DType == tensor.C128 || v.DType == tensor.C32 || v.DType == tensor.BC32
	floatType := complexType || v.DType == tensor.F64 || v.DType == tensor.F32 || v.DType == tensor.F16 || v.DType == tensor.BF16
	if v.Conj && !complexType || v.Neg && !floatType && !v.DType.Integer() {
		return fmt.Errorf("a lazily conjugated or negated view of %s", v.DType)
	}
	return nil
}

func (r *Resolver) storage(n *sym.Node) (*boundStorage, error) {
	var b *boundStorage
	switch {
	case n.Kind == sym.Persistent && r.table != nil:
		b = r.table.byNode[n]
	case n.Kind == sym.Object && r.nested != nil:
		var err error
		if b, err = r.nested(n); err != nil {
			return nil, err
		}
	}
	if b == nil {
		return nil, errors.New("a tensor without a storage of this file")
	}
	if b.id.location == "meta" {
		return nil, &metaError{b.id}
	}
	if b.storage == nil {
		return nil, unreadable(b.id.key, b.why)
	}
	return b, nil
}

// unreadable is the error of a tensor whose storage has no bytes that count.
func unreadable(key, why string) error {
	return fmt.Errorf("storage %q %s", key, cmp.Or(why, "has no bytes in the file"))
}

func size(n *sym.Node) (int64, error) {
	if n.Kind != sym.Int && n.Kind != sym.Bool || n.Big() != nil || n.Int < 0 {
		return 0, fmt.Errorf("%w: a size, stride or offset that is no size", ErrOutside)
	}
	return n.Int, nil
}

// sizes reads a tuple, a list or a torch.Size.
func sizes(n *sym.Node) ([]int64, error) {
	if n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("torch", "Size") && len(n.Call().Args) == 1 {
		n = n.Call().Args[0]
	}
	if n.Kind != sym.Tuple && n.Kind != sym.List {
		return nil, errors.New("sizes or strides of another form")
	}
	out := make([]int64, 0, min(len(n.Items()), 64))
	for _, i := range n.Items() {
		s, err := size(i)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
