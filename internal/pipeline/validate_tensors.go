package pipeline

import (
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/pytorch"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// tensors reads the tensors of a file by name. A checkpoint is read the way it
// would be converted; of its parts the one that has the names in like counts.
// A tensor that cannot be read is a problem.
func (m *comparison) tensors(a *Audited, like map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if slices.Contains(a.Artifact.Formats, audit.FormatSafetensors) {
		raw, err := m.safetensors(a, like == nil)
		if err != nil {
			return nil, err
		}
		if restored := m.restored(a, like); like != nil && !sameNames(raw, like) && restored != nil {
			return restored, nil
		}
		if objects := m.asObjects(a, like); !sameNames(raw, like) && objects != nil {
			return objects, nil
		}
		return raw, nil
	}
	opt := m.opt.Converted
	m.out.Renamed = len(opt.Renames)
	opt.To, opt.Partial, opt.TiedAlias = safetensors.Target, true, false
	plan, err := Plan(a, opt)
	if err != nil {
		return nil, err
	}
	for _, r := range plan.Tree.Refused {
		if m.opt.Converted.Partial {
			m.out.LeftOut++
			continue
		}
		m.problem("%s: %q cannot be read: %s", a.Source.Path, r.Path, r.Reason)
	}
	for i := range plan.Parts {
		m.out.LeftOut += len(plan.Parts[i].Left)
	}
	for i := range plan.Parts {
		if part := byName(listed(plan.Parts[i].Tensors)); sameNames(part, like) {
			m.others(plan, i)
			return part, nil
		}
	}
	opt.SingleFile, opt.WeightsOnly = true, false
	if single, err := Plan(a, opt); err == nil {
		if all := byName(single.Tensors()); sameNames(all, like) {
			return all, nil
		}
	}
	if objects := m.asObjects(a, like); objects != nil {
		return objects, nil
	}
	return byName(plan.Tensors()), nil
}

// others notes which tensors are in other files than the one that is compared.
func (m *comparison) others(plan *converters.Planned, at int) {
	if m.opt.Converted.WeightsOnly || m.conv.Source.Beside == nil { // none is to be looked at
		return
	}
	for i := range plan.Parts {
		p := &plan.Parts[i]
		n := p.Tensors.Len()
		if p.Role == plan.Parts[at].Role || n == 0 {
			continue
		}
		if p.Role == safetensors.RoleState && m.opt.State != nil {
			maps.Copy(m.state, byName(listed(p.Tensors))) // that of one shard
			continue
		}
		m.out.Notes = append(m.out.Notes, fmt.Sprintf("not compared: the %s of the original, %d of its tensors: %s", p.Role, n, m.elsewhere(p.Role)))
	}
}

// elsewhere says where the tensors of a role are that the converted file has not.
func (m *comparison) elsewhere(role string) string {
	dir, name := path.Split(filepath.ToSlash(m.conv.Source.Path))
	stem, ok := strings.CutSuffix(name, ".safetensors")
	if !ok || role != safetensors.RoleState {
		return "not in this file"
	}
	name = withRole(stem, role)
	if _, _, err := m.conv.Source.Beside(name); err != nil {
		return dir + name + " is missing"
	}
	return dir + name + " was not looked at"
}

// asObjects are the tensors of a source by the names that they have in a conversion
// to pytorch, where objects are dicts whose keys say what the objects were made of;
// nil if they are not those in like.
func (m *comparison) asObjects(a *Audited, like map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	if like == nil || a.Model == nil {
		return nil
	}
	opt := m.opt.Converted
	opt.To, opt.Partial, opt.MaxShardSize = pytorch.Target, true, 0
	plan, err := Plan(a, opt)
	if err != nil {
		return nil
	}
	read, err := converters.Plan(planned{plan.Parts[0].Expect}, converters.Options{})
	if err != nil {
		return nil
	}
	if all := byName(read.Tensors()); sameNames(all, like) {
		return all
	}
	return nil
}

// A planned model is one that a conversion would write.
type planned struct{ tree *tree.Tree }

// Tree implements converters.Model.
func (p planned) Tree() (*tree.Tree, error) { return p.tree, nil }

// safetensors reads the tensors of a file, or of shards that an index lists. The
// converted one says how it was made.
func (m *comparison) safetensors(a *Audited, converted bool) (map[string]*tensor.Tensor, error) {
	all := map[string]*tensor.Tensor{}
	one := func(r io.ReaderAt, size int64) error {
		f, err := scan.ReadSafetensors(r, size, a.lim)
		if err != nil {
			return err
		}
		if changes := f.Metadata["modelaudit.changes"]; converted && changes != "" {
			if err := safetensors.ReadChanges(changes, &m.opt.Converted); err != nil {
				return err
			}
		}
		maps.Copy(all, withAliases(byName(f.Source(r)), f.Metadata))
		return nil
	}
	if a.Source.Files == nil {
		return all, one(a.Source.R, a.Source.Size)
	}
	for _, f := range a.Source.Files[1:] { // behind the index
		if err := one(io.NewSectionReader(a.Source.R, f.Start, f.Size), f.Size); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return all, nil
}

// restored are the tensors of what a safetensors file was made from, by the
// names that a conversion of that gives; nil if they are not those in like.
func (m *comparison) restored(a *Audited, like map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	if a.Model == nil {
		return nil
	}
	for _, single := range []bool{false, true} {
		opt := m.opt.Converted
		opt.To, opt.SingleFile, opt.Partial = safetensors.Target, single, true
		plan, err := converters.Plan(a.Model, opt)
		if err != nil {
			return nil
		}
		if all := byName(plan.Tensors()); sameNames(all, like) {
			return all
		}
	}
	return nil
}

// withAliases adds the tensors that the metadata says are another one
// (dropped -> kept, as Hugging Face writes them).
func withAliases(list map[string]*tensor.Tensor, metadata map[string]string) map[string]*tensor.Tensor {
	aliases := map[string]*tensor.Tensor{}
	for dropped, kept := range metadata {
		if dropped != "format" && !strings.HasPrefix(dropped, "modelaudit.") && list[dropped] == nil && list[kept] != nil {
			aliases[dropped] = list[kept]
		}
	}
	maps.Copy(list, aliases)
	return list
}

// listed are the tensors of a list.
func listed(list tensor.List) []tensor.Tensor {
	out := make([]tensor.Tensor, list.Len())
	for i := range out {
		out[i] = list.At(i)
	}
	return out
}

func byName(list []tensor.Tensor) map[string]*tensor.Tensor {
	out := make(map[string]*tensor.Tensor, len(list))
	for i := range list {
		out[list[i].Name] = &list[i]
	}
	return out
}

func sameNames(a, b map[string]*tensor.Tensor) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if b[name] == nil {
			return false
		}
	}
	return true
}

func union(a, b map[string]*tensor.Tensor) []string {
	var names []string
	for n := range a {
		names = append(names, n)
	}
	for n := range b {
		if a[n] == nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// rawNames takes the bytes of an array of a type that no tensor has, which a
// conversion to pytorch keeps as NAME.bytes, for NAME, where the other file has that.
func rawNames(like, list map[string]*tensor.Tensor) {
	for name := range like {
		if raw := list[name+".bytes"]; raw != nil && list[name] == nil && like[name+".bytes"] == nil {
			list[name] = raw
			delete(list, name+".bytes")
		}
	}
}
