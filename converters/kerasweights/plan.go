package kerasweights

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// The names of the formats for `--to`.
const (
	Target = "weights.h5"
	Legacy = "h5"
)

// Reads reports whether load_weights takes a file of that name for the form of
// Keras 3: it tells the two forms by their names alone
// (keras/src/saving/saving_api.py, load_weights).
func Reads(name string) bool { return strings.HasSuffix(name, ".weights.h5") }

// ReadsLegacy reports whether load_weights takes a file of that name for the older form.
func ReadsLegacy(name string) bool {
	return strings.HasSuffix(name, ".h5") && !strings.HasSuffix(name, "weights.h5")
}

// The keys of a tree of Keras, as internal/keras/weights gives them.
const (
	keyWeights   = "weights"
	keyOptimizer = "optimizer"
	keyMetrics   = "metrics"
	keyOther     = "other"
	keyNames     = "names"
	keyLayers    = "layer_names"
	keyPaths     = "paths"
	keyEmpty     = "empty_groups"
)

// Plan lays out a file of the form of Keras 3.
func Plan(t *tree.Tree, opt conversion.Options) ([]conversion.Part, error) {
	return plan(t, opt, (*layout).keras3)
}

// PlanLegacy lays out a file of the older form.
func PlanLegacy(t *tree.Tree, opt conversion.Options) ([]conversion.Part, error) {
	return plan(t, opt, (*layout).legacy)
}

func plan(t *tree.Tree, opt conversion.Options, form func(*layout) error) ([]conversion.Part, error) {
	if err := conversion.Complete(t, opt); err != nil {
		return nil, err
	}
	if opt.MaxShardSize > 0 {
		return nil, &conversion.Refusal{Msg: "load_weights reads one file: it cannot be cut into several"}
	}
	opt.SingleFile = false // which only tells names
	chosen, err := conversion.Select(t, opt)
	if err != nil {
		return nil, err
	}
	if n := len(chosen.Weights) + len(chosen.State); n > maxWeights {
		return nil, &conversion.Refusal{Msg: fmt.Sprintf("it has %d tensors, and no more than %d go into one such file", n, maxWeights)}
	}
	l := newLayout(t.Root)
	for _, list := range [][]tree.Named{chosen.Weights, chosen.State} {
		for i := range list {
			w := weightOf(&list[i])
			if w.key == keyWeights && conversion.Casts(w.of.DType, opt.DType) {
				w.cast = opt.DType
			}
			l.weights = append(l.weights, w)
		}
	}
	part := conversion.Part{Role: conversion.RoleWeights, Left: conversion.TensorNames(slices.Concat(chosen.Aside, chosen.Left))}
	if err := l.file(&part, form); err != nil {
		return nil, &conversion.Refusal{Msg: err.Error()}
	}
	var all tensor.Slice
	for _, w := range l.weights {
		all = append(all, w.of.Tensor)
	}
	part.Tensors, part.Changed = all, l.changed()
	return []conversion.Part{part}, nil
}

// file plans the bytes, and what a reader must find in them.
func (l *layout) file(part *conversion.Part, form func(*layout) error) error {
	if err := form(l); err != nil {
		return err
	}
	file, err := hdf5.PlanFile(l.root)
	if err != nil {
		return err
	}
	part.Size, part.Stream = file.Size(), file.WriteTo
	part.Expect, err = tree.Assemble(l.pieces)
	if err != nil {
		return err
	}
	casts := make([]tensor.DType, len(l.placed))
	for i, w := range l.placed {
		if casts[i] = w.cast; w.cast != "" {
			part.Casts = casts
		}
	}
	return nil
}

// What a file may hold: each weight takes some 10 KiB of memory until it is proven, and a
// reader bounds what lies in a file as well.
const (
	maxWeights = 50_000
	maxGroups  = 70_000
)

// A weight is a tensor and what it is to be called.
type weight struct {
	of        *tree.Named
	key       string // where in the tree it stands
	was, name string // in the source and in the result, below the key
	cast      tensor.DType
}

// weightOf tells the weights of a tree of Keras by their keys; where a file has
// nothing but names, by those.
func weightOf(n *tree.Named) *weight {
	keys := []string{keyWeights, keyOptimizer, keyMetrics, keyOther}
	if len(n.Path) == 2 && slices.Contains(keys, n.Path[0].Text) {
		w := &weight{of: n, key: n.Path[0].Text, was: n.Path[1].Text, name: n.Name}
		if w.key != keyWeights || n.Name == tree.Name(n.Path) {
			w.name = strings.TrimPrefix(n.Name, w.key+".")
		}
		return w
	}
	w := &weight{of: n, key: keyWeights, was: n.Name, name: n.Name}
	for _, key := range keys[1:3] {
		if rest, ok := strings.CutPrefix(n.Name, key+"."); ok {
			w.key, w.was, w.name = key, rest, rest
		}
	}
	return w
}

// changed lists what the source says that a file of weights has no place for.
func (l *layout) changed() (list []tree.Missing) {
	for _, p := range l.said.Pairs {
		key, _ := p[0].Plain.(string)
		if !l.used[key] {
			list = append(list, tree.Missing{Path: key, Reason: "left out: a file of weights has no place for it"})
		}
	}
	return list
}

// dataset is the node of a weight.
func (w *weight) dataset(name string) (*hdf5.Node, error) {
	is := cmp.Or(w.cast, w.of.DType)
	typ, attributes := typeOf(is)
	if typ == nil || w.of.Element != "" {
		return nil, fmt.Errorf("%q has elements of %s, which no weight of Keras has", w.of.Name, cmp.Or(w.of.Element, string(is)))
	}
	d := &hdf5.NewData{Type: typ, Write: w.write}
	if len(w.of.Shape) > 0 {
		d.Dims = w.of.Shape
	}
	return &hdf5.Node{Name: name, Data: d, Attributes: attributes}, nil
}
