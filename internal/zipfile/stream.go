package zipfile

import (
	"bufio"
	"compress/flate"
	"io"

	arc "github.com/modelaudit/action/internal/archive"
)

// Stream returns the uncompressed bytes of e, a compressed entry of f, from front
// to back, and a function that says how many compressed bytes were read for
// them. It gives the bytes that Open would and ends in the same errors, but for
// lim.MaxAlloc, which does not matter since nothing is held. The reader is nil if
// the entry cannot be opened at all.
func (f *File) Stream(e Entry) (io.Reader, func() int64, error) {
	payload, err := f.payload(e)
	if payload == nil {
		return nil, nil, err
	}
	in := &counted{ReaderAt: payload, r: payload}
	s := &inflating{entry: e, r: e.decompress(in, payload.Size())}
	s.left, s.limit = f.inflatable(e)
	return s, func() int64 { return in.n }, nil
}

// An inflating reader gives out what an entry holds, up to a limit.
type inflating struct {
	entry   Entry
	r       io.Reader
	n, left int64
	limit   error // instead of io.EOF
}

// Read implements io.Reader.
func (s *inflating) Read(p []byte) (int, error) {
	if s.left == 0 {
		if s.limit != nil {
			return 0, s.limit
		}
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.n, s.left = s.n+int64(n), s.left-int64(n)
	if err == io.EOF && s.left == 0 {
		err = nil
	}
	return n, s.entry.inflateError(s.n, err)
}

// decompress returns what the payload of a compressed entry holds, which its method must allow.
func (e *Entry) decompress(in *counted, size int64) io.Reader {
	if e.Method == methodDeflate {
		return flate.NewReader(bufio.NewReader(in))
	}
	return arc.ZipMember(e.Method, in, size, e.Size)
}

// A counted reader knows how much was read from it.
type counted struct {
	io.ReaderAt
	r io.Reader
	n int64
}

// ReadAt implements io.ReaderAt.
func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
