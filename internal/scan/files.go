package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/distributed"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A File is one of the files that are one artifact together. The artifact's
// bytes are those of its files one behind the other.
type File struct {
	Name        string // below the artifact's directory
	Start, Size int64  // where in the artifact it is
	// Missing says that there is no such file, though another one names it.
	Missing bool
}

// Distributed reports whether a list of files is a distributed checkpoint.
func Distributed(files []File) bool {
	return len(files) > 0 && files[0].Name == distributed.MetadataFile
}

// Files audits the files of one artifact, size bytes of r together. The first
// one is the metadata of a distributed checkpoint, or the index of shards.
func Files(ctx context.Context, r io.ReaderAt, size int64, files []File, name string, opt Options) *Result {
	res := &Result{Artifact: audit.Artifact{Path: name, Size: size}}
	art := &res.Artifact
	parts := make([]*Result, len(files))
	for i, f := range files {
		switch {
		case f.Missing:
			art.Coverage.Unread = append(art.Coverage.Unread, audit.Unread{Member: f.Name, Reason: f.Name + " is not there"})
			continue
		case i == 0 && !Distributed(files):
			continue // the index, which is read as such
		}
		each := opt
		if opt.Each != nil {
			each.Each = func(p Pickle) {
				p.Member = inFile(f.Name, p.Member)
				opt.Each(p)
			}
		}
		if opt.Part != nil {
			each.Part = func(member string, size int64, formats []audit.Format) {
				opt.Part(inFile(f.Name, member), size, formats)
			}
		}
		if Distributed(files) {
			each.Beside = nil
			if i == 0 {
				each.Beside = among(r, files)
			}
		}
		parts[i] = Scan(ctx, io.NewSectionReader(r, f.Start, f.Size), f.Size, f.Name, each)
		res.gather(f.Name, parts[i])
	}
	art.Coverage.Understood = size - art.Coverage.Opaque
	for _, u := range art.Coverage.Unread {
		art.Coverage.Understood = max(art.Coverage.Understood-(u.End-u.Start), 0)
	}
	if Distributed(files) {
		art.Formats = []audit.Format{audit.FormatTorchDCP}
		d := &checkpointOf{r: r, files: files, metadata: parts[0], opt: opt}
		res.Model = &Model{Format: audit.FormatTorchDCP}
		res.Model.Build = func() (t *tree.Tree, err error) {
			t, res.Model.Pickles, err = d.tree()
			return t, err
		}
	} else {
		res.shards(r, files, parts, opt)
	}
	art.SortFindings()
	art.Verdict = art.Judge()
	return res
}

// among opens the files of one artifact by their names.
func among(r io.ReaderAt, files []File) func(string) (io.ReaderAt, int64, error) {
	return func(name string) (io.ReaderAt, int64, error) {
		for _, f := range files[1:] {
			if f.Name == name && !f.Missing {
				return io.NewSectionReader(r, f.Start, f.Size), f.Size, nil
			}
		}
		return nil, 0, errors.New("the file is not there")
	}
}

// inFile is the path of a member of a file, or of the file itself.
func inFile(name, member string) string {
	if member == "" {
		return name
	}
	return audit.Below(name, member)
}

// gather adds what was found in one of the files.
func (res *Result) gather(name string, part *Result) {
	art, a := &res.Artifact, &part.Artifact
	for _, f := range a.Findings {
		f.Location.Member = inFile(name, f.Location.Member)
		art.Findings = append(art.Findings, f)
	}
	for _, u := range a.Coverage.Unread {
		u.Member = inFile(name, u.Member)
		art.Coverage.Unread = append(art.Coverage.Unread, u)
	}
	art.Coverage.Opaque += a.Coverage.Opaque
	res.TrustUsed = append(res.TrustUsed, part.TrustUsed...)
	if part.Skipped {
		art.Coverage.Unread = append(art.Coverage.Unread, audit.Unread{Member: name, End: a.Size, Reason: "nothing shows it to be a model file"})
	}
}

