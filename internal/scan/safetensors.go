package scan

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// safetensors audits a file that holds tensors and metadata and no code.
func (w *walk) safetensors(p part) error {
	w.largeHeader(p)
	f, n, err := safetensors.Check(p.r, p.size, w.lim)
	if err != nil {
		return err
	}
	w.opaque += p.size - f.DataOffset
	if p.member == "" {
		c := &converted{w: w, files: []*safetensors.File{f}, alone: p.r, name: path.Base(p.name)}
		w.out.Model = &Model{Format: audit.FormatSafetensors, Build: c.tree}
		if n > len(f.Entries) {
			w.out.Model.Build = func() (*tree.Tree, error) { return nil, tooMany(n) }
		}
	}
	return nil
}

// holdsTensors reports whether a part is a whole safetensors file, of which every byte
// has its account: the length of a header and some of its text can be a pickle, too.
func (w *walk) holdsTensors(p part) bool {
	_, _, err := safetensors.Check(p.r, p.size, w.lim)
	return err == nil
}

// ReadSafetensors gives the tensors of a safetensors file.
func ReadSafetensors(r io.ReaderAt, size int64, lim safeio.Limits) (*safetensors.File, error) {
	return safetensors.Read(r, size, lim.WithDefaults())
}

// Aliases lists the tensors that the metadata says are another one (dropped ->
// kept, as Hugging Face writes them).
func Aliases(f *safetensors.File) map[string]string {
	there := make(map[string]bool, len(f.Entries))
	for i := range f.Entries {
		there[f.Entries[i].Name] = true
	}
	out := map[string]string{}
	for dropped, kept := range f.Metadata {
		if dropped != "format" && !strings.HasPrefix(dropped, "modelaudit.") && !there[dropped] && there[kept] {
			out[dropped] = kept
		}
	}
	return out
}

// A converted is a safetensors file as a model, or shards of one: with the tree
// of its metadata what it was converted from, without one its tensors by name.
type converted struct {
	w     *walk
	files []*safetensors.File // the shards in order, as a rule one
	holds tree.Holding        // what they hold together
	alone io.ReaderAt         // the bytes of the only one, whose holds is made when it is asked for; else nil
	name  string              // of the file that has the weights uncut, without directories
}

// maxConverted is how many tensors of one file a tree may have.
const maxConverted = 200_000

func tooMany(n int) error {
	return fmt.Errorf("%d tensors are more than the %d that are converted", n, maxConverted)
}

// maxTreeFile is how many bytes a tree beside its file may have.
const maxTreeFile = 1 << 30

func (c *converted) tree() (*tree.Tree, error) {
	if c.alone != nil {
		if n := len(c.files[0].Entries); n > maxConverted {
			return nil, tooMany(n)
		}
		whole := *c
		whole.alone, whole.holds = nil, holding(c.files[0], c.alone, nil)
		c = &whole
	}
	text, ok, err := c.text()
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.flat()
	}
	if s := c.metadata()["modelaudit.schema"]; s != "1" {
		return nil, fmt.Errorf("modelaudit.schema is %.20q: expected 1", s)
	}
	root, err := tree.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("modelaudit.tree: %w", err)
	}
	state, names, err := c.state()
	if err != nil {
		return nil, err
	}
	c.holds.Changes = c.metadata()["modelaudit.changes"]
	t, err := tree.Join(root, c.holds, state)
	if err != nil {
		return nil, fmt.Errorf("modelaudit.tree: %w", err)
	}
	if state != nil && len(state.Tensors) > 0 {
		t.Beside = names
	}
	return t, nil
}

// metadata is that of the file that has the tree, or of the first.
func (c *converted) metadata() map[string]string {
	for _, f := range c.files {
		if f.Metadata["modelaudit.tree"] != "" || f.Metadata["modelaudit.tree.file"] != "" {
			return f.Metadata
		}
	}
	return c.files[0].Metadata
}

