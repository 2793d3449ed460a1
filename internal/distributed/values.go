package distributed

import (
	"errors"
	"fmt"
	"slices"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// made returns the only state of an object that NEWOBJ made of exactly that
// class and without arguments. A frozen dataclass without fields has none.
func made(n *sym.Node, modules []string, name string) (*sym.Node, error) {
	if n == nil || n.Kind != sym.Object || n.Call() == nil {
		return nil, fmt.Errorf("there is no %s where one should be", name)
	}
	c := n.Call()
	if c.Func.Kind != sym.Global || c.Func.Name() != name || !slices.Contains(modules, c.Func.Module()) || len(c.Args) > 0 || c.Kwargs != nil {
		return nil, fmt.Errorf("there is a %s where a %s should be", c.Func.FullName(), name)
	}
	if len(n.States()) > 1 || len(n.Items()) > 0 || len(n.Pairs()) > 0 {
		return nil, fmt.Errorf("a %s is changed after it was made", name)
	}
	if len(n.States()) == 0 {
		return nil, nil
	}
	return n.States()[0].Frozen, nil
}

// object returns the fields of a dataclass.
func object(n *sym.Node, modules []string, name string) (map[string]*sym.Node, error) {
	state, err := made(n, modules, name)
	if state == nil || err != nil {
		return nil, err
	}
	if state.Kind != sym.Dict {
		return nil, fmt.Errorf("a %s has another state than fields", name)
	}
	fields := make(map[string]*sym.Node, len(state.Pairs()))
	for _, p := range state.Pairs() {
		key, err := text(p.Key)
		if err != nil {
			return nil, fmt.Errorf("a field of a %s: %w", name, err)
		}
		fields[key] = p.Value
	}
	return fields, nil
}

func text(n *sym.Node) (string, error) {
	if n == nil || n.Kind != sym.String || n.Lazy {
		return "", errors.New("no text, or one that is too long")
	}
	return n.Text, nil
}

func number(n *sym.Node) (int64, error) {
	if n == nil || n.Kind != sym.Int || n.Big() != nil || n.Int < 0 {
		return 0, errors.New("no number of bytes or elements")
	}
	return n.Int, nil
}

// ints reads a torch.Size, a tuple or a list.
func ints(n *sym.Node) ([]int64, error) {
	if n != nil && n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("torch", "Size") && len(n.Call().Args) == 1 {
		n = n.Call().Args[0]
	}
	if n == nil || n.Kind != sym.Tuple && n.Kind != sym.List || len(n.Items()) > 64 {
		return nil, errors.New("no list of numbers")
	}
	out := make([]int64, len(n.Items()))
	for i, item := range n.Items() {
		var err error
		if out[i], err = number(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// dtype reads the type in a TensorProperties, whose state is a tuple that
// begins with it and the layout (__getstate__).
func dtype(n *sym.Node) (tensor.DType, error) {
	state, err := made(n, propertyModules, "TensorProperties")
	if err != nil {
		return "", err
	}
	if state == nil || state.Kind != sym.Tuple || len(state.Items()) < 5 {
		return "", errors.New("its properties have another state than torch writes")
	}
	d, layout := state.Items()[0], state.Items()[1]
	if layout.Call() == nil || len(layout.Call().Args) != 1 || layout.Call().Args[0].Text != "torch.strided" {
		return "", errors.New("its layout is not strided")
	}
	info, ok := tensor.FromTorch(d.Name())
	if d.Kind != sym.Global || d.Module() != "torch" || !ok {
		return "", fmt.Errorf("its type %s is not supported", d.FullName())
	}
	return info.DType, nil
}
