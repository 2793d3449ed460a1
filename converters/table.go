// Package converters is the table of remedies. A converter is a folder of its
// own and one line here.
package converters

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters/safetensors"
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
	Kept   []string // what a conversion keeps, for the compatibility matrix
	Lost   []string // what it cannot keep
	Plan   func(*tree.Tree, Options) ([]Part, error)
}

// Options are those of the safetensors converter, the only one so far.
type Options = safetensors.Options

// A Rename gives a tensor another name.
type Rename = safetensors.Rename

// Names is a list of globs over the names of tensors.
type Names = safetensors.Names

// Chosen says which tensors a conversion is to have, by name and by path.
func Chosen(include, exclude Names) func(name, path string) bool {
	return safetensors.Chosen(include, exclude)
}

// A Part is one output file of a conversion.
type Part = safetensors.Part

// A Refusal is the reason why a source cannot be converted.
type Refusal = safetensors.Refusal

// All lists the converters.
func All() []Converter {
	return []Converter{
		{Target: safetensors.Target, Plan: safetensors.Plan,
			Kept: []string{"every tensor bit for bit", "names, shapes, dtypes", "plain values in modelaudit.tree"},
			Lost: []string{"code", "objects of classes that are not listed"}},
	}
}

// Lookup returns the converter to a target.
func Lookup(target string) (Converter, error) {
	var known []string
	for _, c := range All() {
		if c.Target == target {
			return c, nil
		}
		known = append(known, c.Target)
	}
	return Converter{}, fmt.Errorf("cannot convert to %q: supported is %s", target, strings.Join(known, ", "))
}

// Planned is a conversion that could be carried out.
type Planned struct {
	Tree  *tree.Tree
	Parts []Part
}

// Plan lays out the conversion of a model to safetensors without reading a tensor.
func Plan(m Model, opt Options) (*Planned, error) {
	t, err := m.Tree()
	if err != nil {
		return nil, &Refusal{Msg: err.Error()}
	}
	parts, err := safetensors.Plan(t, opt)
	if err != nil {
		return nil, err
	}
	return &Planned{Tree: t, Parts: parts}, nil
}

// Tensors counts the tensors of all parts.
func (p *Planned) Tensors() (all []tensor.Tensor) {
	for i := range p.Parts {
		all = append(all, p.Parts[i].Tensors...)
	}
	return all
}
