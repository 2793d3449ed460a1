package archive

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// block is the unit of a tar archive.
const block = 512

// A Member is one entry of a tar archive.
type Member struct {
	Name string // as it stands there: escape it before printing
	Type byte   // the type flag of its header
	// Header and Offset are where its own header and its data begin; Size is the
	// number of bytes of its content as Python's tarfile gives it.
	Header, Offset, Size int64
	// Beyond: it stands where tarfile stops reading, so that only readers that
	// go on (ignore_zeros) see it.
	Beyond bool
	sparse []extent
	mapped bool // its content is what sparse says
}

// Regular reports whether a member has content: regular files, and what has a
// type that tarfile does not know.
func (m *Member) Regular() bool {
	switch m.Type {
	case '1', '2', '3', '4', '5', '6':
		return false
	}
	return true
}

// Plain reports whether a member's bytes stand in the archive as they are, where
// every reader sees them.
func (m *Member) Plain() bool { return (m.Type == '0' || m.Type == 0) && !m.Beyond && !m.mapped }

// A Tar is the list of members of a tar archive.
type Tar struct {
	// Members in the order of the archive. Names may repeat.
	Members []Member
	// End is where the last member ends; behind it is nothing but zeros, unless
	// Rest says where more begins.
	End, Rest int64
	// Err says why the list is not complete, nil if it is.
	Err error

	r    io.ReaderAt
	size int64
}

// IsTar reports whether head, the beginning of a file, begins a tar archive:
// the checksum of the first header fits. The first tar had no magic number. Zero
// blocks in front are passed over.
func IsTar(head []byte) bool {
	for len(head) >= block {
		if !zeroBlock(head[:block]) {
			return checksumFits(head[:block])
		}
		head = head[block:]
	}
	return false
}

// ReadTar lists the members of an archive, as far as it can be read. Where
// tarfile ends, at a zero block or a header that is none, the list goes on with
// every block that has a fitting checksum.
func ReadTar(r io.ReaderAt, size int64, lim safeio.Limits) *Tar {
	t := &Tar{r: r, size: size}
	p := &tarParser{in: newInput(r, 0, size), global: map[string]string{}, max: lim.MaxAlloc}
	at, beyond := int64(0), false
	for {
		m, next, err := p.member(at)
		switch {
		case p.in.err != nil:
			t.Err = p.in.err
		case err == nil || m != nil:
			if len(t.Members) == lim.MaxMembers {
				t.Err = &FormatError{Offset: at, Msg: fmt.Sprintf("more than %d members", lim.MaxMembers), Err: safeio.ErrLimit}
				break
			}
			m.Beyond = beyond
			t.Members = append(t.Members, *m)
			t.End = max(t.End, min(next, size))
			if err != nil || beyond {
				next = m.Header + block
			}
			beyond = beyond || err != nil
			at = next
			continue
		case size-next >= block:
			beyond = true
			at = p.nextHeader(next + block)
			continue
		}
		break
	}
	t.Rest = size
	if t.Err == nil {
		in := newInput(r, min(t.End, size), size)
		if in.zeros() {
			t.Rest = in.pos()
		}
		t.Err = in.err
	}
	return t
}

// Open returns the content of a member and its length. If the archive ends
// before it, what is there comes with an error.
func (t *Tar) Open(m *Member) (io.ReaderAt, int64, error) {
	if m.mapped {
		s, err := newSparse(t.r, t.size, m)
		return s, m.Size, err
	}
	left := max(t.size-m.Offset, 0)
	n := min(m.Size, left)
	var err error
	if n < m.Size {
		err = &FormatError{Offset: t.size, Msg: fmt.Sprintf("the archive ends after %d of %d bytes of a member", n, m.Size)}
	}
	return io.NewSectionReader(t.r, min(m.Offset, t.size), n), n, err
}

// An extent is a run of bytes of a sparse file.
type extent struct{ offset, size int64 }

// A sparseReader is the content of a sparse member: extents, and zeros between.
type sparseReader struct {
	r    io.ReaderAt
	size int64
	runs []struct {
		extent
		at int64 // where it is in the archive
	}
}

func newSparse(r io.ReaderAt, size int64, m *Member) (*sparseReader, error) {
	s := &sparseReader{r: r, size: m.Size}
	at := m.Offset
	for _, e := range m.sparse {
		if e.offset < 0 || e.size < 0 || e.size > size-at {
			return s, &FormatError{Offset: m.Header, Msg: "the map of a sparse member does not fit the archive"}
		}
		s.runs = append(s.runs, struct {
			extent
			at int64
		}{e, at})
		at += e.size
	}
	return s, nil
}

// ReadAt implements io.ReaderAt.
func (s *sparseReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	var err error
	if int64(len(p)) > s.size-off {
		p, err = p[:s.size-off], io.EOF
	}
	clear(p)
	for _, r := range s.runs {
		from, to := max(r.offset, off), min(r.offset+r.size, off+int64(len(p)))
		if from >= to {
			continue
		}
		if _, rerr := s.r.ReadAt(p[from-off:to-off], r.at+from-r.offset); rerr != nil && rerr != io.EOF {
			return 0, rerr
		}
	}
	return len(p), err
}
