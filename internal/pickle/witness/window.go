package witness

import (
	"bytes"
	"fmt"
	"io"
)

// A window reads a range of a file forwards through a small buffer and jumps
// over payloads without reading them.
type window struct {
	r        io.ReaderAt
	pos, end int64
	buf      []byte // bytes of the file from off
	off      int64
}

const (
	windowSize = 64 << 10
	maxLine    = 4096
)

// next returns the next n bytes, n at most windowSize, valid until the next call.
func (w *window) next(n int64) ([]byte, error) {
	if n > w.end-w.pos {
		return nil, refusal(fmt.Sprintf("the stream ends in the middle of the opcode before byte %d", w.end))
	}
	if w.pos < w.off || w.pos+n > w.off+int64(len(w.buf)) {
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
	b := w.buf[w.pos-w.off:][:n]
	w.pos += n
	return b, nil
}

func (w *window) fill() error {
	if w.buf == nil {
		w.buf = make([]byte, min(windowSize, w.end-w.pos))
	}
	w.buf, w.off = w.buf[:min(windowSize, w.end-w.pos)], w.pos
	if n, err := w.r.ReadAt(w.buf, w.off); n < len(w.buf) {
		_ = err // its text may name files; the place is what the reader needs
		return refusal(fmt.Sprintf("the file cannot be read at %d", w.off+int64(n)))
	}
	return nil
}

// skip jumps over n bytes.
func (w *window) skip(n int64) error {
	if n < 0 || n > w.end-w.pos {
		return refusal(fmt.Sprintf("%d bytes claimed at %d, %d are left", n, w.pos, w.end-w.pos))
	}
	w.pos += n
	return nil
}

// line returns the text up to the next newline, which it consumes.
func (w *window) line() (string, error) {
	at := w.pos
	b, err := w.next(min(maxLine+1, w.end-w.pos))
	if err != nil {
		return "", err
	}
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return "", refusal(fmt.Sprintf("no line of at most %d bytes at %d", maxLine, at))
	}
	w.pos = at + int64(n) + 1
	return string(b[:n]), nil
}
