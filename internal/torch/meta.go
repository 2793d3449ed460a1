package torch

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// A metaError says that a storage is on the meta device: the file has no data of it.
type metaError struct{ id id }

func (e *metaError) Error() string { return "a meta tensor, which has no data" }

// metaView is a tensor of a storage on the meta device.
func metaView(i id, name string, args []*sym.Node) (View, error) {
	info, _ := i.class.dtype.Info()
	c := &Composite{Tag: "meta", Kind: info.Torch}
	v := View{Class: "Tensor", Composite: c}
	rest := args[4:]
	if len(rest) > 0 {
		v.RequiresGrad = rest[0].Int != 0
	}
	if name == "_rebuild_tensor_v3" {
		t, err := ownDType(rest)
		if err != nil {
			return View{}, err
		}
		info, _ = t.Info()
		c.Kind = info.Torch
	}
	var err error
	c.Shape, err = sizes(args[2])
	return v, err
}