// text is the tree's JSON: in the metadata, or in a file beside.
func (c *converted) text() (string, bool, error) {
	if text, ok := c.metadata()["modelaudit.tree"]; ok {
		return text, true, nil
	}
	name := c.metadata()["modelaudit.tree.file"]
	if name == "" {
		return "", false, nil
	}
	if name != path.Base(name) || strings.ContainsAny(name, `/\`) {
		return "", false, fmt.Errorf("modelaudit.tree.file is %.200q: expected the name of a file beside this one", name)
	}
	r, size, err := c.w.beside(name)
	if err != nil {
		return "", false, fmt.Errorf("its tree is in %.200q: %w", name, err)
	}
	data, err := safeio.ReadRange(r, size, 0, size, maxTreeFile)
	return string(data), true, err
}

// state reads what has the state: a file, or shards and their index, and names it.
func (c *converted) state() (*tree.Holding, []string, error) {
	name := strings.TrimSuffix(c.name, path.Ext(c.name)) + ".state.safetensors"
	names := []string{name}
	if _, _, err := c.w.beside(name); err != nil {
		r, size, err := c.w.beside(name + ".index.json")
		if err != nil {
			//nolint:nilerr // the tensors that are missing are refused by name
			return &tree.Holding{Absent: fmt.Sprintf("in the file with the state, which is not beside this one: expected %q", name)}, nil, nil
		}
		index, err := ReadIndex(r, size)
		if err != nil {
			return nil, nil, fmt.Errorf("%s.index.json: %w", name, err)
		}
		names = slices.Compact(slices.Sorted(maps.Values(index)))
	}
	var all tree.Holding
	for _, name := range names {
		h, err := c.stateFile(name)
		if err != nil || h.Absent != "" {
			return h, nil, err
		}
		all = together(all, *h)
	}
	return &all, names, nil
}

// stateFile reads one file of the state. If another conversion made it, it is absent.
func (c *converted) stateFile(name string) (*tree.Holding, error) {
	r, size, err := c.w.beside(name)
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Read(r, size, c.w.lim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	const digest = "modelaudit.source.sha256"
	if f.Metadata["modelaudit.part"] != tree.PartState || f.Metadata[digest] != c.files[0].Metadata[digest] {
		return &tree.Holding{Absent: fmt.Sprintf("in the file with the state, and %q beside this one is not of the same conversion", name)}, nil
	}
	h := holding(f, r, []tensor.Layer{{Kind: tensor.LayerFile, Name: name}})
	return &h, nil
}

// together is what two files hold.
func together(a, b tree.Holding) tree.Holding {
	a.Tensors = append(a.Tensors, b.Tensors...)
	if a.Aliases == nil {
		a.Aliases = map[string]string{}
	}
	maps.Copy(a.Aliases, b.Aliases)
	return a
}

// beside opens a file beside the artifact, whose verdict is then of both.
func (w *walk) beside(name string) (io.ReaderAt, int64, error) {
	if w.opt.Beside == nil {
		return nil, 0, errors.New("files beside this one are not read here")
	}
	w.out.Elsewhere = true
	return w.opt.Beside(name)
}

// holding is what a file holds, with the place of its bytes in the source.
func holding(f *safetensors.File, r io.ReaderAt, layers []tensor.Layer) tree.Holding {
	list := f.Source(r)
	for i, e := range f.Entries {
		list[i].Storage.Origin = tensor.Origin{Layers: layers, Start: f.DataOffset + e.Begin, End: f.DataOffset + e.End, Spelling: tensor.SpelledRaw}
		if len(layers) > 0 {
			list[i].Storage.Key = layers[0].Name + "/" + e.Name
		}
	}
	return tree.Holding{Tensors: list, Aliases: Aliases(f)}
}

// flat is the tree of a file without one: its tensors by name, in the order of
// their bytes, and its metadata as an attribute.
func (c *converted) flat() (*tree.Tree, error) {
	for _, f := range c.files {
		if err := pieces(f, c.name); err != nil {
			return nil, err
		}
	}
	root := &tree.Value{Tag: tree.TagOrdered}
	add := func(name string) {
		root.Pairs = append(root.Pairs, [2]*tree.Value{{Plain: name}, {Tag: tree.TagTensor, Text: name}})
	}
	for i := range c.holds.Tensors {
		add(c.holds.Tensors[i].Name)
	}
	meta, known := &tree.Value{Tag: tree.TagDict}, map[string]bool{}
	for _, f := range c.files {
		for _, key := range f.MetadataKeys {
			switch _, alias := c.holds.Aliases[key]; {
			case known[key]:
			case alias:
				add(key)
			default:
				meta.Pairs = append(meta.Pairs, [2]*tree.Value{{Plain: key}, {Plain: f.Metadata[key]}})
			}
			known[key] = true
		}
	}
	if len(meta.Pairs) > 0 {
		root.Attrs = [][2]*tree.Value{{{Plain: "metadata"}, meta}}
	}
	return tree.Join(root, c.holds, nil)
}
