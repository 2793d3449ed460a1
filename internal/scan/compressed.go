package scan

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/zipfile"
)

// decompressed is the member that a compressed file's content is.
const decompressed = "decompressed"

// compressed returns the walker for files of one compression: the content is
// audited as a part, and what stands behind the streams as another.
func compressed(m arc.Method) func(*walk, part) error {
	return func(w *walk, p part) error {
		if w.tooDeep(p) {
			return nil
		}
		in := arc.NewReader(m, p.r, p.size)
		content, err := w.budget.Spool(w.ctx, in, in.Consumed)
		inner := part{r: content, size: content.Size(), name: detect.Inner(p.name), member: p.below(decompressed), depth: p.depth + 1, strict: w.promised(p)}
		if p.root && err == nil {
			inner.root, inner.layers = true, p.through(tensor.LayerDecompressed, string(m))
			inner.r = w.keep(inner, content, func() (io.Reader, func() int64, error) {
				in := arc.NewReader(m, p.r, p.size)
				return in, in.Consumed, nil
			})
		} else {
			defer w.release(content)
		}
		if err != nil {
			inner.cut = true
			w.cut(p, in.Consumed(), err, m != arc.Zlib && m != arc.LZMA)
		}
		if inner.size == 0 && inner.strict {
			w.unread(inner.member, 0, 0, "the content is empty")
		}
		w.inside(inner)
		if err == nil {
			w.behind(p, in.Consumed())
		}
		return nil
	}
}

// keep notes what was spooled for a part that a model may be read from.
func (w *walk) keep(p part, s *safeio.Spool, again func() (io.Reader, func() int64, error)) io.ReaderAt {
	return w.out.expansions.add(p.depth, s, w.lim, w.budget.Size, again)
}

// through is the way to what a layer of p gives.
func (p part) through(kind tensor.LayerKind, name string) []tensor.Layer {
	return append(p.layers[:len(p.layers):len(p.layers)], tensor.Layer{Kind: kind, Name: name})
}

// release gives up what holds the bytes of a part. It has no name, and nothing
// to lose.
func (w *walk) release(c io.Closer) {
	if w.opt.Keep != nil {
		w.opt.Keep(c)
		return
	}
	c.Close()
}

// openMember is f.Open, with a member that is too large for memory in a spool,
// which done gives up.
func (w *walk) openMember(f *zipfile.File, e zipfile.Entry) (r io.ReaderAt, size int64, done func(), err error) {
	if e.Method == 0 || e.Size <= w.lim.MaxAlloc {
		r, size, err = f.Open(e)
		return r, size, func() {}, err
	}
	in, err := f.Stream(e)
	if err != nil {
		return nil, 0, func() {}, err
	}
	w.budget.Used -= e.Size // what it claims; what it holds is counted now
	s, err := w.budget.Spool(w.ctx, in, in.Packed)
	return s, s.Size(), func() { w.release(s) }, err
}

// tooDeep refuses to look into a part that is nested too deeply.
func (w *walk) tooDeep(p part) bool {
	if p.depth < w.lim.MaxDepth {
		return false
	}
	w.missed = true
	w.finding("MA501", p.member, 0, p.size, "archives are nested too deeply")
	w.unread(p.member, 0, p.size, "not read: nested too deeply")
	return true
}

// cut accounts for a container that could be read up to an offset only. Unless
// it is sure what the container is, damage says nothing: then it may be none.
func (w *walk) cut(p part, at int64, err error, sure bool) {
	limit := errors.Is(err, safeio.ErrLimit)
	if limit {
		w.finding("MA502", p.member, 0, p.size, err.Error())
	}
	w.missed = w.missed || sure || limit || errors.Is(err, arc.ErrUnsupported)
	w.unread(p.member, min(at, p.size), p.size, err.Error())
}

// inside audits the content of a compressed file, or a member of an archive.
// Zero bytes in front of it are passed over: a loader can be told to.
func (w *walk) inside(p part) {
	formats, err := detect.Formats(p.r, p.size, p.hint())
	if err == nil && len(formats) == 0 {
		var at int64
		if at, err = behindZeros(p, 0); err == nil && at > 0 && at < p.size {
			p, formats, err = p.from(at)
		}
	}
	switch {
	case err != nil:
		w.missed = true
		w.unread(p.member, 0, p.size, err.Error())
	case len(formats) > 0:
		w.detected(p, formats)
	default:
		w.unknown(p)
	}
}

// behind audits what stands behind the end of a container.
func (w *walk) behind(p part, at int64) {
	if at >= p.size {
		return
	}
	inner, formats, err := p.from(at)
	switch {
	case err != nil:
		w.unread(p.member, at, p.size, err.Error())
	case len(formats) == 0 && !shardIndex(p, at):
		w.unread(p.member, at, p.size, "bytes behind the end")
	case len(formats) == 0:
	case !w.tooDeep(p):
		w.detected(inner, formats)
	}
}

// from is the rest of a part from an offset on, with the formats that it shows.
func (p part) from(at int64) (part, []audit.Format, error) {
	inner := part{r: io.NewSectionReader(p.r, at, p.size-at), size: p.size - at, name: p.name, member: p.below(fmt.Sprintf("bytes at %#x", at)), depth: p.depth + 1, strict: p.strict, cut: p.cut}
	formats, err := detect.Formats(inner.r, inner.size, inner.hint())
	return inner, formats, err
}

// hint is the name that detection is given: what was promised to be a model is
// looked at as one, whatever its own name is.
func (p part) hint() string {
	if p.strict && !detect.ModelName(p.name) {
		return p.name + ".pkl"
	}
	return p.name
}

// text reports whether a part is text from its first byte to its last.
func (w *walk) text(p part) bool {
	return detect.WholeText(safeio.WithContext(w.ctx, io.NewSectionReader(p.r, 0, p.size)))
}

// ordinary forgets a compressed file or an archive in which nothing shows a
// model, and whose name promises none.
func (w *walk) ordinary() {
	a := &w.out.Artifact
	if w.shown || w.missed || len(a.Findings) > 0 {
		return
	}
	w.out.Skipped = true
	a.Coverage.Unread = nil
}
