package scan

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torchscript"
	"github.com/modelaudit/action/internal/tree"
)

// decodedAsScript is what is said of the second decoder for TorchScript.
const decodedAsScript = "decoded once: the names are those that the code gives the tensors"

// scriptModel is the model of a TorchScript archive: the pickle of its module,
// and that of its constants, nil if there are none.
func (p part) scriptModel(module, constants *Checkpoint, s *program) *Model {
	m := &Model{Format: audit.FormatTorchScript, Once: decodedAsScript}
	m.Build = func() (*tree.Tree, error) {
		x := &script{classes: s.defined.Members, seen: map[*sym.Node]*tree.Value{}}
		in, err := module.input()
		if err != nil {
			return nil, err
		}
		x.in = in
		if err := x.module(in.Root, nil, 0); err != nil {
			return nil, err
		}
		if constants != nil {
			if err := x.constants(constants); err != nil {
				return nil, err
			}
		}
		t, err := tree.Assemble(x.pieces)
		if err != nil {
			return nil, err
		}
		code := tree.Missing{Path: "code", Reason: "the program's code: the result has what it computes with, and not what it does"}
		t.Omitted = append([]tree.Missing{code}, t.Omitted...) // few are shown: the loss that counts comes first
		return t, nil
	}
	return p.model(m)
}

// A script gathers the values of a module as torch.jit.load makes them
// (torch/csrc/jit/serialization/import.cpp): under state_dict the parameters
// and buffers, as state_dict() names them; under attributes what is neither.
type script struct {
	in      tree.Input
	classes map[string]*torchscript.Class
	pieces  []tree.Piece
	seen    map[*sym.Node]*tree.Value // tensors, by their nodes
	modules int
}

// maxModules bounds modules, which one object can be any number of times.
const maxModules = 100_000

// module gathers an object of a class that the archive's code defines.
func (x *script) module(n *sym.Node, path []string, depth int) error {
	name := dotted(path)
	if x.modules++; depth > 100 || x.modules > maxModules {
		return fmt.Errorf("%q: modules are nested too deeply, or are too many", name)
	}
	class, attributes, err := x.class(n)
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if class == nil || !class.Module {
		return errors.New("to torch.load it is a TorchScript archive, and its object is no module that its code defines")
	}
	values := map[string]*sym.Node{}
	for _, p := range attributes {
		values[p.Key.Text] = p.Value
	}
	own := map[string]bool{}
	for _, list := range [][]string{class.Parameters, class.Buffers} {
		for _, key := range list {
			v := values[key]
			if v == nil {
				return fmt.Errorf("%q has no attribute %q, which its class declares", name, key)
			}
			if own[key] = true; v.Kind == sym.None {
				continue
			}
			if err := x.put("state_dict", append(path[:len(path):len(path)], key), v); err != nil {
				return err
			}
		}
	}
	for _, p := range attributes {
		below := append(path[:len(path):len(path)], p.Key.Text)
		if own[p.Key.Text] {
			continue
		}
		if c, _, err := x.class(p.Value); err == nil && c != nil && c.Module {
			if err := x.module(p.Value, below, depth+1); err != nil {
				return err
			}
		} else if err := x.put("attributes", below, p.Value); err != nil {
			return err
		}
	}
	return nil
}

// class returns the class of an object that torch.jit made, and its attributes;
// nil if it is no such object.
func (x *script) class(n *sym.Node) (*torchscript.Class, []sym.Pair, error) {
	if n.Kind != sym.Object || n.Call() == nil || n.Call().Func.Kind != sym.Global {
		return nil, nil, nil
	}
	c := x.classes[n.Call().Func.FullName()]
	if c == nil {
		return nil, nil, nil
	}
	if c.Odd {
		return nil, nil, errors.New("its class declares its tensors in a way that torch does not")
	}
	if len(n.Call().Args) > 0 || len(n.States()) != 1 || n.States()[0].Frozen.Kind != sym.Dict {
		return nil, nil, errors.New("an object of another form than torch writes")
	}
	pairs := n.States()[0].Frozen.Pairs()
	for _, p := range pairs {
		if p.Key.Kind != sym.String || p.Key.Lazy {
			return nil, nil, errors.New("an attribute whose name is no text")
		}
	}
	return c, pairs, nil
}

// put reads a value and keeps it under a name.
func (x *script) put(part string, path []string, n *sym.Node) error {
	in := x.in
	in.Root = n
	t, err := tree.Build(in)
	if err != nil {
		return err
	}
	if part == "state_dict" && len(t.Refused) == 0 && t.Root.Tag != tree.TagTensor {
		return fmt.Errorf("%q is declared to be a tensor, and is none", dotted(path))
	}
	if t.Root.Tag == tree.TagTensor {
		if first := x.seen[n]; first != nil {
			t.Root.Same = first
		} else {
			x.seen[n] = t.Root
		}
	}
	x.pieces = append(x.pieces, tree.Piece{Path: []tensor.Key{{Text: part}, {Text: dotted(path)}}, Tree: t})
	return nil
}

// constants reads the tensors that the code refers to by number.
func (x *script) constants(c *Checkpoint) error {
	in, err := c.input()
	if err != nil {
		return fmt.Errorf("constants.pkl: %w", err)
	}
	if in.Root.Kind != sym.Tuple && in.Root.Kind != sym.List {
		return errors.New("constants.pkl is no list of tensors")
	}
	for i, n := range in.Root.Items() {
		each := in
		each.Root = n
		t, err := tree.Build(each)
		if err != nil {
			return fmt.Errorf("constants.pkl: %w", err)
		}
		relocate(t, "constants"+audit.Inside, nil)
		x.pieces = append(x.pieces, tree.Piece{Path: []tensor.Key{{Text: "constants"}, {Text: strconv.Itoa(i), Int: true}}, Tree: t})
	}
	return nil
}

// dotted joins the names of modules and attributes as state_dict() does.
func dotted(path []string) string {
	out := ""
	for i, p := range path {
		if i > 0 {
			out += "."
		}
		out += p
	}
	return out
}
