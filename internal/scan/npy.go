package scan

import (
	"errors"
	"fmt"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
)

// npy audits a file that numpy.save wrote: one array, or several that were
// saved to one handle and that numpy.load reads one after another. An array of
// objects is a pickle, which numpy.load(allow_pickle=True) loads; it loads one
// that stands where a further array could, too.
func (w *walk) npy(p part) error {
	at := int64(0)
	var found []npyArray
	if p.root {
		defer func() {
			if at == p.size && len(found) > 0 {
				w.out.Model = p.model(npyModel(found, p))
			}
		}()
	}
	for n := 0; isNpy(p, at); n++ {
		if n == maxStreams || w.ctx.Err() != nil {
			w.finding("MA501", p.member, at, p.size, fmt.Sprintf("more than %d arrays one after another, or the time limit was reached", n))
			w.unread(p.member, at, p.size, "not read: too many arrays")
			return nil
		}
		h, err := numpy.ReadHeader(p.r, at, p.size)
		if err != nil {
			return w.npyBroken(p, at, err)
		}
		if !h.Object {
			found = append(found, npyArray{header: h})
			w.opaque += h.Length
			at = h.Offset + h.Length
			continue
		}
		tr := w.plain(p, h.Offset, p.size)
		j := w.stream(p, tr, nil)
		found = append(found, npyArray{header: h, pickle: &Checkpoint{Trace: tr, Stream: p.r, Tensors: torch.NestedResolver(p.r), Judgement: j}})
		if at = tr.End; tr.Failure != nil {
			return w.resync(p, tr.Failure.Pos+1)
		}
	}
	return w.streams(p, &sym.Trace{End: at})
}

func isNpy(p part, at int64) bool {
	magic := make([]byte, len(numpy.Magic))
	n, _ := p.r.ReadAt(magic, at)
	return p.size-at >= int64(len(magic)) && string(magic[:n]) == numpy.Magic
}

// npyBroken reports an array that cannot be read, and looks for pickles: numpy
// may understand what is not understood here.
func (w *walk) npyBroken(p part, at int64, err error) error {
	w.unread(p.member, at, p.size, err.Error())
	var fe *numpy.FormatError
	if !errors.As(err, &fe) {
		return nil
	}
	if fe.Data < 0 {
		return w.resync(p, at)
	}
	tr := w.plain(p, fe.Data, p.size)
	if !opens(tr) {
		return w.resync(p, fe.Data)
	}
	w.stream(p, tr, nil)
	return w.streams(p, tr)
}
