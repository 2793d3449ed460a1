package zipfile

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/inflate"
	"github.com/modelaudit/action/internal/safeio"
)

// A Stream gives the uncompressed bytes of a compressed entry from front to back. They
// are those that Open would give, and it ends in the same errors, but for lim.MaxAlloc,
// which does not matter since nothing is held.
type Stream struct {
	f       *File
	entry   Entry
	payload *counted
	in      *bufio.Reader // of payload, where the method is DEFLATE
	r       io.Reader
	n, left int64
	limit   error // instead of io.EOF
	sum     uint32
	broken  string // where the compressed stream breaks
}

// Stream returns the bytes of e, a compressed entry of f. It fails if the entry cannot be
// opened at all.
func (f *File) Stream(e Entry) (*Stream, error) {
	payload, err := f.payload(e)
	if payload == nil {
		return nil, err
	}
	s := newStream(f, e, payload)
	s.left, s.limit = f.inflatable(e)
	return s, nil
}

// payloadBytes is how much of a deflated payload is read at a time, at most.
const payloadBytes = 32 << 10

// inflaters are used again for the many small members of an archive.
var inflaters = sync.Pool{New: func() any {
	r := inflate.NewReader(nil)
	r.Loose = true
	return r
}}

// newStream decompresses the payload of e, whose method must be one that is known.
// DEFLATE is taken as zlib and miniz do, of which Python and torch use one each.
func newStream(f *File, e Entry, payload *io.SectionReader) *Stream {
	s := &Stream{f: f, entry: e, payload: &counted{ReaderAt: payload, r: payload}}
	if e.Method != methodDeflate {
		s.r = arc.ZipMember(e.Method, s.payload, payload.Size(), e.Size)
		return s
	}
	s.in = bufio.NewReaderSize(s.payload, int(min(payload.Size(), payloadBytes)))
	r := inflaters.Get().(*inflate.Reader)
	r.Reset(s.in)
	s.r = r
	return s
}

// done gives up what decompresses, after which nothing may be read.
func (s *Stream) done() {
	if r, ok := s.r.(*inflate.Reader); ok {
		r.Reset(nil)
		inflaters.Put(r)
	}
	s.r = nil
}

// Limited reports whether a limit ends it before all bytes are given.
func (s *Stream) Limited() bool { return s.limit != nil }

// Packed is how many compressed bytes were read for what Read gave.
func (s *Stream) Packed() int64 { return s.payload.n }

// Read implements io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if s.left == 0 {
		if s.limit != nil {
			return 0, s.limit
		}
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p[:n])
	s.n, s.left = s.n+int64(n), s.left-int64(n)
	if err == io.EOF && s.left == 0 {
		err = nil
	}
	err = s.entry.inflateError(s.n, err)
	if fe := (*FormatError)(nil); errors.As(err, &fe) && !errors.Is(fe, safeio.ErrLimit) {
		s.broken = fe.Msg
	}
	return n, err
}

// Anomaly is what CheckCRC says of the entry, once Read has returned io.EOF or the error
// that the stream breaks. Of methods that torch does not know it says no more than
// where they break. It is asked for once, and nothing may be read after it.
func (s *Stream) Anomaly() *Anomaly {
	defer s.done()
	if s.broken == "" && s.in != nil {
		s.broken = s.end()
	}
	if s.broken != "" {
		return s.f.payloadAnomaly(s.entry, SizeMismatch, s.broken)
	}
	return s.f.compareCRC(s.entry, s.sum)
}

// end says what is wrong at the end of a DEFLATE stream whose expected bytes were
// read, or "".
func (s *Stream) end() string {
	var one [1]byte
	if n, err := io.ReadFull(s.r, one[:]); n > 0 {
		return "the DEFLATE stream holds more bytes than the directory says"
	} else if err != io.EOF {
		return "the DEFLATE stream does not end"
	}
	if _, err := s.in.ReadByte(); err == nil {
		return "bytes follow the end of the DEFLATE stream"
	}
	return ""
}

// compareCRC returns an Anomaly unless the bytes of e have the sum that it should have.
func (f *File) compareCRC(e Entry, sum uint32) *Anomaly {
	if e.CRC32 == 0 || sum == e.CRC32 {
		return nil
	}
	return f.payloadAnomaly(e, CRCMismatch, fmt.Sprintf("CRC %08x of the bytes, %08x in the directory", sum, e.CRC32))
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
