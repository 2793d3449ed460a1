// Package conversion has the words that every converter shares: what is asked
// of a conversion, the files that it gives, and why there can be none. It knows
// no format.
package conversion

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// Options says what goes where. The zero value writes everything as safetensors.
type Options struct {
	To           string // the target's name; "" means safetensors
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

// Changes reports whether the options ask for more than another format.
func (o *Options) Changes() bool {
	return o.WeightsOnly || o.SingleFile || o.TiedAlias || o.DType != "" || o.MaxShardSize > 0 ||
		len(o.Renames)+len(o.StripPrefixes)+len(o.Include)+len(o.Exclude) > 0
}

// A Rename gives a tensor another name.
type Rename struct{ Old, New string }

// The roles of a part.
const (
	RoleWeights = "weights"
	RoleState   = "state"
)

// A Part is one output file of a conversion, laid out and not yet written.
type Part struct {
	Role string
	// Shard is the number of the file among the Shards of its role, from 1;
	// both are 0 for one that is not cut.
	Shard, Shards int
	Tensors       tensor.List // as read from the source; Name is the name in the file
	// Casts has the dtype that each of Tensors is written in, or of Expect's where
	// that is set, "" for its own; nil if none is cast.
	Casts []tensor.DType
	// Left lists the names of tensors that were left out by name, in the first
	// part of a conversion.
	Left []string
	Size int64 // of the file, in bytes
	// Stream writes the file, Size bytes, the same ones at every call.
	Stream func(io.Writer) (int64, error)
	// DigestAt is the offset of the source's SHA-256 in the file, where as many
	// bytes stand as Options.SourceSHA256 has; 0 means that the format has no
	// place for it.
	DigestAt int64
	// IndexJSON is the text of the index, in the first of several shards.
	IndexJSON []byte
	// TreeJSON is set when the header would be too large with the tree in it:
	// the tree then goes into a file beside the output.
	TreeJSON []byte
	// Changed lists values that the file holds in another form than the source,
	// or not at all, each with what became of it.
	Changed []tree.Missing
	// Expect is set where the file holds a tree of its own: what a reader must
	// find in it. Each tensor has the path that it has there, and the elements
	// of the source.
	Expect *tree.Tree
}

// WriteTo streams the file.
func (p *Part) WriteTo(w io.Writer) (int64, error) { return p.Stream(w) }

// A Refusal is the reason why a source cannot be converted.
type Refusal struct {
	Msg   string
	Items []tree.Missing // the values in question
	Name  *string        // the tensor's name that the format cannot have, nil if that is not it
	Empty bool           // there is no tensor in it, as far as it could be read
	// Expanded names the tensors that repeat their elements too often.
	Expanded []string
	// Unread says that it is Empty and could not all be read.
	Unread bool
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
	s := fmt.Sprintf("%s: %s: %s", r.Msg, name, first.Reason)
	if !first.Elsewhere {
		s += fmt.Sprintf(" (offset %#x)", first.Pos)
	}
	if n := len(r.Items) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// manyTarget is the target that very many tensors can be converted to.
const manyTarget = "safetensors"

// Complete reports why a tree cannot be converted whole, as a *Refusal: tensors
// that cannot be had, unless they may be left out, or none at all.
func Complete(t *tree.Tree, opt Options) error {
	switch {
	case len(t.Refused) > 0 && !opt.Partial:
		return &Refusal{Msg: "a tensor cannot be converted", Items: t.Refused}
	case len(t.Many) > 0 && (opt.To != "" && opt.To != manyTarget || opt.Changes()):
		return &Refusal{Msg: "it holds so many tensors that they can only be converted to " + manyTarget + ", all of them and as they are"}
	case len(t.Tensors)+len(t.Many) > 0:
		return nil
	case len(t.Refused) > 0:
		return &Refusal{Msg: "no tensor can be converted", Items: t.Refused}
	}
	if n := withoutData(t.Root); n > 0 {
		return &Refusal{Msg: fmt.Sprintf("there is no tensor with data in it: %s of the device meta, which has shapes alone; inspect shows them", counted(n)), Empty: true}
	}
	return &Refusal{Msg: "there is no tensor in it", Empty: true}
}

func counted(n int) string {
	if n == 1 {
		return "its tensor is"
	}
	return fmt.Sprintf("its %d tensors are", n)
}

// withoutData counts the meta tensors in a value.
func withoutData(v *tree.Value) (n int) {
	if v == nil {
		return 0
	}
	if v.Tag == tree.TagMeta {
		n++
	}
	for _, i := range v.Items {
		n += withoutData(i)
	}
	for _, list := range [][][2]*tree.Value{v.Pairs, v.Attrs} {
		for _, p := range list {
			n += withoutData(p[0]) + withoutData(p[1])
		}
	}
	return n
}
