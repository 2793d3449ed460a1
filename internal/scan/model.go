package scan

import (
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tree"
)

// A Model is what of an artifact can be converted: whatever yields a tree of
// tensors and plain values, from one stream, from many, or from none.
type Model struct {
	Format audit.Format
	Member string // the record that holds it, "" if it is the file
	// Pickles are the streams that the model is read from, which a second
	// decoder can read too. A format that needs no pickle has none.
	Pickles []*Checkpoint
	// Build reads the tree. Every call makes a new one.
	Build func() (*tree.Tree, error)

	arrays []npyArray // of a .npy file
	in     part       // that it was found in
}

// Tree reads the model as a tree of tensors and plain values. The tree is the
// caller's, who may change it.
func (m *Model) Tree() (*tree.Tree, error) { return m.Build() }

// model is the model of an artifact that is one checkpoint.
func (c *Checkpoint) model(f audit.Format, member string) *Model {
	return &Model{Format: f, Member: member, Pickles: []*Checkpoint{c}, Build: c.Tree}
}

// safetensors audits a file that holds tensors and metadata and no code.
func (w *walk) safetensors(p part) error {
	f, err := safetensors.Read(p.r, p.size, w.lim)
	if err != nil {
		return err
	}
	w.opaque += p.size - f.DataOffset
	return nil
}

// ReadSafetensors gives the tensors of a safetensors file.
func ReadSafetensors(r io.ReaderAt, size int64, lim safeio.Limits) (*safetensors.File, error) {
	return safetensors.Read(r, size, lim.WithDefaults())
}
