package scan

import (
	"path"
	"slices"

	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/zipfile"
)

// tar audits every member of a tar archive, those that only a reader sees that
// goes on behind the archive's end included. Links and devices hold no bytes,
// and nothing follows them.
func (w *walk) tar(p part) error {
	if w.tooDeep(p) {
		return nil
	}
	t := arc.ReadTar(p.r, p.size, w.lim)
	read := w.torchTar(p, t)
	hold, names := &holder{}, map[string]int{}
	for i := range t.Members {
		names[t.Members[i].Name]++
	}
	configured := slices.ContainsFunc(t.Members, func(m arc.Member) bool { return path.Base(m.Name) == nemoConfig })
	served := w.archivedTar(p, t)
	for i := range t.Members {
		m := &t.Members[i]
		if !m.Regular() || read[i] {
			continue
		}
		inner, ok := w.tarMember(p, t, m)
		if ok && w.ctx.Err() == nil {
			if configured {
				inner.strict = false // a .nemo archive: plain data beside the model
				w.nemo(inner)
			}
			inner.strict = inner.strict && !served
			if p.root && !configured && m.Plain() && names[m.Name] == 1 {
				inner.root, inner.layers = true, p.through(tensor.LayerTar, m.Name)
			}
			hold.member(w, m.Name, func() { w.inside(inner) })
		}
	}
	if len(read) == 0 && !configured && t.Err == nil {
		w.holds(hold, p)
	}
	switch {
	case t.Err != nil:
		w.cut(p, t.End, t.Err, true)
	case t.Rest == 0 && p.member != "" && !w.promised(p): // a block of other content whose sum is one by chance
		w.opaque += p.size
		w.searchAll(p)
	case t.Rest == 0 && p.size > 0: // behind it would be the archive itself
		w.missed = true
		w.unread(p.member, 0, p.size, "a header of a tar archive and no member")
		w.searchAll(p)
	case w.ctx.Err() == nil:
		w.behind(p, t.Rest)
	}
	if w.ctx.Err() != nil {
		w.missed = true
		w.unread(p.member, 0, p.size, "the time limit was reached")
	}
	return nil
}

// tarMember opens a member as a part; false means that it cannot be looked at.
func (w *walk) tarMember(p part, t *arc.Tar, m *arc.Member) (part, bool) {
	r, size, err := t.Open(m)
	inner := part{r: r, size: size, name: path.Base(m.Name), member: p.below(m.Name), depth: p.depth + 1, strict: w.promised(p)}
	if err != nil {
		w.missed = true
		w.unread(inner.member, size, m.Size, err.Error())
	}
	// The zeros of a sparse member cost nothing in the file, and time here.
	if size > p.size {
		if w.budget.Used += size; w.budget.Used > w.lim.MaxExpand {
			w.missed = true
			w.finding("MA502", inner.member, 0, size, "a sparse member is larger than may be looked at")
			w.unread(inner.member, 0, size, "not read: too large")
			return inner, false
		}
	}
	return inner, true
}

// holdsZip reports whether a part is a tar archive with a zip archive for a
// member so near its end that the whole seems to end as a zip archive does. The
// member is audited as such.
func (w *walk) holdsZip(p part) bool {
	zip, ok, err := zipfile.Single(p.r, p.size)
	if !ok || err != nil {
		return false
	}
	return slices.ContainsFunc(arc.ReadTar(p.r, p.size, w.lim).Members, func(m arc.Member) bool {
		return !m.Beyond && m.Regular() && m.Offset <= zip.Start && zip.End <= m.Offset+m.Size
	})
}
