package scan

import (
	"fmt"
	"io"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// savedZip reads an archive of torch.save that stands in another file. where
// begins the keys of its storages, layers lead to it; part says that there is a whole without
// what it holds. The pickle is for a second decoder.
func savedZip(r io.ReaderAt, size int64, where string, layers []tensor.Layer, part bool, opt Options) (*tree.Tree, *Checkpoint, error) {
	lim := opt.Limits.WithDefaults()
	archive, err := zipfile.Read(r, size, lim)
	if err != nil {
		return nil, nil, fmt.Errorf("%s%w", where, err)
	}
	z, err := torch.ReadZip(archive, lim, sym.Options{MaxOps: lim.MaxOpcodes})
	if err == nil && z.Broken != nil {
		err = z.Broken
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s%w", where, err)
	}
	j := rules.Pickle(z.Trace, rules.PickleContext{Trusted: opt.Trusted, Storage: z.Table.Known, Data: z.Data})
	c := zipCheckpoint(z, j, archive, "data.pkl")
	c.part = part
	t, err := c.Tree()
	if err != nil {
		return nil, nil, fmt.Errorf("%s%w", where, err)
	}
	relocate(t, where, layers)
	return t, &Checkpoint{Within: where, Stream: c.Stream, Record: c.Record, Trace: &sym.Trace{Start: z.Trace.Start, End: z.Trace.End}}, nil
}
