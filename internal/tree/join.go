package tree

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/numpy"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// A Holding is what a converted file holds.
type Holding struct {
	Tensors []tensor.Tensor
	// Aliases has the tensors that the file holds under another name (dropped -> kept).
	Aliases map[string]string
	// Absent says why the file cannot be read, "" where it can: then it holds nothing.
	Absent string
	// Changes is the metadata's modelaudit.changes, "" if there is none.
	Changes string
}

// PartState is the part of a tensor that is in x.state.safetensors.
const PartState = "state"

// Join ties the tensors of a tree that was parsed to those of the files that it
// was written with: the weights, and the state, nil if there is none. A state's
// tensors that are absent are refused, each with Missing.Elsewhere. A tree that
// says of the files what they do not hold, and a tensor that the tree does not
// know, is an error.
func Join(root *Value, weights Holding, state *Holding) (*Tree, error) {
	j := &joiner{out: &Tree{Root: root}, parts: map[string]*holding{"": hold(weights)}, first: map[*Value]*Named{}}
	switch {
	case state == nil:
		j.absent = "in the file with the state, which is not beside this one"
	case state.Absent != "":
		j.absent = state.Absent
	default:
		j.parts[PartState] = hold(*state)
	}
	var places []Place
	if err := Places(root, func(p Place) error { places = append(places, p); return nil }); err != nil {
		return nil, err
	}
	unexplained := j.explained(places)
	for _, p := range places {
		if err := j.place(p); err != nil {
			return nil, err
		}
	}
	if unexplained != nil {
		return nil, unexplained
	}
	if err := j.twice(root); err != nil {
		return nil, err
	}
	for _, part := range []string{"", PartState} {
		if h := j.parts[part]; h != nil && len(h.left) > 0 {
			return nil, fmt.Errorf("the tree does not know tensor %q of the file", h.unnamed()[0])
		}
	}
	omissions(root, nil, &j.out.Omitted)
	return j.out, nil
}

type joiner struct {
	out    *Tree
	parts  map[string]*holding
	first  map[*Value]*Named // what was found at a tensor's first place
	absent string            // where the state is, if it is not here
}

type holding struct {
	Holding
	byName map[string]*tensor.Tensor
	left   map[string]bool // tensors that the tree has not named
}

func hold(h Holding) *holding {
	out := &holding{Holding: h, byName: map[string]*tensor.Tensor{}, left: map[string]bool{}}
	for i := range h.Tensors {
		out.byName[h.Tensors[i].Name], out.left[h.Tensors[i].Name] = &h.Tensors[i], true
	}
	return out
}

// find gives the tensor that the file has under a name, or under that of the kept one.
func (h *holding) find(name string) *tensor.Tensor {
	t := h.byName[name]
	if t == nil {
		t = h.byName[h.Aliases[name]]
	}
	if t != nil {
		delete(h.left, t.Name)
	}
	return t
}

// place ties one place of a tensor to a file.
func (j *joiner) place(p Place) error {
	if len(j.out.Tensors) >= maxNames {
		return fmt.Errorf("the tree has more than %d tensors", maxNames)
	}
	v := p.Value
	h := j.parts[v.Part]
	switch {
	case h == nil && v.Part != PartState:
		return fmt.Errorf("tensor %q: the tree says that it is in the part %q, which there is not", v.Text, v.Part)
	case h == nil:
		return j.elsewhere(p)
	case p.Again:
		return j.again(p)
	}
	t := h.find(v.Text)
	if t == nil {
		return fmt.Errorf("the tree has tensor %q, the file has none of that name", v.Text)
	}
	n := Named{View: torch.View{Tensor: *t, Class: "Tensor", RequiresGrad: v.Grad, Device: v.Device}, Numpy: v.Tag == TagArray, Dict: p.Dict, Aside: p.Aside, Value: v}
	n.Path, n.Name = p.Path, Name(p.Path)
	if v.Class != "" {
		n.Class = v.Class
	}
	if err := decode(&n, v.DType); err != nil {
		return fmt.Errorf("tensor %q: %w", v.Text, err)
	}
	j.out.Tensors = append(j.out.Tensors, n)
	j.first[v] = &n
	return nil
}

