// Package safetensors converts a checkpoint to safetensors, the format that
// holds tensors and cannot hold code.
//
// [Plan] decides, without reading a tensor, which tensors go into which file
// under which name; a part's WriteTo streams one file.
//
// # Security
//
// The tree comes from a hostile file. A tensor that the tree refuses is a
// [Refusal], never a silent loss; names are checked by the writer; nothing but
// names, plain values and tensor bytes reaches the output.
package safetensors

import (
	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tree"
)

// Target is the name of the format for `--to` and for a policy's `to`.
const Target = "safetensors"

// The words that all converters share.
type (
	Options = conversion.Options
	Rename  = conversion.Rename
	Names   = conversion.Names
	Part    = conversion.Part
	Refusal = conversion.Refusal
)

// The roles of a part.
const (
	RoleWeights = conversion.RoleWeights
	RoleState   = conversion.RoleState
)

// Plan lays the files out: the weights first, then the state if there is one.
func Plan(t *tree.Tree, opt Options) ([]Part, error) {
	if err := conversion.Complete(t, opt); err != nil {
		return nil, err
	}
	chosen, err := conversion.Select(t, opt)
	if err != nil {
		return nil, err
	}
	weights, state := chosen.Weights, chosen.State
	label(weights, "")
	label(state, RoleState)
	for _, m := range chosen.ManyState {
		m.Part = RoleState
	}
	mark(weights, opt.DType)
	treeJSON, err := t.Root.MarshalJSON()
	if err != nil {
		return nil, &Refusal{Msg: err.Error()}
	}
	parts, err := newParts(RoleWeights, weights, chosen.ManyWeights, treeJSON, t, opt)
	if err != nil {
		return nil, err
	}
	parts[0].Left = conversion.TensorNames(chosen.Left)
	if len(state)+len(chosen.ManyState) > 0 {
		second, err := newParts(RoleState, state, chosen.ManyState, nil, t, opt)
		if err != nil {
			return nil, err
		}
		parts = append(parts, second...)
	}
	return parts, nil
}

// label writes into the tree under which name, and in which file, each tensor is.
func label(named []tree.Named, part string) {
	for i := range named {
		named[i].Value.Text, named[i].Value.Part = named[i].Name, part
	}
}
