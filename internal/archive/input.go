package archive

import (
	"io"

	"github.com/modelaudit/action/internal/inflate"
)

// An input reads a file byte by byte or in pieces and knows exactly how far it
// is, so that what stands behind a stream is found.
type input struct {
	r    io.ReaderAt
	size int64
	off  int64 // where buf ends in the file
	buf  []byte
	i    int
	err  error // of r

	inflater *inflate.Reader // of the stream before
}

// newInput reads r from at to size.
func newInput(r io.ReaderAt, at, size int64) *input {
	return &input{r: r, size: size, off: at, buf: make([]byte, 0, 64<<10)}
}

// pos is the offset of the next byte.
func (in *input) pos() int64 { return in.off - int64(len(in.buf)-in.i) }

// fill makes at least n bytes available, if the file has them, and reports
// whether it did; n is at most the buffer's size.
func (in *input) fill(n int) bool {
	for len(in.buf)-in.i < n {
		if in.err != nil || in.off >= in.size {
			return false
		}
		kept := copy(in.buf[:cap(in.buf)], in.buf[in.i:])
		in.buf, in.i = in.buf[:kept], 0
		want := min(int64(cap(in.buf)-kept), in.size-in.off)
		got, err := in.r.ReadAt(in.buf[kept:kept+int(want)], in.off)
		in.buf, in.off = in.buf[:kept+got], in.off+int64(got)
		if got == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			in.err = err
		}
	}
	return true
}

// end is the error for bytes that are missing.
func (in *input) end() error {
	if in.err != nil {
		return in.err
	}
	return io.ErrUnexpectedEOF
}

// peek returns the next n bytes, or as many as the file has, without moving.
func (in *input) peek(n int) []byte {
	in.fill(n)
	return in.buf[in.i:min(in.i+n, len(in.buf))]
}

// take returns the next n bytes, which are valid until the next call.
func (in *input) take(n int) ([]byte, error) {
	if !in.fill(n) {
		return nil, in.end()
	}
	in.i += n
	return in.buf[in.i-n : in.i], nil
}

// ReadByte implements io.ByteReader.
func (in *input) ReadByte() (byte, error) {
	if in.i == len(in.buf) && !in.fill(1) {
		if in.err != nil {
			return 0, in.err
		}
		return 0, io.EOF
	}
	in.i++
	return in.buf[in.i-1], nil
}

// Read implements io.Reader.
func (in *input) Read(p []byte) (int, error) {
	if !in.fill(1) {
		if in.err != nil {
			return 0, in.err
		}
		return 0, io.EOF
	}
	n := copy(p, in.buf[in.i:])
	in.i += n
	return n, nil
}

// Buffered, Peek and Discard make it an inflate.Source.
func (in *input) Buffered() int { return len(in.buf) - in.i }

// Peek returns the next n bytes without moving.
func (in *input) Peek(n int) ([]byte, error) {
	if !in.fill(n) {
		return nil, in.end()
	}
	return in.buf[in.i:][:n], nil
}

// Discard moves n bytes on.
func (in *input) Discard(n int) (int, error) {
	return n, in.skip(int64(n))
}

// inflated decompresses the DEFLATE stream that begins where in is.
func (in *input) inflated() *inflate.Reader {
	if in.inflater == nil {
		in.inflater = inflate.NewReader(in)
	} else {
		in.inflater.Reset(in)
	}
	return in.inflater
}

// skip moves n bytes on, beyond the buffer if need be, and not past the end.
func (in *input) skip(n int64) error {
	if n > in.size-in.pos() || n < 0 {
		in.buf, in.i, in.off = in.buf[:0], 0, in.size
		return in.end()
	}
	if have := int64(len(in.buf) - in.i); n <= have {
		in.i += int(n)
	} else {
		in.off += n - have
		in.buf, in.i = in.buf[:0], 0
	}
	return nil
}

// zeros skips zero bytes and reports whether anything is left.
func (in *input) zeros() bool {
	for in.fill(1) {
		for in.i < len(in.buf) {
			if in.buf[in.i] != 0 {
				return true
			}
			in.i++
		}
	}
	return false
}

// read reads n bytes into buf, which grows with the bytes that are there. What
// could be read comes with the error.
func (in *input) read(buf []byte, n int) ([]byte, error) {
	buf = buf[:0]
	for len(buf) < n {
		if !in.fill(1) {
			return buf, in.end()
		}
		k := min(n-len(buf), len(in.buf)-in.i)
		buf = append(buf, in.buf[in.i:in.i+k]...)
		in.i += k
	}
	return buf, nil
}
