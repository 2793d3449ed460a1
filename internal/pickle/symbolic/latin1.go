package symbolic

import (
	"errors"
	"io"
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
		for i := 0; i < m; i += stretch {
			part := buf[i:min(i+stretch, m)]
			n, ok := characters(part)
			if !ok {
				return errNotLatin1
			}
			if l.total+n > next { // the next mark is here, or right behind
				l.marks = append(l.marks, off+int64(i+begin(part, next-l.total)))
				next += step
			}
			l.total += n
		}
		off += int64(m)
	}
	return nil
}

// stretch is how much text is counted at once, less than step.
const stretch = 512

// characters counts those that begin in b, and reports whether each is a byte, as far
// as its first byte says.
func characters(b []byte) (n int64, ok bool) {
	var most byte
	for _, c := range b {
		n += 1 - int64(c>>7&^(c>>6)) // 0b10 begins the second byte of a pair
		most = max(most, c)
	}
	return n, most < 0xc4
}

// begin is where in b the character of that number begins.
func begin(b []byte, number int64) int {
	for i, c := range b {
		if c >= 0x80 && c < 0xc0 {
			continue
		}
		if number == 0 {
			return i
		}
		number--
	}
	return len(b)
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
	at := begin(raw, off-block*step)
	n, ok := decodeLatin1(p, raw[at:])
	if !ok {
		return 0, errNotLatin1
	}
	return n, nil
}

// decodeLatin1 decodes text until it or p ends, without a branch for each character: of
// numbers, none could be foreseen.
func decodeLatin1(p, text []byte) (n int, ok bool) {
	var bad byte
	i := 0
	for ; n < len(p) && i+1 < len(text); n++ {
		c, next := text[i], text[i+1]
		pair := -(c >> 7) // all bits, or none
		bad |= pair & ((c^0xc2)&^1 | (next^0x80)&0xc0)
		p[n] = c&^pair | (c<<6|next&0x3f)&pair
		i += 1 + int(c>>7)
	}
	if n < len(p) && i < len(text) { // the last byte
		p[n], bad = text[i], bad|text[i]&0x80
		n++
	}
	return n, bad == 0
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
