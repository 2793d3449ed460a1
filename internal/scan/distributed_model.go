package scan

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/distributed"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A checkpointOf is a distributed checkpoint: its files, the metadata first.
type checkpointOf struct {
	r        io.ReaderAt // of all files
	files    []File
	metadata *Result // of the first
	opt      Options
	pickles  []*Checkpoint // that were read, of this tree
}

// tree reads the checkpoint's values, each from where the metadata say that it
// is, and puts tensors together from their chunks
// (torch/distributed/checkpoint/format_utils.py, dcp_to_torch_save).
func (d *checkpointOf) tree() (*tree.Tree, []*Checkpoint, error) {
	entries, err := d.entries()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", distributed.MetadataFile, err)
	}
	if err := d.placed(entries); err != nil {
		return nil, nil, err
	}
	d.pickles = nil
	pieces := make([]tree.Piece, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		read := d.object
		if e.Tensor {
			read = d.tensor
		}
		t, err := read(e)
		if err != nil {
			return nil, nil, fmt.Errorf("%q: %w", e.Name, err)
		}
		pieces = append(pieces, tree.Piece{Path: e.Path, Tree: t})
	}
	t, err := tree.Assemble(pieces)
	if err == nil {
		t, err = d.extra(t)
	}
	return t, d.pickles, err
}

// extra adds what Lightning keeps in a file beside the checkpoint, as its own
// loader does (lightning/fabric/utilities/load.py, _load_distributed_checkpoint).
func (d *checkpointOf) extra(t *tree.Tree) (*tree.Tree, error) {
	f, err := d.file(distributed.ExtraFile)
	if err != nil {
		return t, nil // there is none
	}
	layers := []tensor.Layer{{Kind: tensor.LayerRange, Name: f.Name, Start: f.Start, End: f.Start + f.Size}}
	more, p, err := savedZip(io.NewSectionReader(d.r, f.Start, f.Size), f.Size, f.Name+audit.Inside, layers, false, d.opt)
	if err != nil {
		return nil, err
	}
	if t, err = tree.Merge([]*tree.Tree{t, more}); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	d.pickles = append(d.pickles, p)
	t.Shards = 0
	for i := range t.Tensors {
		t.Tensors[i].Shard = 0
	}
	return t, nil
}

// entries reads the metadata, which must do nothing that is a finding.
func (d *checkpointOf) entries() ([]distributed.Entry, error) {
	m := d.metadata.Model
	if m == nil || len(m.Pickles) != 1 {
		return nil, errors.New("it is no pickle")
	}
	c := m.Pickles[0]
	if len(c.Judgement.Findings) > 0 || len(d.metadata.Artifact.Findings) > 0 {
		return nil, errors.New("it does more than describe a checkpoint")
	}
	if c.Trace.Plain || c.Trace.Folded || c.Trace.Root == nil {
		return nil, errors.New("it describes no checkpoint, or one of more values than are converted")
	}
	return distributed.Read(c.Trace.Root)
}

// file returns a file by its name.
func (d *checkpointOf) file(name string) (File, error) {
	for _, f := range d.files[1:] {
		if f.Name == name && !f.Missing {
			return f, nil
		}
	}
	return File{}, fmt.Errorf("there is no file %q", name)
}

// placed reports chunks that are not in the files, or not each in bytes of its own.
func (d *checkpointOf) placed(entries []distributed.Entry) error {
	type span struct{ start, end int64 }
	places := map[string][]span{}
	for i := range entries {
		for _, c := range entries[i].Chunks {
			f, err := d.file(c.File)
			if err != nil {
				return fmt.Errorf("%q: %w", entries[i].Name, err)
			}
			if c.Offset > f.Size || c.Length > f.Size-c.Offset {
				return fmt.Errorf("%q: %d bytes at %d are not in %s, which has %d", entries[i].Name, c.Length, c.Offset, c.File, f.Size)
			}
			places[c.File] = append(places[c.File], span{c.Offset, c.Offset + c.Length})
		}
	}
	for name, list := range places {
		slices.SortFunc(list, func(a, b span) int { return int(max(min(a.start-b.start, 1), -1)) })
		for i := 1; i < len(list); i++ {
			if list[i].start < list[i-1].end {
				return fmt.Errorf("%s: two values share the bytes at %#x", name, list[i].start)
			}
		}
	}
	return nil
}

// object reads a value that is no tensor of its own: what torch.save wrote.
func (d *checkpointOf) object(e *distributed.Entry) (*tree.Tree, error) {
	return d.saved(e, e.Chunks[0], true)
}

// saved reads what torch.save wrote at a place; part is as for savedZip.
func (d *checkpointOf) saved(e *distributed.Entry, c distributed.Chunk, part bool) (*tree.Tree, error) {
	f, err := d.file(c.File)
	if err != nil {
		return nil, err
	}
	start := f.Start + c.Offset
	where := fmt.Sprintf("%s%sbytes at %#x%s", c.File, audit.Inside, c.Offset, audit.Inside)
	layers := []tensor.Layer{{Kind: tensor.LayerRange, Name: c.File, Start: start, End: start + c.Length}}
	t, p, err := savedZip(io.NewSectionReader(d.r, start, c.Length), c.Length, where, layers, part, d.opt)
	if err != nil {
		return nil, err
	}
	p.At = e.Path
	d.pickles = append(d.pickles, p)
	return t, nil
}

// tensor puts a tensor together from its chunks. One of a single chunk is that.
func (d *checkpointOf) tensor(e *distributed.Entry) (*tree.Tree, error) {
	chunks := make([]tensor.Chunk, 0, len(e.Chunks))
	var first *tree.Tree
	for _, c := range e.Chunks {
		t, err := d.saved(e, c, false)
		if err != nil {
			return nil, err
		}
		if len(t.Refused) > 0 {
			return t, nil // and so is the whole
		}
		if t.Root.Tag != tree.TagTensor || len(t.Tensors) != 1 {
			return nil, fmt.Errorf("the chunk at %d is no tensor", c.Lo)
		}
		n := &t.Tensors[0]
		if !slices.Equal(n.Shape, c.Size) {
			return nil, fmt.Errorf("the chunk at %d has the shape %v, the metadata say %v", c.Lo, n.Shape, c.Size)
		}
		if first == nil {
			first = t
		}
		chunks = append(chunks, tensor.Chunk{Lo: c.Lo, Tensor: &n.Tensor})
	}
	whole, err := tensor.Compose(e.Name, e.DType, e.Shape, chunks)
	if err != nil {
		return nil, err
	}
	v := &tree.Value{Tag: tree.TagTensor}
	if !e.DType.InSafetensors(len(e.Shape)) {
		v.DType = string(e.DType)
	}
	n := tree.Named{Value: v}
	n.Class, n.Tensor = "Tensor", tensor.Tensor{DType: e.DType, Shape: e.Shape, Strides: tensor.ContiguousStrides(e.Shape), Storage: whole}
	if len(chunks) == 1 {
		n.Tensor = *chunks[0].Tensor
	}
	return &tree.Tree{Root: v, Tensors: []tree.Named{n}}, nil
}
