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
	"cmp"
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

// Plan lays the file out, or the shards that it is cut into.
func Plan(t *tree.Tree, opt conversion.Options) ([]conversion.Part, error) {
	var absent []string
	if opt.WeightsOnly {
		absent = withoutAbsent(t)
	}
	if err := conversion.Complete(t, opt); err != nil {
		return nil, err
	}
	single := opt
	single.SingleFile = false // which only tells names
	chosen, err := conversion.Select(t, single)
	if err != nil {
		return nil, err
	}
	if len(chosen.Aside) > 0 {
		dropState(t.Root)
	}
	m, root, err := simplify(t, chosen, opt.DType)
	if err != nil {
		return nil, err
	}
	m.program(t.Root, opt.SourceFormat)
	parts, err := m.parts(root, opt)
	if err != nil {
		return nil, err
	}
	if err := m.account(t, chosen, parts); err != nil {
		return nil, err
	}
	for i := range parts {
		if err := m.layout(&parts[i]); err != nil {
			return nil, err
		}
	}
	parts[0].Changed = m.changed
	parts[0].Left = slices.Concat(absent, conversion.TensorNames(chosen.Aside), conversion.TensorNames(chosen.Left))
	return parts, nil
}

// dropState drops what is at the top of a checkpoint and had no tensors but those
// of a state, which is of no use without them: an optimizer.
func dropState(root *tree.Value) {
	if root.Tag != tree.TagDict && root.Tag != tree.TagOrdered {
		return
	}
	for _, p := range root.Pairs {
		emptied, needed := false, false
		p[1].Each(func(v *tree.Value) {
			emptied = emptied || conversion.Unwanted(v) && v.Text == conversion.LeftAsState
			switch v.Tag { // what another value refers to is needed by that
			case tree.TagTensor, tree.TagArray, tree.TagAlias:
				needed = true
			}
			needed = needed || v.ID != 0
		})
		if emptied && !needed {
			*p[1] = tree.Value{Tag: tree.TagOmitted, Text: conversion.LeftAsState}
		}
	}
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

// withoutAbsent drops the tensors of a state that is not there, and lists them.
func withoutAbsent(t *tree.Tree) (left []string) {
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
		id := fmt.Sprintf("%t %q %s", m.apart[v], m.casts[v], identity(&n.Tensor))
		at := byIdentity[id]
		if at == nil {
			r := m.record(v, n)
			info, _ := cmp.Or(m.casts[v], n.DType).Info()
			at = &storageView{index: len(data), dtype: info, shape: slices.Clone(n.Shape), bytes: r.size}
			byIdentity[id] = at
			r.name = "data/" + strconv.Itoa(at.index)
			data = append(data, r)
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

// record is the elements of a tensor as the file has them.
func (m *mapper) record(v *tree.Value, n *tree.Named) *record {
	to := m.casts[v]
	if to == "" {
		return &record{data: &n.Tensor, size: n.Bytes()}
	}
	was, _ := n.DType.Info()
	is, _ := to.Info()
	return &record{data: conversion.Casting(&n.Tensor, to), size: n.Bytes() / was.Size * is.Size}
}

func bytesOf(name string, text []byte) *record {
	return &record{name: name, data: textOf(string(text)), size: int64(len(text))}
}

// A textOf writes itself.
type textOf string

// WriteTo implements io.WriterTo.
func (t textOf) WriteTo(w io.Writer) (int64, error) { return strings.NewReader(string(t)).WriteTo(w) }
