// Package safetensors converts a checkpoint to safetensors, the format that
// holds tensors and cannot hold code.
//
// [Plan] decides, without reading a tensor, which tensors go into which file
// under which name; [Part.WriteTo] streams one file.
//
// # Security
//
// The tree comes from a hostile file. A tensor that the tree refuses is a
// [Refusal], never a silent loss; names are checked by the writer; nothing but
// names, plain values and tensor bytes reaches the output.
package safetensors

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// Target is the name of the format for `--to` and for a policy's `to`.
const Target = "safetensors"

// Options says what goes where. The zero value writes everything.
type Options struct {
	SourceFormat string // metadata modelaudit.source.format
	SourceSHA256 string // metadata modelaudit.source.sha256
	WeightsOnly  bool   // leave the state file out
	SingleFile   bool   // weights and state in one file, all under full paths
	Partial      bool   // leave refused tensors out instead of refusing
	// Renames are carried out in order: each gives the first tensor that still
	// has the name Old, weights before state, the name New.
	Renames []Rename
	// TreeFile is the name that the tree's own file would get, where the tree
	// is too large for the header.
	TreeFile string
	// TiedAlias writes tensors that are one object once, and records the
	// others in the metadata as dropped -> kept.
	TiedAlias bool
	// StripPrefixes are taken off the names of weights, each at most once.
	StripPrefixes []string
	// Include and Exclude choose tensors by name, after StripPrefixes and
	// before Renames; see Chosen.
	Include, Exclude Names
	// DType is what floating-point weights are cast to, "" for as they are.
	DType tensor.DType
	// MaxShardSize cuts a part into files of at most so many bytes of tensors;
	// 0 means one file. A tensor that has more is alone in its file.
	MaxShardSize int64
	// File is the base name that the file with the weights gets, for the index
	// beside shards.
	File string
}

// A Rename gives a tensor another name.
type Rename struct{ Old, New string }

// The roles of a part.
const (
	RoleWeights = "weights"
	RoleState   = "state"
)

// A Part is one output file.
type Part struct {
	Role string
	// Shard is the number of the file among the Shards of its role, from 1;
	// both are 0 for one that is not cut.
	Shard, Shards int
	Tensors       []tensor.Tensor // as read from the source; Name is the name in the file
	// Casts has the dtype that each of Tensors is written in, "" for its own;
	// nil if none is cast.
	Casts []tensor.DType
	// Left lists the names of tensors that were left out by name, in the first
	// part of a conversion.
	Left []string
	Plan *safetensors.Plan
	// IndexJSON is the text of the index, in the first of several shards.
	IndexJSON []byte
	// TreeJSON is set when the header would be too large with the tree in it:
	// the tree then goes into a file beside the output.
	TreeJSON []byte
}

// WriteTo streams the file.
func (p *Part) WriteTo(w io.Writer) (int64, error) { return p.Plan.WriteTo(w) }

// A Refusal is the reason why a source cannot be converted.
type Refusal struct {
	Msg   string
	Items []tree.Missing // the values in question
	Name  *string        // the tensor's name that the format cannot have, nil if that is not it
}

func (r *Refusal) Error() string {
	if len(r.Items) == 0 {
		return r.Msg
	}
	first := r.Items[0]
	name := first.Path
	if name == "" {
		name = "the object itself"
	}
	s := fmt.Sprintf("%s: %s: %s (offset %#x)", r.Msg, name, first.Reason, first.Pos)
	if n := len(r.Items) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// Plan lays the files out: the weights first, then the state if there is one.
func Plan(t *tree.Tree, opt Options) ([]Part, error) {
	if len(t.Refused) > 0 && !opt.Partial {
		return nil, &Refusal{Msg: "a tensor cannot be converted", Items: t.Refused}
	}
	if len(t.Tensors) == 0 {
		if len(t.Refused) > 0 {
			return nil, &Refusal{Msg: "no tensor can be converted", Items: t.Refused}
		}
		return nil, &Refusal{Msg: "there is no tensor in it"}
	}
	weights, state := split(t, opt)
	for i := range weights {
		weights[i].Name = strip(weights[i].Name, opt.StripPrefixes)
	}
	var left []string
	weights, state = choose(weights, opt, &left), choose(state, opt, &left)
	if err := rename(opt.Renames, weights, state); err != nil {
		return nil, err
	}
	label(weights, "")
	label(state, RoleState)
	if opt.WeightsOnly {
		for i := range state {
			leave(&state[i], "left out: only the weights were asked for")
		}
		state = nil
	}
	relink(weights, state)
	if len(weights)+len(state) == 0 {
		return nil, &Refusal{Msg: "no tensor is left: every one was left out"}
	}
	mark(weights, opt.DType)
	treeJSON, err := json.Marshal(t.Root)
	if err != nil {
		return nil, err
	}
	parts, err := newParts(RoleWeights, weights, treeJSON, t, opt)
	if err != nil {
		return nil, err
	}
	parts[0].Left = left
	if len(state) > 0 {
		second, err := newParts(RoleState, state, nil, t, opt)
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

// rename carries the renames out. A tensor that is not there is a Refusal.
func rename(list []Rename, groups ...[]tree.Named) error {
	renamed := map[*tree.Named]bool{}
	for _, r := range list {
		n := find(r.Old, renamed, groups)
		if n == nil {
			return &Refusal{Msg: fmt.Sprintf("--rename: there is no tensor %q", r.Old)}
		}
		n.Name, renamed[n] = r.New, true
	}
	return nil
}

func find(name string, not map[*tree.Named]bool, groups [][]tree.Named) *tree.Named {
	for _, g := range groups {
		for i := range g {
			if g[i].Name == name && !not[&g[i]] {
				return &g[i]
			}
		}
	}
	return nil
}
