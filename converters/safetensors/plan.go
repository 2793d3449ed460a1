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
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
	Role    string
	Tensors []tensor.Tensor // as read from the source; Name is the name in the file
	Plan    *safetensors.Plan
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
	if err := rename(opt.Renames, weights, state); err != nil {
		return nil, err
	}
	label(weights, "")
	label(state, RoleState)
	treeJSON, err := json.Marshal(t.Root)
	if err != nil {
		return nil, err
	}
	first, err := newPart(RoleWeights, weights, treeJSON, t, opt)
	if err != nil {
		return nil, err
	}
	parts := []Part{*first}
	if len(state) > 0 && !opt.WeightsOnly {
		second, err := newPart(RoleState, state, nil, t, opt)
		if err != nil {
			return nil, err
		}
		parts = append(parts, *second)
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

func newPart(role string, named []tree.Named, treeJSON []byte, t *tree.Tree, opt Options) (*Part, error) {
	p := &Part{Role: role}
	var out []safetensors.Tensor
	var aliases []safetensors.KeyValue
	kept := map[string]string{} // identity of a view -> the name that was written
	for i := range named {
		v := &named[i].Tensor
		if id := viewIdentity(v); opt.TiedAlias && !reserved(v.Name) {
			if first, ok := kept[id]; ok {
				aliases = append(aliases, safetensors.KeyValue{Key: v.Name, Value: first})
				continue
			}
			kept[id] = v.Name
		}
		p.Tensors = append(p.Tensors, *v)
		out = append(out, stored(v))
	}
	meta := metadata(role, treeJSON, aliases, t, opt)
	plan, err := safetensors.Layout(out, meta)
	if errors.Is(err, safetensors.ErrHeaderTooLarge) && treeJSON != nil {
		p.TreeJSON = treeJSON
		plan, err = safetensors.Layout(out, metadata(role, nil, aliases, t, opt, safetensors.KeyValue{Key: "modelaudit.tree.file", Value: opt.TreeFile}))
	}
	if err != nil {
		refusal := &Refusal{Msg: err.Error()}
		var bad *safetensors.NameError
		if errors.As(err, &bad) {
			refusal.Name = &bad.Name
		}
		return nil, refusal
	}
	p.Plan = plan
	return p, nil
}

// reserved reports whether the metadata has a key of ours by that name, so that
// a tensor of that name cannot be recorded there as dropped.
func reserved(name string) bool {
	return name == "format" || strings.HasPrefix(name, "modelaudit.")
}

// stored is a tensor as it stands in the file. A dtype that safetensors lacks
// becomes bytes, with the item size as last dimension.
func stored(t *tensor.Tensor) safetensors.Tensor {
	info, _ := t.DType.Info()
	s := safetensors.Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t}
	if !info.Safetensors {
		s.DType = tensor.U8
		s.Shape = append(t.Shape[:len(t.Shape):len(t.Shape)], info.Size)
	}
	return s
}

// viewIdentity tells views of the same elements from others.
func viewIdentity(t *tensor.Tensor) string {
	return fmt.Sprintf("%q %q %d %d %d %t %t", t.Storage.Key, t.DType, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}

// metadata follows docs/formats/tree.md.
func metadata(role string, treeJSON []byte, aliases []safetensors.KeyValue, t *tree.Tree, opt Options, more ...safetensors.KeyValue) []safetensors.KeyValue {
	meta := []safetensors.KeyValue{
		{Key: "format", Value: "pt"},
		{Key: "modelaudit.schema", Value: "1"},
		{Key: "modelaudit.source.format", Value: opt.SourceFormat},
		{Key: "modelaudit.source.sha256", Value: opt.SourceSHA256},
		{Key: "modelaudit.part", Value: role},
	}
	if treeJSON != nil {
		meta = append(meta, safetensors.KeyValue{Key: "modelaudit.tree", Value: string(treeJSON)})
	}
	meta = append(meta, more...)
	if role == RoleWeights {
		meta = append(meta, values(t.Root)...)
	}
	return append(meta, aliases...)
}

// values lists the short plain values at the top of a checkpoint.
func values(root *tree.Value) []safetensors.KeyValue {
	var out []safetensors.KeyValue
	for _, p := range root.Pairs {
		name, ok := p[0].Plain.(string)
		if !ok || p[1].Tag != "" || p[1].Plain == nil || strings.Contains(name, "\x00") {
			continue
		}
		var text string
		switch v := p[1].Plain.(type) {
		case string:
			text = v
		case bool:
			text = strconv.FormatBool(v)
		case int64:
			text = strconv.FormatInt(v, 10)
		case float64:
			text = strconv.FormatFloat(v, 'g', -1, 64)
		default:
			continue
		}
		if len(name) <= 128 && len(text) <= 256 && validText(name) && validText(text) {
			out = append(out, safetensors.KeyValue{Key: "modelaudit.value." + name, Value: text})
		}
	}
	return out
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }
