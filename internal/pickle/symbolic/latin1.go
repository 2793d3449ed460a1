package symbolic

import (
	"errors"
	"io"
	"unicode/utf8"
)

// step is how many decoded bytes lie between two entries of the index.
const step = 8 << 10

// A latin1Reader decodes UTF-8 text of code points below 256, with random
// access: marks[i] is where in the text the decoded byte i*step begins.
type latin1Reader struct {
	r     *io.SectionReader
	size  int64
	total int64
	marks []int64
	err   error // of index
}

var errNotLatin1 = errors.New("text has characters that latin1 lacks")

func (l *latin1Reader) index() error {
	l.marks = append(l.marks, 0)
	buf := make([]byte, step)
	var next int64 = step
	for off := int64(0); off < l.size; {
		m, err := l.r.ReadAt(buf[:min(step, l.size-off)], off)
		if err != nil && err != io.EOF {
			return err
		}
		if m == 0 {
			return io.ErrUnexpectedEOF
		}
		for i, b := range buf[:m] {
			switch {
			case b >= 0x80 && b < 0xc0:
				continue // second byte of a pair
			case b >= 0xc4:
				return errNotLatin1
			}
			if l.total == next {
				l.marks = append(l.marks, off+int64(i))
				next += step
			}
			l.total++
		}
		off += int64(m)
	}
	return nil
}

// ReadAt implements io.ReaderAt over the decoded bytes.
func (l *latin1Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > l.total {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && off < l.total {
		m, err := l.readBlock(p[n:], off)
		n, off = n+m, off+int64(m)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readBlock decodes from the block of step bytes that off lies in.
func (l *latin1Reader) readBlock(p []byte, off int64) (int, error) {
	block := off / step
	from, to := l.marks[block], l.size
	if int(block)+1 < len(l.marks) {
		to = l.marks[block+1]
	}
	raw := make([]byte, to-from)
	if m, err := l.r.ReadAt(raw, from); int64(m) != to-from {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	skip, n := off-block*step, 0
	for len(raw) > 0 && n < len(p) {
		c, w := utf8.DecodeRune(raw)
		raw = raw[w:]
		if skip > 0 {
			skip--
			continue
		}
		if c > 0xff {
			return n, errNotLatin1
		}
		p[n] = byte(c)
		n++
	}
	return n, nil
}

// position is where in the text the decoded byte off begins.
func (l *latin1Reader) position(off int64) (int64, error) {
	if off == l.total {
		return l.size, nil
	}
	block := off / step
	at, left := l.marks[block], off-block*step
	buf := make([]byte, 4<<10)
	for {
		m, err := l.r.ReadAt(buf[:min(int64(len(buf)), l.size-at)], at)
		if m == 0 {
			return 0, err
		}
		for i, c := range buf[:m] {
			if c >= 0x80 && c < 0xc0 {
				continue
			}
			if left == 0 {
				return at + int64(i), nil
			}
			left--
		}
		at += int64(m)
	}
}
