package scan

import (
	"bytes"
	"cmp"
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/joblib"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/torch"
)

// hdf5Pickles audits what readers of HDF5 unpickle: PyTables, and pandas with it,
// takes every text of an attribute that ends in a point for a pickle, as soon as
// the attribute is asked for, those of the root when the file is opened
// (tables/attributeset.py, __getattr__), and each value of an array of objects
// (tables/atom.py, ObjectAtom); hickle the bytes of a dataset (hickle/loaders).
func (w *walk) hdf5Pickles(p part, f *hdf5.File, o *hdf5.Object) {
	for i := range o.Attributes {
		a := &o.Attributes[i]
		texts, err := f.Texts(a)
		if err != nil {
			w.unread(p.member, a.Start, a.End, fmt.Sprintf("the attribute %s is not searched for pickles: %v", a.Name, err))
		}
		for _, text := range texts {
			w.hdf5Text(p, cmp.Or(o.Path, "/")+" attribute "+a.Name, text)
		}
	}
	if o.Kind != hdf5.Dataset || o.Type == nil {
		return
	}
	member := p.below(o.Path)
	err := f.Sequences(o, func(start, end int64) error {
		return w.hdf5Bytes(part{r: io.NewSectionReader(p.r, start, end-start), size: end - start, member: member, depth: p.depth + 1})
	})
	if size, ok := o.Bytes(); err == nil && ok && size > 0 && (o.Type.Size == 1 || o.Type.Class == hdf5.String || o.Type.Class == hdf5.Opaque) {
		var r io.ReaderAt
		if r, err = f.Data(o); err == nil {
			err = w.hdf5Bytes(part{r: r, size: size, member: member, depth: p.depth + 1})
		}
	}
	if err != nil {
		w.unread(p.member, max(o.Addr, 0), max(o.Addr, 0), fmt.Sprintf("%s is not searched for pickles: %v", o.Path, err))
	}
}

// hdf5Text audits a text of an attribute if it is a pickle that imports something.
func (w *walk) hdf5Text(p part, name string, text []byte) {
	if !bytes.HasSuffix(text, []byte(".")) {
		return
	}
	inner := part{r: bytes.NewReader(text), size: int64(len(text)), member: p.below(name), depth: p.depth + 1}
	if is, err := detect.Pickle(inner.r, inner.size); err == nil && is && !w.tooDeep(inner) {
		w.format(inner, audit.FormatPickle)
	}
}

// hdf5Bytes reports a pickle that executes something at the beginning of bytes
// that may be one, or data.
func (w *walk) hdf5Bytes(inner part) error {
	if is, err := detect.Pickle(inner.r, inner.size); err != nil || !is || w.tooDeep(inner) {
		return err
	}
	left := maxSearched - w.searched
	if left <= 0 {
		return fmt.Errorf("too many of its values could be one: %w", safeio.ErrLimit)
	}
	tr := w.joblib(inner, 0, joblib.Options{MaxOps: min(int(left), w.lim.MaxOpcodes), Large: w.opt.Large})
	defer delete(w.arrays, tr)
	w.searched += cost(tr)
	if tr.Executes() && tr.Failure == nil || calls(tr) {
		w.stream(inner, tr, torch.IsStorageID)
	} else if f := tr.Failure; f != nil && f.Limit {
		return fmt.Errorf("a pickle in it is too long: %w", safeio.ErrLimit)
	}
	return nil
}
