package strip

import (
	"fmt"
	"io"
	"slices"
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
	root := torchRoot(f)
	_, script := f.TorchLookup("constants.pkl") // torch.jit.load needs it
	for e := range f.All() {
		path := audit.Below(name, e.Name)
		if f.Shadowed(e) {
			b.gone(Removal{Member: path, End: e.Size, How: Member, Shadow: true})
			out.differs = true
			continue
		}
		m, err := b.member(f, e, path, b.spare(root, script, path, e.Name))
		if err != nil {
			return nil, err
		}
		if m == nil { // nothing of it is left
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
	to, err := b.inside(r, size, path, spare)
	switch {
	case err != nil || to == nil:
		return nil, err
	case !to.changed():
		return &member{entry: e}, nil
	}
	return &member{entry: e, to: to}, nil
}

// inside lays out a member of an archive; nil means that nothing is left of it.
func (b *builder) inside(r io.ReaderAt, size int64, path string, spare bool) (content, error) {
	before := len(b.plan.Removed)
	to, err := b.run(r, size, path, spare)
	if err != nil {
		return nil, err
	}
	if d, ok := to.(*edited); ok && spare && d.empty() {
		b.plan.Removed = append(b.plan.Removed[:before], Removal{Member: path, End: size, How: Member})
		return nil, nil
	}
	return to, nil
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
	return b.loose(path) || b.shadow(path)
}

// shadow reports whether a member at or below a path is in the shadow of another.
func (b *builder) shadow(path string) bool {
	return slices.ContainsFunc(b.src.Shadowed, func(s string) bool { return s == path || audit.Within(s, path) })
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

// spare reports whether no loader of the model reads a member, so that it may go
// if nothing in it can be kept. Which members of an archive that is no checkpoint
// are read is not known: they go if that is asked for.
func (b *builder) spare(root string, script bool, path, name string) bool {
	if root == "" {
		return b.opt.DropUnread
	}
	rest := strings.TrimPrefix(name, root)
	// A storage that data.pkl names is data, in which no pickle is looked for.
	unnamed := strings.HasPrefix(rest, "data/") && slices.ContainsFunc(b.src.Pickles, func(p Pickle) bool { return p.dirtyAt(path) })
	return unnamed || !torchReads(rest, script)
}

// torchReads reports whether a loader of torch reads a record of that name, so
// that it cannot simply be left out (torch/serialization.py, _load;
// torch/csrc/jit/serialization/import.cpp for an archive that torch.jit.load opens).
func torchReads(name string, script bool) bool {
	switch name {
	case "data.pkl", "version", "byteorder", ".format_version", ".storage_alignment", ".data/version", ".data/serialization_id":
		return true
	case "constants.pkl", "bytecode.pkl":
		return script
	}
	for _, dir := range []string{"code/", "constants/", "tensors/", "extra/", "traced_inputs/", "xl_model_weights/"} {
		if strings.HasPrefix(name, dir) {
			return script
		}
	}
	return strings.HasPrefix(name, "data/")
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
