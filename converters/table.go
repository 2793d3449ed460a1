// Package converters is the table of remedies. A converter is a folder of its
// own and one line here.
package converters

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters/kerasweights"
	"github.com/modelaudit/action/converters/pytorch"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A Model is what a converter reads: a checkpoint as a tree of tensors.
type Model interface {
	Tree() (*tree.Tree, error)
}

// A Converter is one target format.
type Converter struct {
	Target string   // the name for --to
	Ext    string   // what the names of its files end in
	Format string   // the format that names like theirs promise
	Twin   string   // the target of the other form that the same library reads, "" if there is none
	Kept   []string // what a conversion keeps, for the compatibility matrix
	Lost   []string // what it cannot keep
	From   []string // the formats that alone have what it needs; nil if any may
	Values string   // where plain values are kept, as a person is told
	Safe   string   // what ends the sentence on what a file holds: who opens it, and what cannot happen
	// Reads reports whether the library takes a file of that name for this
	// target; nil if it takes any.
	Reads func(name string) bool
	Plan  func(*tree.Tree, Options) ([]Part, error)
}

// The words that all converters share.
type (
	Options = conversion.Options
	Rename  = conversion.Rename
	Names   = conversion.Names
	Part    = conversion.Part
	Refusal = conversion.Refusal
)

// Chosen says which tensors a conversion is to have, by their names.
func Chosen(include, exclude Names) func(names ...string) bool {
	return conversion.Chosen(include, exclude)
}

// CastTo returns the dtype that --dtype names.
func CastTo(name string) (tensor.DType, error) { return conversion.CastTo(name) }

// ParseSize reads the size that --max-shard-size gives.
func ParseSize(text string) (int64, error) { return conversion.ParseSize(text) }

// TorchName reports whether a name ends as those of torch's files do.
func TorchName(name string) bool { return conversion.TorchName(name) }

// FileName is the name of a part's file in a conversion whose weights, uncut, go to weights.
func FileName(weights, role string, shard, of int) string {
	return conversion.FileName(weights, role, shard, of)
}

// IndexName is the name of the index beside the shards of a role.
func IndexName(weights, role string) string { return conversion.IndexName(weights, role) }

// Round rounds an element of one of four types, given as its bits, to F16 or BF16,
// as a conversion does.
func Round(to, from tensor.DType, e uint64) uint16 { return conversion.Round(to, from, e) }

// All lists the converters.
func All() []Converter {
	return []Converter{
		{Target: safetensors.Target, Ext: ".safetensors", Format: "safetensors", Plan: safetensors.Plan,
			Values: "modelaudit.tree", Safe: " and cannot run code.",
			Kept: []string{"every tensor bit for bit", "names, shapes, dtypes", "plain values in modelaudit.tree", "objects of any class as the name of the class and plain state"},
			Lost: []string{"code", "what a call that may not be trusted made"}},
		{Target: pytorch.Target, Ext: ".pt", Format: "pytorch", Plan: pytorch.Plan,
			Values: "the file", Safe: "; torch.load(weights_only=True) opens it and runs no code.",
			Kept: []string{"every tensor bit for bit", "plain values and containers with their types, as far as torch.load(weights_only=True) takes them", "tensors that are one object"},
			Lost: []string{"code", "classes: objects are kept as dicts", "strides, devices"}},
		{Target: kerasweights.Target, Ext: ".weights.h5", Format: "hdf5", Plan: kerasweights.Plan, From: []string{"keras", "safetensors"},
			Twin: kerasweights.Legacy, Reads: kerasweights.Reads,
			Values: "the file, what it has a place for", Safe: "; load_weights() of Keras reads it and runs no code.",
			Kept: []string{"every weight bit for bit, where load_weights of Keras 3, or of Keras 2.13 and later, reads it", "the state of the optimizer"},
			Lost: []string{"the config"}},
		{Target: kerasweights.Legacy, Ext: ".h5", Format: "hdf5", Plan: kerasweights.PlanLegacy, From: []string{"keras", "safetensors"},
			Twin: kerasweights.Target, Reads: kerasweights.ReadsLegacy,
			Values: "the file, what it has a place for", Safe: "; load_weights() of Keras reads it and runs no code.",
			Kept: []string{"every weight of what was an .h5 bit for bit, in the order in which load_weights of any Keras reads it", "the state of the optimizer"},
			Lost: []string{"the config"}},
	}
}

// Lookup returns the converter to a target; "" means safetensors.
func Lookup(target string) (Converter, error) {
	if target == "" {
		target = safetensors.Target
	}
	for _, c := range All() {
		if c.Target == target {
			return c, nil
		}
	}
	return Converter{}, fmt.Errorf("cannot convert to %q: supported is %s", target, strings.Join(Targets(), ", "))
}

// Targets are the names for --to.
func Targets() (names []string) {
	for _, c := range All() {
		names = append(names, c.Target)
	}
	return names
}

// Planned is a conversion that could be carried out.
type Planned struct {
	To    Converter
	Tree  *tree.Tree
	Parts []Part

	many bool
}

// Many reports whether there are tensors of which the parts have some bytes each.
func (p *Planned) Many() bool { return p.many }

// Plan lays out the conversion of a model to opt.To without reading a tensor.
func Plan(m Model, opt Options) (*Planned, error) {
	to, err := Lookup(opt.To)
	if err != nil {
		return nil, err
	}
	t, err := m.Tree()
	if err != nil {
		return nil, &Refusal{Msg: err.Error()}
	}
	parts, err := to.Plan(t, opt)
	if err != nil {
		return nil, err
	}
	return &Planned{To: to, Tree: t, Parts: parts, many: len(t.Many) > 0}, nil
}

// Tensors are the tensors of all parts.
func (p *Planned) Tensors() (all []tensor.Tensor) {
	for i := range p.Parts {
		for j := range p.Parts[i].Tensors.Len() {
			all = append(all, p.Parts[i].Tensors.At(j))
		}
	}
	return all
}
