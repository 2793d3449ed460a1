package pickle

import (
	"bytes"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// A window holds firstWindow bytes at first, and more each time that it moves, up to
// windowSize: most streams of a file that is one behind another are shorter.
const (
	firstWindow = 1 << 10
	windowSize  = 64 << 10
)

// A window is a buffered view of the bytes of r before end.
type window struct {
	r   io.ReaderAt
	end int64
	off int64  // offset of buf[0]
	buf []byte // bytes that were read
}

// bytes returns the n bytes at off, which must lie before end. The slice is
// valid until the next call.
func (w *window) bytes(off, n int64) ([]byte, error) {
	if off < w.off || off+n > w.off+int64(len(w.buf)) {
		if n > windowSize {
			return w.read(nil, off, n)
		}
		size := min(max(8*int64(cap(w.buf)), firstWindow, n), windowSize)
		var err error
		if w.buf, err = w.read(w.buf[:0], off, min(size, w.end-off)); err != nil {
			return nil, err
		}
		w.off = off
	}
	return w.buf[off-w.off:][:n], nil
}

// read reads n bytes at off, into buf if that is large enough.
func (w *window) read(buf []byte, off, n int64) ([]byte, error) {
	if int64(cap(buf)) < n {
		data, err := safeio.ReadRange(w.r, w.end, off, n, n)
		if err != nil {
			return nil, fmt.Errorf("read at %#x: %w", off, err)
		}
		return data, nil
	}
	buf = buf[:n]
	if m, err := w.r.ReadAt(buf, off); int64(m) < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read at %#x: %w", off, err)
	}
	return buf, nil
}

// newline returns the offset of the first "\n" in [off, limit), or -1.
func (w *window) newline(off, limit int64) (int64, error) {
	return w.find(off, limit, func(b []byte) int { return bytes.IndexByte(b, '\n') })
}

// find returns the offset of the first byte in [off, limit) that index finds, or -1.
func (w *window) find(off, limit int64, index func([]byte) int) (int64, error) {
	for off < limit {
		if _, err := w.bytes(off, 1); err != nil {
			return 0, err
		}
		chunk := w.buf[off-w.off:]
		if i := index(chunk); i >= 0 {
			if at := off + int64(i); at < limit {
				return at, nil
			}
			return -1, nil
		}
		off += int64(len(chunk))
	}
	return -1, nil
}
