package symbolic

import (
	"errors"
	"io"
	"sort"
	"strings"
)

// A lineReader decodes the text of a line, of which each character is a byte, with
// random access. STRING has the escapes of Python 2's str between its quotes (CPython,
// Objects/bytesobject.c, _PyBytes_DecodeEscape), UNICODE those of raw-unicode-escape
// (Objects/unicodeobject.c, _PyUnicode_DecodeRawUnicodeEscapeStateful).
type lineReader struct {
	line   *io.SectionReader
	quoted bool
	total  int64
	marks  []mark // some step bytes apart
}

// A mark says where in the line a decoded byte begins.
type mark struct{ off, at int64 }

// readLine walks through a line once, to count its bytes.
func readLine(line *io.SectionReader, quoted bool) (*lineReader, error) {
	l := &lineReader{line: line, quoted: quoted, marks: []mark{{}}}
	err := l.walk(mark{}, func(m mark, out []byte) bool {
		if m.off >= l.marks[len(l.marks)-1].off+step {
			l.marks = append(l.marks, m)
		}
		l.total = m.off + int64(len(out))
		return true
	})
	return l, err
}

// longestUnit is \UXXXXXXXX.
const longestUnit = 10

// walk decodes from a mark on until visit says that it is enough, so that each piece
// begins and ends where none of what escapes is cut.
func (l *lineReader) walk(m mark, visit func(m mark, out []byte) bool) error {
	in := make([]byte, min(step+longestUnit, l.line.Size()-m.at))
	out := make([]byte, 0, len(in))
	for m.at < l.line.Size() {
		n := min(int64(len(in)), l.line.Size()-m.at)
		if got, err := l.line.ReadAt(in[:n], m.at); int64(got) < n {
			return err
		}
		least := longestUnit // bytes that are left for the next piece, unless this is the last
		if m.at+n == l.line.Size() {
			least = 1
		}
		var used int
		var err error
		if out, used, err = l.decode(out[:0], in[:n], least); err != nil || !visit(m, out) {
			return err
		}
		m = mark{m.off + int64(len(out)), m.at + int64(used)}
	}
	return nil
}

// decode appends what b spells to out, as long as so many bytes of it are left.
func (l *lineReader) decode(out, b []byte, least int) (all []byte, used int, err error) {
	for len(b)-used >= least {
		if c := b[used]; c != '\\' {
			out, used = append(out, c), used+1
			continue
		}
		var width int
		if out, width, err = l.unit(out, b[used:]); err != nil {
			return out, used, err
		}
		used += width
	}
	return out, used, nil
}

// unit appends what b begins with: an escape, or a backslash that begins none with what
// is behind it, where a reader that began there would see an escape.
func (l *lineReader) unit(out, b []byte) (all []byte, width int, err error) {
	switch {
	case l.quoted:
		return quotedUnit(out, b)
	case len(b) == 1:
		return append(out, b[0]), 1, nil
	case b[1] == 'u':
		return hexUnit(out, b, 4)
	case b[1] == 'U':
		return hexUnit(out, b, 8)
	}
	return append(out, b[:2]...), 2, nil
}

// quotedUnit appends what a backslash escapes, or the backslash if that is nothing.
func quotedUnit(out, b []byte) (all []byte, width int, err error) {
	if len(b) == 1 {
		return out, 0, errors.New("text ends with a backslash")
	}
	if b[1] == 'x' {
		return hexUnit(out, b, 2)
	}
	if i := strings.IndexByte(`\'"abtnvfr`, b[1]); i >= 0 {
		return append(out, "\\'\"\a\b\t\n\v\f\r"[i]), 2, nil
	}
	v := 0
	for width = 1; width < min(len(b), 4) && b[width] >= '0' && b[width] <= '7'; width++ {
		v = v<<3 | int(b[width]-'0')
	}
	if width == 1 {
		return append(out, b[0]), 1, nil
	}
	return append(out, byte(v)), width, nil
}

// hexUnit appends the byte of an escape of so many hexadecimal digits.
func hexUnit(out, b []byte, digits int) (all []byte, width int, err error) {
	if len(b) < 2+digits {
		return out, 0, io.ErrUnexpectedEOF
	}
	var v uint32
	for _, c := range b[2 : 2+digits] {
		switch {
		case '0' <= c && c <= '9':
			v = v<<4 | uint32(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | uint32(c|0x20-'a'+10)
		default:
			return out, 0, errNotLatin1
		}
	}
	if v > 0xff {
		return out, 0, errNotLatin1
	}
	return append(out, byte(v)), 2 + digits, nil
}

// before is the last mark that is not behind a decoded byte.
func (l *lineReader) before(off int64) mark {
	return l.marks[sort.Search(len(l.marks), func(i int) bool { return l.marks[i].off > off })-1]
}

// ReadAt implements io.ReaderAt over the decoded bytes.
func (l *lineReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= l.total {
		return 0, io.EOF
	}
	n := 0
	err := l.walk(l.before(off), func(m mark, out []byte) bool {
		if skip := max(off+int64(n)-m.off, 0); skip < int64(len(out)) {
			n += copy(p[n:], out[skip:])
		}
		return n < len(p)
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// position returns where in the line the decoded byte off begins, or where it ends if
// it has off bytes. It reports false where a reader that began there would see another text.
func (l *lineReader) position(off int64) (at int64, ok bool) {
	if off == l.total {
		return l.line.Size(), true
	}
	if off < 0 || off > l.total {
		return 0, false
	}
	m := l.before(off)
	in := make([]byte, min(longestUnit*(off-m.off)+longestUnit, l.line.Size()-m.at))
	n, _ := l.line.ReadAt(in, m.at)
	var out []byte
	for used := 0; used < n; {
		if m.off+int64(len(out)) >= off {
			return m.at + int64(used), m.off+int64(len(out)) == off
		}
		var width int
		var err error
		if out, width, err = l.one(out, in[used:n]); err != nil {
			return 0, false
		}
		used += width
	}
	return 0, false
}

// one is decode for one unit.
func (l *lineReader) one(out, b []byte) (all []byte, width int, err error) {
	if b[0] != '\\' {
		return append(out, b[0]), 1, nil
	}
	return l.unit(out, b)
}
