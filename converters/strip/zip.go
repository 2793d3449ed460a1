package strip

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// zipped is a zip whose members are written anew, in their order: those that
// stay with their bytes as they are, compressed or not.
type zipped struct {
	r       io.ReaderAt
	members []member
	differs bool
}

type member struct {
	entry zipfile.Entry
	to    content // nil: the bytes stay
}

func (a *zipped) changed() bool { return a.differs }

// zip lays out an archive.
func (b *builder) zip(f *zipfile.File, r io.ReaderAt, name string) (content, error) {
	out := &zipped{r: r}
	torch := torchRoot(f)
	seen := map[string]bool{}
	for e := range f.All() {
		path := audit.Below(name, e.Name)
		spare := torch != "" && !torchReads(strings.TrimPrefix(e.Name, torch))
		first, ok := f.TorchLookup(strings.TrimPrefix(e.Name, torch))
		if torch != "" && (!ok || first.Index != e.Index) || seen[e.Name] {
			b.skip(path, e) // a loader takes another one of that name
			out.differs = true
			continue
		}
		seen[e.Name] = true
		before := len(b.plan.Removed)
		m, err := b.member(f, e, path, spare)
		if err != nil {
			return nil, err
		}
		if m == nil { // nothing of it is left
			b.plan.Removed = append(b.plan.Removed[:before], Removal{Member: path, End: e.Size, How: Member})
			out.differs = true
			continue
		}
		out.differs = out.differs || m.to != nil
		out.members = append(out.members, *m)
	}
	for _, u := range f.Coverage().Unread {
		b.gone(Removal{Member: name, Start: u.Start, End: u.End, How: Bytes})
		out.differs = true
	}
	return out, nil
}

// skip leaves a member out, with the streams in it.
func (b *builder) skip(path string, e zipfile.Entry) {
	b.gone(Removal{Member: path, End: e.Size, How: Member})
	for _, p := range b.src.Pickles {
		if p.dirtyAt(path) {
			b.done = append(b.done, place{p.Member, p.Start})
		}
	}
}

// member lays out one member; nil means that it goes.
func (b *builder) member(f *zipfile.File, e zipfile.Entry, path string, spare bool) (*member, error) {
	if e.DataOffset < 0 || e.Method != 0 && e.Method != 8 {
		return nil, &Refusal{Member: path, Pos: -1, Reason: "it cannot be read"}
	}
	if !b.concerned(path) {
		return &member{entry: e}, nil
	}
	r, size, err := f.Open(e)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	to, err := b.run(r, size, path, spare)
	if err != nil {
		return nil, err
	}
	if d, ok := to.(*edited); ok && spare && d.empty() {
		return nil, nil
	}
	if !to.changed() {
		return &member{entry: e}, nil
	}
	return &member{entry: e, to: to}, nil
}

// empty reports whether nothing is left of a run.
func (e *edited) empty() bool {
	left := e.size
	for _, d := range e.edits {
		if d.to != nil {
			return false
		}
		left -= d.end - d.start
	}
	return left == 0
}

// dirtyAt reports whether something in the stream must go, and it is in the
// member of that path or below it.
func (p *Pickle) dirtyAt(path string) bool {
	return p.Dirty && (p.Member == path || audit.Within(p.Member, path))
}

// concerned reports whether something at or below a member must go.
func (b *builder) concerned(path string) bool {
	for _, p := range b.src.Pickles {
		if p.dirtyAt(path) {
			return true
		}
	}
	for _, x := range b.src.Instead {
		if x.Member == path || audit.Within(x.Member, path) {
			return true
		}
	}
	return b.loose(path)
}

// torchRoot is the directory of the records, with its slash, of an archive that
// torch would unpickle; else "".
func torchRoot(f *zipfile.File) string {
	if _, ok := f.TorchLookup("data.pkl"); !ok {
		return ""
	}
	root, err := f.TorchRoot()
	if err != nil {
		return ""
	}
	return root + "/"
}

// torchReads reports whether a loader of torch reads a record of that name, so
// that it cannot simply be left out (torch/serialization.py, _load;
// torch/csrc/jit/serialization/import.cpp).
func torchReads(name string) bool {
	switch name {
	case "data.pkl", "constants.pkl", "version", "byteorder", ".format_version", ".storage_alignment", ".data/version", ".data/serialization_id":
		return true
	}
	for _, dir := range []string{"data/", "code/", "constants/", "tensors/", "extra/", "traced_inputs/", "xl_model_weights/"} {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return false
}

// alignment is that of torch's records (caffe2/serialize/inline_container.h,
// kFieldAlignment).
const alignment = 64

// WriteTo writes the members, then the directory. A member whose bytes began at
// a multiple of 64 does so again.
func (a *zipped) WriteTo(w io.Writer) (int64, error) {
	z := zipfile.NewWriter(w)
	for i := range a.members {
		if err := a.write(z, &a.members[i]); err != nil {
			return z.Written(), fmt.Errorf("%s: %w", a.members[i].entry.Name, err)
		}
	}
	err := z.Close()
	return z.Written(), err
}

func (a *zipped) write(z *zipfile.Writer, m *member) error {
	e := &m.entry
	h := zipfile.Header{Name: e.Name, Method: e.Method, Flags: e.Flags & (1<<1 | 1<<2 | 1<<11), DOSTime: e.DOSTime, CRC32: e.CRC32, Packed: e.CompressedSize, Size: e.Size}
	if e.DataOffset%alignment == 0 {
		h.Align = alignment
	}
	if m.to == nil {
		return z.Add(h, io.NewSectionReader(a.r, e.DataOffset, e.CompressedSize))
	}
	s := &safeio.Spool{}
	defer s.Close()
	if _, err := m.to.WriteTo(s); err != nil {
		return err
	}
	h.Method, h.Flags, h.Size = 0, h.Flags&(1<<11), s.Size()
	return z.Add(h, io.NewSectionReader(s, 0, s.Size()))
}
