package scan

import (
	"errors"
	"path"
	"strings"

	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// zipMembers audits what zipModel did not. single says that what one member holds
// may be what the archive holds.
func (w *walk) zipMembers(p part, f *zipfile.File, m zipModel, single bool) {
	seen := places{left: p.size + slack}
	hold := &holder{zip: true, keras: m.keras}
	for e := range f.All() {
		switch {
		case m.claimed.Has(e):
			w.opaque += e.CompressedSize
		case m.done.Has(e) || strings.HasSuffix(e.Name, "/") && e.Size == 0:
		case seen.known(e):
		case seen.left < 0:
			w.finding("MA501", p.below(e.Name), 0, e.Size, "members overlap, and together are larger than the archive")
			w.unread(p.below(e.Name), 0, e.Size, "not read: members overlap")
		case single:
			hold.member(w, e.Name, func() { w.member(p, f, e, !m.known && w.promised(p), true) })
		default:
			w.member(p, f, e, !m.known && w.promised(p), false)
		}
	}
	if single {
		w.holds(hold, p)
	}
}

// shadowed notes that an entry has the name of another one that the archive's
// loader reads. The result takes the note back.
func (w *walk) shadowed(p part, f *zipfile.File, e zipfile.Entry) (restore func()) {
	was := w.shadow
	if f.Shadowed(e) {
		w.shadow = true
		name := p.below(e.Name)
		if n := len(w.out.Shadowed); !was && !f.Alone(e) && (n == 0 || w.out.Shadowed[n-1] != name) {
			w.out.Shadowed = append(w.out.Shadowed, name)
		}
	}
	return func() { w.shadow = was }
}

// member audits an entry that no storage claims. With strict, content of no
// known format is unread: under a model's name, and in no checkpoint, it may
// mean anything to the loader.
func (w *walk) member(p part, f *zipfile.File, e zipfile.Entry, strict, single bool) {
	defer w.shadowed(p, f, e)()
	name := p.below(e.Name)
	if w.tooMuch(p, f, e) {
		return
	}
	// A damaged record is read as far as it goes, as torch does, and is unread
	// all the same.
	inner, check := part{}, func() (*zipfile.Anomaly, error) { return f.CheckCRC(e) }
	if single {
		var in *zipfile.Stream
		if inner, in = w.lone(p, f, e); in != nil {
			check = func() (*zipfile.Anomaly, error) { return in.Anomaly(), nil }
		}
	}
	r, size, done, err := inner.r, inner.size, func() {}, error(nil)
	if r == nil {
		inner = part{depth: p.depth + 1}
		r, size, done, err = w.openMember(f, e)
	}
	defer done()
	if errors.Is(err, safeio.ErrLimit) && r != nil && !detect.ModelName(e.Name) {
		if formats, err := detect.Formats(r, size, path.Base(e.Name)); err == nil && len(formats) == 0 {
			w.opaque += e.CompressedSize // a large file that is no model
			return
		}
	}
	if err != nil {
		if errors.Is(err, safeio.ErrLimit) {
			w.finding("MA502", name, 0, e.Size, err.Error())
		}
		w.unread(name, 0, e.Size, err.Error())
	}
	if r == nil {
		return
	}
	inner.r, inner.size, inner.name, inner.member, inner.strict = r, size, path.Base(e.Name), name, strict
	w.content(inner, e, check)
}

// content audits what a member holds; check is its File.CheckCRC.
func (w *walk) content(p part, e zipfile.Entry, check func() (*zipfile.Anomaly, error)) {
	formats, err := detect.Formats(p.r, p.size, p.hint())
	switch {
	case err != nil:
		w.unread(p.member, 0, p.size, err.Error())
	case len(formats) == 0 && p.strict && p.size > 0:
		w.unread(p.member, 0, p.size, w.nothing(p))
		w.searchAll(p)
	case len(formats) == 0:
		w.unknown(p)
	default:
		if !weighty(e, formats) {
			w.checkCRC(p, check)
		}
		w.detected(p, formats)
	}
}

// tooMuch reports a member that is nested too deeply, or too much to be decompressed.
func (w *walk) tooMuch(p part, f *zipfile.File, e zipfile.Entry) bool {
	name := p.below(e.Name)
	if p.depth >= w.lim.MaxDepth {
		w.finding("MA501", name, 0, e.Size, "archives are nested too deeply")
		w.unread(name, 0, e.Size, "not read: nested too deeply")
		return true
	}
	if e.Method == 0 {
		return false
	}
	if w.budget.Used += e.Size + f.Extra(e); w.budget.Used > w.lim.MaxExpand {
		w.finding("MA502", name, 0, e.Size, "the compressed members are too many to be looked at")
		w.unread(name, 0, e.Size, "not read: too much is compressed")
		return true
	}
	err := w.budget.Within()
	if e.Size > w.lim.MaxAlloc {
		err = nil // it is read as far as it may be
	}
	if err == nil && w.workLeft() <= 0 {
		err = errors.New("the compressed members hold more than may be looked at")
	}
	if err != nil {
		w.finding("MA502", name, 0, e.Size, err.Error())
		w.unread(name, 0, e.Size, "not read: "+err.Error())
	}
	return err != nil
}
