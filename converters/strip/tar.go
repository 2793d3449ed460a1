package strip

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
)

const tarBlock = 512

// tarred reports whether a run is a tar archive.
func tarred(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, 4*tarBlock))
	n, err := r.ReadAt(head, 0)
	return (err == nil || err == io.EOF) && archive.IsTar(head[:n])
}

// tar lays out a tar archive: the content of a member that changes is replaced,
// and its length and checksum in its header (POSIX.1-1988, ustar). All else stays.
func (b *builder) tar(r io.ReaderAt, size int64, member string) (content, error) {
	t := archive.ReadTar(r, size, b.src.Limits.WithDefaults())
	if t.Err != nil {
		return nil, &Refusal{Member: member, Pos: -1, Reason: "it cannot be read to its end: " + t.Err.Error()}
	}
	out, seen := &edited{r: r, size: size}, map[string]bool{}
	for i := range t.Members {
		m := &t.Members[i]
		path := audit.Below(member, m.Name)
		if !b.concerned(path) {
			continue
		}
		if seen[path] || !m.Plain() {
			return nil, &Refusal{Member: path, Pos: -1, Reason: "some readers take other bytes for this member"}
		}
		seen[path] = true
		to, err := b.inside(io.NewSectionReader(r, m.Offset, m.Size), m.Size, path, b.opt.DropUnread)
		if err != nil {
			return nil, err
		}
		if to == nil {
			if before := i - 1; before >= 0 && m.Header != t.Members[before].Offset+blocks(t.Members[before].Size) || before < 0 && m.Header != 0 {
				return nil, &Refusal{Member: path, Pos: -1, Reason: "its name does not stand in its own header"}
			}
			out.edits = append(out.edits, edit{start: m.Header, end: min(m.Offset+blocks(m.Size), size)})
			continue
		}
		if !to.changed() {
			continue
		}
		if err := b.tarMember(out, r, m, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tarMember replaces a member's header and content.
func (b *builder) tarMember(out *edited, r io.ReaderAt, m *archive.Member, to content) error {
	s := b.spool()
	if _, err := to.WriteTo(s); err != nil {
		return err
	}
	head := make([]byte, tarBlock)
	if _, err := r.ReadAt(head, m.Header); err != nil {
		return err
	}
	if was := fmt.Sprintf("%011o", m.Size); string(head[124:135]) != was || s.Size() >= 1<<33 {
		return &Refusal{Member: m.Name, Pos: -1, Reason: "its length does not stand in its own header"}
	}
	copy(head[124:135], fmt.Sprintf("%011o", s.Size()))
	copy(head[148:156], "        ")
	sum := 0
	for _, c := range head {
		sum += int(c)
	}
	copy(head[148:156], fmt.Sprintf("%06o\x00 ", sum))
	out.edits = append(out.edits, edit{m.Header, m.Header + tarBlock, raw(head)},
		edit{m.Offset, min(m.Offset+blocks(m.Size), out.size), padded{s, s.Size()}})
	return nil
}

// blocks is a length in whole blocks.
func blocks(n int64) int64 { return (n + tarBlock - 1) / tarBlock * tarBlock }

// raw is bytes that are written.
type raw []byte

func (b raw) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}

// padded is content with zeros up to a whole block.
type padded struct {
	r    io.ReaderAt
	size int64
}

func (p padded) WriteTo(w io.Writer) (int64, error) {
	n, err := io.Copy(w, io.NewSectionReader(p.r, 0, p.size))
	if err != nil {
		return n, err
	}
	m, err := w.Write(make([]byte, blocks(p.size)-p.size))
	return n + int64(m), err
}
