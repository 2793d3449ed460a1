package scan

import (
	"io"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/keras/weights"
	"github.com/modelaudit/action/internal/numpy"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// An npyArray is one array of a .npy file.
type npyArray struct {
	header *numpy.Header
	pickle *Checkpoint // of an array of objects that is kept, else nil
}

// member is the array as a value of a tree.
func (a *npyArray) member(r io.ReaderAt) (m tree.Member, err error) {
	if a.pickle != nil {
		m.Pickle, err = a.pickle.input()
		return m, err
	}
	if a.header.Object {
		return m, errMoreObjects
	}
	m.Array, err = a.header.Array(r)
	return m, err
}

// npyModel is the model of a .npy file: its array, or a list of them.
func npyModel(found []npyArray, p part) *Model {
	m := &Model{Format: audit.FormatNumpy, Member: p.member}
	for i := range found {
		if c := found[i].pickle; c != nil {
			m.Pickles = append(m.Pickles, c)
		}
	}
	m.Build = func() (*tree.Tree, error) {
		members, tag := make([]tree.Member, len(found)), ""
		for i := range found {
			var err error
			if members[i], err = found[i].member(p.r); err != nil {
				return nil, err
			}
			members[i].Key = tensor.Key{Text: strconv.Itoa(i), Int: true}
		}
		if len(found) > 1 {
			tag = tree.TagList
			for i := range found {
				if c := found[i].pickle; c != nil {
					c.At = []tensor.Key{members[i].Key}
				}
			}
		}
		return tree.BuildMembers(tag, members)
	}
	m.arrays = found
	return m
}

// A holder gathers the models of an archive's members.
type holder struct {
	models  []*Model
	members []part
	called  []string       // the names of those members
	others  []string       // members that are none
	zip     bool           // the archive is one, so that numpy reads it as a .npz file
	names   map[string]int // how many members of a 7z archive have each name
	keras   weights.Texts  // the configs of a .keras archive, nil of any other
	several bool           // there are two models at least, and not all are arrays
	held    int64          // what the traces of arrays of objects take
}

// member has one member of an archive audited by walk, and keeps its model.
func (h *holder) member(w *walk, name string, walk func()) {
	before, from := w.out.Model, w.out.expansions.count()
	w.out.Model = nil
	walk()
	if m := w.out.Model; m != nil {
		h.models, h.members, h.called = append(h.models, m), append(h.members, m.in), append(h.called, name)
		h.slim()
		h.release(w, m)
	} else {
		h.others = append(h.others, name)
	}
	if w.out.Model == nil || len(h.models) > 1 { // else it is read next
		w.out.expansions.giveUp(from)
	}
	w.out.Model = before
}

// release forgets the traces of arrays of objects if there are too many.
func (h *holder) release(w *walk, m *Model) {
	for i := range m.arrays {
		if a := &m.arrays[i]; a.pickle != nil && !w.room(&h.held, a.pickle.Trace) {
			a.pickle, m.Pickles = nil, nil
		}
	}
}

// slim forgets what the models hold where they will be none of the archive: it has
// several, and is no .npz file.
func (h *holder) slim() {
	last := len(h.models) - 1
	if h.keras != nil || last == 0 {
		return
	}
	plain := func(m *Model) bool { return len(m.arrays) == 0 }
	if !h.several && (plain(h.models[last]) || last == 1 && plain(h.models[0])) {
		h.several = true
		for i := range last {
			h.models[i], h.members[i].r = &Model{}, nil
		}
	}
	if h.several {
		h.models[last], h.members[last].r = &Model{}, nil
	}
}

// holds makes the model of an archive's members that of the artifact, or says
// why there is none. A .npz file is named by what it is.
func (w *walk) holds(h *holder, p part) {
	w.out.Model = h.model(p)
	if h.keras == nil && h.npz() && p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatNumpy)
	}
	if w.out.Model != nil || len(h.models) < 2 {
		return
	}
	w.out.Several = h.called
}

// model is the model of the archive: that of the only member that has one, or
// of a .npz file.
func (h *holder) model(p part) *Model {
	switch {
	case h.keras != nil:
		return h.kerasModel(p)
	case h.npz():
		return h.npzModel(p)
	case len(h.models) == 1:
		return h.models[0]
	}
	return nil
}

// npz reports whether an archive is a .npz file: a zip archive whose models are
// .npy files, or another one with nothing else in it.
func (h *holder) npz() bool {
	for i, m := range h.models {
		layers := h.members[i].layers
		direct := len(layers) > 0 && layers[len(layers)-1].Kind == tensor.LayerZip
		if len(m.arrays) == 0 || h.zip && !direct || !h.zip && (len(m.arrays) != 1 || !strings.HasSuffix(h.members[i].entry(), ".npy")) {
			return false
		}
	}
	return len(h.models) > 0 && (h.zip || len(h.others) == 0)
}

// entry is the name of the archive's member that p is.
func (p part) entry() string {
	if len(p.layers) == 0 {
		return ""
	}
	return p.layers[len(p.layers)-1].Name
}

// lone opens a member of a zip archive that may hold the artifact's model. What
// is deflated is decompressed again when it is read later. Without a reader the
// member has to be opened in another way. The stream is what was decompressed, nil if
// nothing was.
func (w *walk) lone(p part, f *zipfile.File, e zipfile.Entry) (part, *zipfile.Stream) {
	inner := part{root: true, layers: p.through(tensor.LayerZip, e.Name), depth: p.depth + 1}
	if e.Method == 0 {
		var err error
		if inner.r, inner.size, err = f.Open(e); err != nil {
			inner.r = nil
		}
		return inner, nil
	}
	in, err := f.Stream(e)
	if err != nil || in.Limited() {
		return inner, nil
	}
	used := w.budget.Used
	w.budget.Used -= e.Size // what it claims; what it holds is counted now
	s, err := w.budget.Spool(w.ctx, in, in.Packed)
	if err != nil {
		s.Close() //nolint:errcheck // it has no name and nothing to lose
		w.budget.Used = used
		return inner, nil
	}
	inner.size = s.Size()
	inner.r = w.keep(inner, s, func() (io.Reader, func() int64, error) {
		again, err := f.Stream(e)
		if err != nil {
			return nil, nil, err
		}
		return again, again.Packed, nil
	})
	return inner, in
}