// again names a tensor under one more path of its container. A file holds it
// under that name too, unless it was written once: not always the same file,
// for one path may be among the weights and another in the state.
func (j *joiner) again(p Place) error {
	first := j.first[p.Value]
	if first == nil {
		return fmt.Errorf("tensor %q: the tree refers to it before it has it", p.Value.Text)
	}
	n := *first
	if t := j.unnamed(p.Path, p.Value.Part); t != nil {
		n.Tensor = *t
		if err := decode(&n, p.Value.DType); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	v := *p.Value
	v.Same = p.Value
	n.Path, n.Name, n.Value, n.Dict = p.Path, Name(p.Path), &v, p.Dict
	j.out.Tensors = append(j.out.Tensors, n)
	return nil
}

// unnamed finds a tensor of a path, with or without the wrapper's key, that the
// tree has not named yet: in the given part before the other.
func (j *joiner) unnamed(path []tensor.Key, part string) *tensor.Tensor {
	other := map[string]string{"": PartState, PartState: ""}[part]
	for _, h := range []*holding{j.parts[part], j.parts[other]} {
		for cut := 0; h != nil && cut < min(2, len(path)); cut++ {
			if t := h.byName[Name(path[cut:])]; t != nil && h.left[t.Name] {
				delete(h.left, t.Name)
				return t
			}
		}
	}
	return nil
}

// elsewhere notes a tensor whose file is not there.
func (j *joiner) elsewhere(p Place) error {
	j.out.Refused = append(j.out.Refused, Missing{Path: Name(p.Path), Elsewhere: true,
		Reason: "it is " + j.absent})
	if !p.Again {
		*p.Value = Value{Tag: TagOmitted, Text: "it is in the file with the state", Class: p.Value.Class}
	}
	return nil
}

// decode gives a tensor the type that the tree says, where the file has the
// bytes of its elements as last dimension.
func decode(n *Named, dtype string) error {
	if dtype == "" {
		return nil
	}
	last := len(n.Shape) - 1
	if n.DType != tensor.U8 || last < 0 {
		return fmt.Errorf("the tree says that it is %s, the file has %s %v", dtype, n.DType, n.Shape)
	}
	info, known := tensor.DType(dtype).Info()
	switch {
	case known && (info.DType.InSafetensors(last) || n.Shape[last] != info.Size):
		return fmt.Errorf("the tree says that it is %s, the file has %s %v", dtype, n.DType, n.Shape)
	case known:
		n.DType = info.DType
		n.Shape = n.Shape[:last:last]
		n.Strides = tensor.ContiguousStrides(n.Shape)
	case !n.Numpy || !numpy.TypeString(dtype) && !strings.HasPrefix(dtype, "{"):
		return fmt.Errorf("the tree says that it is %.80q, which is no type that is known", dtype)
	default:
		n.Element = dtype
	}
	return n.Check()
}

// omissions lists what the tree says was left out.
func omissions(v *Value, path []tensor.Key, out *[]Missing) {
	if v.Tag == TagOmitted {
		*out = append(*out, Missing{Path: Name(path), Reason: v.Text})
		return
	}
	at := func(pairs [][2]*Value) {
		for _, p := range pairs {
			sub := path
			if k, ok := KeyOf(p[0]); ok {
				sub = below(path, k)
			}
			omissions(p[1], sub, out)
		}
	}
	at(v.Pairs)
	at(v.Kwargs)
	at(v.Attrs)
	for _, list := range [][]*Value{v.Args, v.Items, v.States} {
		for i, item := range list {
			omissions(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), out)
		}
	}
}
