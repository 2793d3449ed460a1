package safetensors

import (
	"errors"
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// newParts lays out the files of one role; the first has the tree. Where there are
// very many tensors there is one file.
func newParts(role string, named []tree.Named, many []*tree.Many, treeJSON []byte, t *tree.Tree, opt Options) ([]Part, error) {
	if err := distinct(named); err != nil {
		return nil, err
	}
	cast := opt.DType
	if role != RoleWeights {
		cast = ""
	}
	written, aliases := named, map[string][]safetensors.KeyValue(nil)
	if opt.TiedAlias {
		written, aliases = tied(named)
	}
	runs := conversion.Shards(written, opt.MaxShardSize, func(n *tree.Named) int64 { return storedBytes(&n.Tensor, cast) })
	if opt.MaxShardSize <= 0 && !opt.SingleFile {
		runs = asSource(runs, written)
	}
	parts, plans := make([]Part, len(runs)), make([]*safetensors.Plan, len(runs))
	for i, run := range runs {
		p := &parts[i]
		p.Role = role
		if len(runs) > 1 {
			p.Shard, p.Shards = i+1, len(runs)
		}
		if i > 0 {
			treeJSON = nil
		}
		var err error
		if plans[i], err = layout(p, run, many, treeJSON, aliases, t, opt, cast); err != nil {
			return nil, err
		}
		p.Size, p.Stream, p.DigestAt = plans[i].Size(), plans[i].WriteTo, digestAt(plans[i], opt.SourceSHA256)
	}
	if len(parts) == 1 {
		return parts, nil
	}
	var err error
	parts[0].IndexJSON, err = index(parts, plans, opt.File)
	return parts, err
}

// layout plans one file.
func layout(p *Part, run []tree.Named, many []*tree.Many, treeJSON []byte, aliases map[string][]safetensors.KeyValue, t *tree.Tree, opt Options, cast tensor.DType) (*safetensors.Plan, error) {
	from := sourceList{run, many}
	p.Tensors = from
	var alias []safetensors.KeyValue
	for i := range run {
		if conversion.Casts(run[i].DType, cast) {
			if p.Casts == nil {
				p.Casts = make([]tensor.DType, len(run))
			}
			p.Casts[i] = cast
		}
		alias = append(alias, aliases[run[i].Name]...)
	}
	out := writtenList{from, p.Casts}
	meta := func(more ...safetensors.KeyValue) []safetensors.KeyValue {
		list := append(metadata(p, opt), more...)
		if p.Role == RoleWeights && p.Shard <= 1 {
			list = append(list, values(t.Root)...)
		}
		return append(list, alias...)
	}
	var plan *safetensors.Plan
	var err error
	if len(treeJSON) > safetensors.MaxHeaderSize-out.least() {
		err = safetensors.ErrHeaderTooLarge
	} else if treeJSON == nil {
		plan, err = safetensors.LayoutList(out, meta())
	} else {
		plan, err = safetensors.LayoutList(out, meta(safetensors.KeyValue{Key: "modelaudit.tree", Value: string(treeJSON)}))
	}
	if errors.Is(err, safetensors.ErrHeaderTooLarge) && treeJSON != nil {
		p.TreeJSON = treeJSON
		plan, err = safetensors.LayoutList(out, meta(safetensors.KeyValue{Key: "modelaudit.tree.file", Value: opt.TreeFile}))
	}
	var bad *safetensors.NameError
	switch {
	case errors.As(err, &bad):
		return nil, &Refusal{Msg: err.Error(), Name: &bad.Name}
	case err != nil:
		return nil, &Refusal{Msg: err.Error()}
	}
	return plan, nil
}

// digestAt finds the place of the source's digest in a header. No text of the
// source can look like it: quotes inside a JSON string are escaped.
func digestAt(p *safetensors.Plan, digest string) int64 {
	const key = `"modelaudit.source.sha256":"`
	at := p.Find(key + digest + `"`)
	if at < 0 {
		return 0
	}
	return at + int64(len(key))
}

// distinct refuses two tensors of one name, which Layout would not see if they
// came into different files.
func distinct(named []tree.Named) error {
	seen := make(map[string]bool, len(named))
	for i := range named {
		name := named[i].Name
		if seen[name] {
			return &Refusal{Msg: fmt.Sprintf("two tensors have the name %q", name), Name: &name}
		}
		seen[name] = true
	}
	return nil
}

// tied leaves out tensors that are the same view as one before, and lists them
// by the name of that one.
func tied(named []tree.Named) (written []tree.Named, aliases map[string][]safetensors.KeyValue) {
	aliases = map[string][]safetensors.KeyValue{}
	kept := map[string]string{} // identity of a view -> the name that is written
	for i := range named {
		v := &named[i].Tensor
		id := viewIdentity(v)
		if first, ok := kept[id]; ok && !reserved(v.Name) {
			aliases[first] = append(aliases[first], safetensors.KeyValue{Key: v.Name, Value: first})
			continue
		}
		if !reserved(v.Name) {
			kept[id] = v.Name
		}
		written = append(written, named[i])
	}
	return written, aliases
}

// mark notes in the tree which tensors are cast, with the dtype that they had.
func mark(named []tree.Named, to tensor.DType) {
	for i := range named {
		if n := &named[i]; conversion.Casts(n.DType, to) {
			info, _ := n.DType.Info()
			n.Value.Cast = info.Torch
		}
	}
}

// storedBytes is how many bytes a tensor has in the file.
func storedBytes(t *tensor.Tensor, cast tensor.DType) int64 {
	if n, err := t.Elements(); err == nil && conversion.Casts(t.DType, cast) {
		return 2 * n
	}
	return t.Bytes()
}

// reserved reports whether the metadata has a key of ours by that name, so that
// a tensor of that name cannot be recorded there as dropped.
func reserved(name string) bool {
	return name == "format" || strings.HasPrefix(name, "modelaudit.")
}

// viewIdentity tells views of the same elements from others.
func viewIdentity(t *tensor.Tensor) string {
	return fmt.Sprintf("%q %q %d %d %d %t %t", t.Storage.Key, t.DType, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}
