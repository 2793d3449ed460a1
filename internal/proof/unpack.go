package proof

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"github.com/modelaudit/action/internal/safeio"
)

// members is the directory of a zip archive by names, byte for byte.
type members struct {
	off    int64 // of the directory
	byName map[string]*record
}

// membersOf reads the directory of a zip archive.
func membersOf(r io.ReaderAt, size int64, lim safeio.Limits) (*members, error) {
	dir, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	if dir.members > uint64(lim.MaxMembers) {
		return nil, fmt.Errorf("zip: %d members: %w", dir.members, safeio.ErrLimit)
	}
	in := bufio.NewReaderSize(io.NewSectionReader(r, dir.off, dir.size), 64<<10)
	m := &members{off: dir.off, byName: map[string]*record{}}
	for i := range dir.members {
		name, rec, _, err := readMember(in)
		if err != nil {
			return nil, fmt.Errorf("zip directory: member %d: %w", i, err)
		}
		rec.count = 1
		if before := m.byName[name]; before != nil {
			rec.count += before.count
		}
		m.byName[name] = &rec
	}
	return m, nil
}

// find locates the only member that has a name.
func (m *members) find(r io.ReaderAt, name string) (*record, error) {
	rec := m.byName[name]
	if rec == nil {
		return nil, errors.New("the zip has no such member")
	}
	return rec, rec.place(r, m.off)
}

// inflater decompresses a deflated record.
func inflater(r io.ReaderAt, rec *record) io.Reader {
	return flate.NewReader(bufio.NewReaderSize(io.NewSectionReader(r, rec.off, rec.compressed), 64<<10))
}

// tarMember finds the only member of a tar archive that has a name.
func tarMember(at run, name string) (run, error) {
	in := io.NewSectionReader(at.r, 0, at.size)
	t := tar.NewReader(in)
	var out run
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return run{}, fmt.Errorf("tar: %w", err)
		}
		if h.Name != name {
			continue
		}
		off, err := in.Seek(0, io.SeekCurrent)
		switch {
		case err != nil:
			return run{}, err
		case out.r != nil:
			return run{}, errors.New("the tar has two members of that name")
		case h.Typeflag != tar.TypeReg || scattered(h):
			return run{}, fmt.Errorf("tar: a member of type %q", h.Typeflag)
		}
		out = run{io.NewSectionReader(at.r, off, h.Size), h.Size}
	}
	if out.r == nil {
		return run{}, errors.New("the tar has no such member")
	}
	return out, nil
}

// scattered reports whether a member's bytes are not stored as they are.
func scattered(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if len(key) > 11 && key[:11] == "GNU.sparse." {
			return true
		}
	}
	return false
}

// own reads the methods for which there is a decoder that the scan does not use, nil
// for others.
func own(at run, method string) (io.Reader, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(at.r, 0, at.size), 64<<10)
	switch method {
	case "gzip":
		return newStreams(in, func(in *bufio.Reader) (io.Reader, error) {
			z, err := gzip.NewReader(in)
			if err == nil {
				z.Multistream(false)
			}
			return z, err
		}, "\x1f\x8b"), nil
	case "zlib":
		return newStreams(in, func(in *bufio.Reader) (io.Reader, error) { return zlib.NewReader(in) }, "\x78"), nil
	case "joblib-zfile":
		// "ZF" and a length of 19 characters, for Python 2 a space more
		// (joblib/numpy_pickle_compat.py, read_zfile).
		if _, err := in.Discard(2 + 19); err != nil {
			return nil, err
		}
		if c, err := in.Peek(1); err == nil && c[0] == ' ' {
			in.Discard(1) //nolint:errcheck // it was peeked at
		}
		return zlib.NewReader(in)
	case "bzip2":
		// It reads on by itself, and takes zeros behind the last stream for damage.
		return &padded{r: bzip2.NewReader(in)}, nil
	}
	return nil, nil
}

// streams reads compressed streams one behind another, with zeros between them.
type streams struct {
	in    *bufio.Reader
	open  func(*bufio.Reader) (io.Reader, error)
	magic string
	r     io.Reader
	n     int
}

func newStreams(in *bufio.Reader, open func(*bufio.Reader) (io.Reader, error), magic string) *streams {
	return &streams{in: in, open: open, magic: magic}
}

// Read implements io.Reader.
func (s *streams) Read(p []byte) (int, error) {
	for {
		if s.r == nil {
			if s.n > 0 && !s.more() {
				return 0, io.EOF
			}
			var err error
			if s.r, err = s.open(s.in); err != nil {
				return 0, err
			}
			s.n++
		}
		n, err := s.r.Read(p)
		if err == io.EOF {
			s.r, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// more reports whether another stream follows, past zeros.
func (s *streams) more() bool {
	for {
		head, _ := s.in.Peek(len(s.magic))
		switch {
		case bytes.HasPrefix(head, []byte(s.magic)):
			return true
		case len(head) == 0 || head[0] != 0:
			return false
		}
		s.in.Discard(1) //nolint:errcheck // it was peeked at
	}
}

// padded takes damage behind the first bytes for the end: only what came before
// is compared.
type padded struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (s *padded) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	var damage bzip2.StructuralError
	if s.n > 0 && errors.As(err, &damage) && damage == "bad magic value in continuation file" {
		err = io.EOF
	}
	return n, err
}