// shards makes the model of the shards that an index lists.
func (res *Result) shards(r io.ReaderAt, files []File, parts []*Result, opt Options) {
	art := &res.Artifact
	index, err := ReadIndex(io.NewSectionReader(r, files[0].Start, files[0].Size), files[0].Size)
	if err != nil {
		art.Coverage.Unread = append(art.Coverage.Unread, audit.Unread{Member: files[0].Name, End: files[0].Size, Reason: err.Error()})
		return
	}
	m := &Model{}
	var lacking string
	for i, f := range files[1:] {
		part := parts[i+1]
		if part == nil || part.Model == nil {
			lacking = f.Name
			continue
		}
		art.Formats = append(art.Formats, part.Artifact.Formats...)
		m.Format = part.Model.Format
	}
	slices.Sort(art.Formats)
	art.Formats = slices.Compact(art.Formats)
	if lacking != "" && len(art.Coverage.Unread) == 0 {
		art.Coverage.Unread = append(art.Coverage.Unread, audit.Unread{Member: lacking, Reason: "it holds no model that can be read"})
	}
	if lacking != "" {
		return
	}
	for i, f := range files[1:] {
		for _, c := range parts[i+1].Model.Pickles {
			own := *c
			own.Within = f.Name + audit.Inside
			m.Pickles = append(m.Pickles, &own)
		}
	}
	m.Build = func() (*tree.Tree, error) { return mergeShards(index, files[1:], parts[1:]) }
	if onlySafetensors(parts[1:]) {
		m.Build = func() (*tree.Tree, error) { return joinShards(r, index, files[1:], files[0].Name, opt) }
	}
	if of := kerasShards(parts[1:]); of != nil {
		m.Format, m.Once = audit.FormatKeras, decodedAsHDF5
		m.Build = func() (*tree.Tree, error) { return joinKeras(of, index, files[1:]) }
	}
	res.Model = m
}

// mergeShards makes one tree of the shards, which must hold exactly what the
// index says, each where it says.
func mergeShards(index map[string]string, files []File, parts []*Result) (*tree.Tree, error) {
	trees := make([]*tree.Tree, len(files))
	left := maps.Clone(index)
	for i, f := range files {
		t, err := parts[i].Model.Tree()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		for _, p := range t.Root.Pairs {
			name, _ := p[0].Plain.(string)
			if where := index[name]; where != "" && where != f.Name {
				return nil, fmt.Errorf("%q is in %s, the index says %s", name, f.Name, where)
			}
			delete(left, name)
		}
		for _, n := range t.Tensors {
			if len(n.Path) == 0 || index[n.Path[0].Text] == "" {
				return nil, fmt.Errorf("%s holds the tensor %q, which the index does not name", f.Name, n.Name)
			}
		}
		relocate(t, f.Name+audit.Inside, []tensor.Layer{{Kind: tensor.LayerRange, Name: f.Name, Start: f.Start, End: f.Start + f.Size}})
		trees[i] = t
	}
	if len(left) > 0 {
		name := slices.Sorted(maps.Keys(left))[0]
		return nil, fmt.Errorf("the index names %q, and %s does not hold it", name, left[name])
	}
	return tree.Merge(trees)
}

// relocate says of the storages of a tree that layers lead to what they are in,
// and tells their keys apart from those of other trees. It changes no storage
// that another tree may have.
func relocate(t *tree.Tree, prefix string, layers []tensor.Layer) {
	own := map[*tensor.Storage]*tensor.Storage{}
	for i := range t.Tensors {
		s := t.Tensors[i].Storage
		if own[s] == nil {
			moved := *s
			moved.Key = prefix + s.Key
			moved.Origin.Layers = append(slices.Clone(layers), s.Origin.Layers...)
			own[s] = &moved
		}
		t.Tensors[i].Storage = own[s]
	}
}

// maxIndex bounds an index of shards, in bytes; one of 1,000,000 tensors has
// some 100 MB.
const maxIndex = 256 << 20

// ErrElsewhere is of an index that names what is no file in its own directory.
var ErrElsewhere = errors.New("is no file beside the index")

// ReadIndex reads which file has which tensor, from the .index.json beside the
// shards of a model (transformers/modeling_utils.py, WEIGHTS_INDEX_NAME). Keras has
// groups of weights in its .weights.json, and of each one file or a list of them
// (saving_lib.py, ShardedH5IOStore): an item of a list stands under the group's name,
// a NUL and itself.
func ReadIndex(r io.ReaderAt, size int64) (map[string]string, error) {
	if size > maxIndex {
		return nil, fmt.Errorf("the index has more than %d bytes: %w", maxIndex, safeio.ErrLimit)
	}
	index := map[string]string{}
	var bad error
	err := jsonwalk.Walk(r, size, func(v *jsonwalk.Value) {
		if len(v.Path) == 0 || v.Path[0] != "weight_map" || bad != nil {
			return
		}
		file := v.Text
		listed := len(v.Path) == 3 && v.Path[2] == "[]"
		if len(v.Path) != 2 && !listed || v.Kind != jsonwalk.String || file == "" || file != path.Base(file) || file == ".." || file == "." || strings.ContainsAny(file, "\\:\x00") {
			bad = fmt.Errorf("weight_map: %.100q %w", file, ErrElsewhere)
			return
		}
		if listed {
			index[v.Path[1]+"\x00"+file] = file
			return
		}
		index[v.Path[1]] = file
	})
	if err == nil {
		err = bad
	}
	if err == nil && len(index) == 0 {
		err = errors.New("it has no weight_map, so that it is no index of shards")
	}
	return index, err
}
