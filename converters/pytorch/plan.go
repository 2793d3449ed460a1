// Package pytorch converts a checkpoint to the zip that torch.save writes, so
// that torch.load(weights_only=True) opens it.
//
// [Plan] turns the tree into one that torch's restricted loader can hold, lays
// out the records and pickles the tree; the part streams one file. Nothing that
// the source names becomes a name in the pickle: it holds a fixed list of them,
// torch's own functions that put tensors together and a few plain types.
//
// # Security
//
// The tree comes from a hostile file. What becomes of each kind of value is an
// explicit list; a kind that is not on it is a [conversion.Refusal]. Depth is
// bounded, and a tensor is written with exactly the bytes of its shape.
package pytorch

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// Target is the name of the format for `--to`.
const Target = "pytorch"

// Plan lays the one file out.
func Plan(t *tree.Tree, opt conversion.Options) ([]conversion.Part, error) {
	if err := supported(opt); err != nil {
		return nil, err
	}
	var left []string
	if opt.WeightsOnly {
		left = withoutState(t)
	}
	if err := conversion.Complete(t, opt); err != nil {
		return nil, err
	}
	m, root, err := simplify(t)
	if err != nil {
		return nil, err
	}
	m.program(t.Root, opt.SourceFormat)
	part := conversion.Part{Role: conversion.RoleWeights, Changed: m.changed, Left: left, Expect: &tree.Tree{Root: root}}
	if err := m.expect(t, &part); err != nil {
		return nil, err
	}
	if err := m.layout(&part); err != nil {
		return nil, err
	}
	return []conversion.Part{part}, nil
}

// supported refuses what this target does not do.
func supported(opt conversion.Options) error {
	switch {
	case opt.DType != "" || opt.MaxShardSize > 0 || len(opt.Renames)+len(opt.StripPrefixes)+len(opt.Include)+len(opt.Exclude) > 0:
		return &conversion.Refusal{Msg: "names, types and sizes are changed with --to safetensors only"}
	case opt.WeightsOnly && opt.SourceFormat != "safetensors":
		return &conversion.Refusal{Msg: "--weights-only is for --to safetensors: convert to that first, and the result to pytorch"}
	}
	return nil
}

// program says where in the result the weights of a program are.
func (m *mapper) program(root *tree.Value, source string) {
	if source != "torchscript" && source != "pytorch-export" {
		return
	}
	for _, p := range root.Pairs {
		if p[0].Plain == "state_dict" {
			m.note(nil, "", `a program, kept as a dict: its weights are under "state_dict", for load_state_dict()`)
		}
	}
}

// withoutState takes out of a tree what a conversion put beside the weights,
// whether or not it is there, and lists it.
func withoutState(t *tree.Tree) (left []string) {
	kept := t.Tensors[:0:0]
	for i := range t.Tensors {
		n := &t.Tensors[i]
		if n.Value.Part != tree.PartState {
			kept = append(kept, *n)
			continue
		}
		left = append(left, n.Name)
		*n.Value = tree.Value{Tag: tree.TagOmitted, Text: "only the weights were asked for", Class: n.Class}
	}
	t.Tensors = kept
	refused := t.Refused[:0:0]
	for _, r := range t.Refused {
		if !r.Elsewhere {
			refused = append(refused, r)
			continue
		}
		left = append(left, r.Path)
	}
	t.Refused = refused
	return left
}

// expect lists what a reader of the file must find, and which of the source's
// tensors are in it.
func (m *mapper) expect(t *tree.Tree, part *conversion.Part) error {
	repeats := repeated(t)
	err := tree.Places(part.Expect.Root, func(p tree.Place) error {
		n := m.of[p.Value]
		if p.Again {
			again := m.src[pathKey(p.Path)]
			if again == nil && n != nil { // in a module the path has other steps than in its state_dict
				again = repeats[repeat{n.Value, tree.Name(p.Path)}]
			}
			if again != nil {
				n = again
				m.placed[n] = true
			}
		} else {
			p.Value.Text = tree.Name(p.Path)
		}
		if n == nil {
			return fmt.Errorf("tensor %q has no elements", tree.Name(p.Path))
		}
		e := *n
		e.Path, e.Name, e.Value = p.Path, tree.Name(p.Path), p.Value
		part.Expect.Tensors = append(part.Expect.Tensors, e)
		return nil
	})
	if err != nil {
		return &conversion.Refusal{Msg: err.Error()}
	}
	kept := map[string]bool{}
	for n := range m.placed {
		kept[identity(&n.Tensor)] = true
	}
	for i := range t.Tensors {
		n := &t.Tensors[i]
		if !m.placed[n] && !kept[identity(&n.Tensor)] {
			return &conversion.Refusal{Msg: fmt.Sprintf("tensor %q has no place in the result", n.Name)}
		}
		part.Tensors = append(part.Tensors, n.Tensor)
	}
	return nil
}

// A repeat is a tensor under a further name of what holds it.
type repeat struct {
	of   *tree.Value
	name string
}

func repeated(t *tree.Tree) map[repeat]*tree.Named {
	out := map[repeat]*tree.Named{}
	for i := range t.Tensors {
		if n := &t.Tensors[i]; n.Value.Same != nil {
			out[repeat{n.Value.Same, n.Name}] = n
		}
	}
	return out
}

// identity tells views of the same elements from others.
func identity(t *tensor.Tensor) string {
	return fmt.Sprintf("%q %q %d %d %d %t %t", t.Storage.Key, t.DType, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}

// layout pickles the tree and lists the records. Tensors that are the same view
// of one storage share a storage again.
func (m *mapper) layout(part *conversion.Part) error {
	views := map[*tree.Value]*storageView{}
	byIdentity := map[string]*storageView{}
	var data []*record
	p := &pickler{of: func(v *tree.Value) *storageView {
		n := m.of[v]
		if n == nil || views[v] != nil {
			return views[v]
		}
		id := fmt.Sprintf("%t %s", m.apart[v], identity(&n.Tensor))
		at := byIdentity[id]
		if at == nil {
			info, _ := n.DType.Info()
			at = &storageView{index: len(data), dtype: info, shape: slices.Clone(n.Shape), bytes: n.Bytes()}
			byIdentity[id] = at
			data = append(data, &record{name: "data/" + strconv.Itoa(at.index), data: &n.Tensor, size: at.bytes})
		}
		views[v] = at
		return at
	}}
	text, err := p.write(part.Expect.Root)
	if err != nil {
		return &conversion.Refusal{Msg: err.Error()}
	}
	records := []*record{
		bytesOf("data.pkl", text), bytesOf(".format_version", []byte("1")), bytesOf(".storage_alignment", []byte(strconv.Itoa(alignment))),
		bytesOf("byteorder", []byte("little")),
	}
	records = append(append(records, data...), bytesOf("version", []byte("3\n")))
	a, err := newArchive(records)
	if err != nil {
		return &conversion.Refusal{Msg: err.Error()}
	}
	part.Size, part.Stream = a.size, a.writeTo
	return nil
}

func bytesOf(name string, text []byte) *record {
	return &record{name: name, data: textOf(string(text)), size: int64(len(text))}
}

// A textOf writes itself.
type textOf string

// WriteTo implements io.WriterTo.
func (t textOf) WriteTo(w io.Writer) (int64, error) { return strings.NewReader(string(t)).WriteTo(w) }
