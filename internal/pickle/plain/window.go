package plain

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/pickle"
)

// windowSize is the size of a window; a payload of more than half of it is not held.
const windowSize = 128 << 10

// A window is a buffer that moves over the bytes of r before end.
type window struct {
	r    io.ReaderAt
	end  int64
	size int
	base int64 // offset of buf[0]
	buf  []byte
	at   int // of the next byte in buf
}

func (w *window) pos() int64 { return w.base + int64(w.at) }

// next takes an opcode.
func (w *window) next() (pickle.Opcode, bool) {
	if w.at == len(w.buf) && !w.fill(1) {
		return 0, false
	}
	c := w.buf[w.at]
	w.at++
	return pickle.Opcode(c), true
}

// take takes n bytes, at most size; they are valid until the next call.
func (w *window) take(n int) ([]byte, bool) {
	if n > len(w.buf)-w.at && !w.fill(n) {
		return nil, false
	}
	b := w.buf[w.at : w.at+n]
	w.at += n
	return b, true
}

// fill makes at least n bytes available, and as many as the buffer holds.
func (w *window) fill(n int) bool {
	at := w.pos()
	if int64(n) > w.end-at {
		return false
	}
	kept := w.room(n)
	w.base, w.at = at, 0
	size := int(min(int64(cap(w.buf)), w.end-at))
	w.buf = w.buf[:size]
	m, err := w.r.ReadAt(w.buf[kept:], at+int64(kept))
	if m < size-kept {
		w.buf = w.buf[:kept]
		return false
	}
	return err == nil || err == io.EOF
}

// firstWindow is what a window holds at first. Most streams are shorter: those of a file
// that is one stream behind another cost what they hold, and no whole window each.
const firstWindow = 1 << 10

// room moves what is left in the buffer to its front, and says how much that is. When all of
// the buffer was read once, it is made larger, up to the window's size.
func (w *window) room(n int) (kept int) {
	size := max(firstWindow, n)
	if c := cap(w.buf); c > 0 {
		size = max(8*c, n)
	}
	size = int(min(int64(max(min(size, w.size), n)), w.end-w.pos()))
	if size <= cap(w.buf) {
		return copy(w.buf[:cap(w.buf)], w.buf[w.at:])
	}
	buf := make([]byte, 0, size)
	kept = copy(buf[:size], w.buf[w.at:])
	w.buf = buf
	return kept
}

// skip moves over n bytes without reading them.
func (w *window) skip(n int64) bool {
	if n > w.end-w.pos() {
		return false
	}
	w.seek(w.pos() + n)
	return true
}

// seek moves to an offset that lies before end.
func (w *window) seek(to int64) {
	if in := to - w.base; in >= 0 && in <= int64(len(w.buf)) {
		w.at = int(in)
		return
	}
	w.base, w.at, w.buf = to, 0, w.buf[:0]
}

// skipText moves over n bytes that must be UTF-8.
func (w *window) skipText(n int64) bool {
	for n > 0 {
		size := int(min(n, int64(w.size/2)))
		b, ok := w.take(size)
		if !ok {
			return false
		}
		if int64(size) < n { // a character may be cut
			whole := size
			for whole > size-utf8.UTFMax && !utf8.RuneStart(b[whole-1]) {
				whole--
			}
			if b[whole-1] >= utf8.RuneSelf {
				whole--
			}
			w.at -= size - whole
			b = b[:whole]
		}
		if !utf8.Valid(b) || len(b) == 0 {
			return false
		}
		n -= int64(len(b))
	}
	return true
}

// line takes what stands before the next "\n", and that; it must fit the buffer.
func (w *window) line() ([]byte, bool) {
	for scanned := 0; ; {
		if i := bytes.IndexByte(w.buf[w.at+scanned:], '\n'); i >= 0 {
			b := w.buf[w.at : w.at+scanned+i]
			w.at += scanned + i + 1
			return b, true
		}
		scanned = len(w.buf) - w.at
		if scanned >= w.size/2 || !w.fill(scanned+1) {
			return nil, false
		}
	}
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
