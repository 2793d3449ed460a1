package proof

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// latin1 turns UTF-8 text into the bytes that its code points number.
type latin1 struct{ in *bufio.Reader }

func (l *latin1) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		text, err := l.in.Peek(max(l.in.Buffered(), 2))
		if len(text) == 0 {
			return n, err
		}
		out, used, err := codePoints(p[n:], text, err != nil)
		n += out
		if err != nil {
			return n, err
		}
		if _, err := l.in.Discard(used); err != nil {
			return n, err
		}
	}
	return len(p), nil
}

// codePoints decodes text until p is full. What is behind a text that is not the last
// one may belong to its last character, which is left then.
func codePoints(p, text []byte, last bool) (n, used int, err error) {
	for ; n < len(p) && used < len(text); n++ {
		switch c, rest := text[used], text[used+1:]; {
		case c < 0x80:
			p[n] = c
			used++
		case len(rest) == 0 && !last:
			return n, used, nil
		case c&^1 == 0xc2 && len(rest) > 0 && rest[0]&0xc0 == 0x80:
			p[n] = c<<6 | rest[0]&0x3f
			used += 2
		default:
			return n, used, fmt.Errorf("byte %#x begins no code point below 256", c)
		}
	}
	return n, used, nil
}

// escaped turns Python's raw-unicode-escape text into the bytes that its code
// points number: \uXXXX and \UXXXXXXXX are code points, every other byte is
// one, and so is a backslash with whatever else follows it (CPython,
// Objects/unicodeobject.c, _PyUnicode_DecodeRawUnicodeEscapeStateful).
type escaped struct {
	in      *bufio.Reader
	pending []byte // what follows a backslash that escaped nothing
}

func (e *escaped) Read(p []byte) (int, error) {
	for i := range p {
		c, err := e.next()
		if err != nil {
			return i, err
		}
		p[i] = c
	}
	return len(p), nil
}

func (e *escaped) next() (byte, error) {
	if len(e.pending) > 0 {
		c := e.pending[0]
		e.pending = nil
		return c, nil
	}
	c, err := e.in.ReadByte()
	if err != nil || c != '\\' {
		return c, err
	}
	kind, err := e.in.ReadByte()
	if err == io.EOF {
		return c, nil
	}
	digits := map[byte]int{'u': 4, 'U': 8}[kind]
	if err != nil || digits == 0 {
		e.pending = []byte{kind}
		return c, err
	}
	text := make([]byte, digits)
	if _, err := io.ReadFull(e.in, text); err != nil {
		return 0, io.ErrUnexpectedEOF
	}
	v, err := strconv.ParseUint(string(text), 16, 8)
	if err != nil {
		return 0, fmt.Errorf("escape \\%c%q is no byte", kind, text)
	}
	return byte(v), nil
}

// quoted turns the text between the quotes of a Python 2 str into its bytes
// (CPython, Objects/bytesobject.c, _PyBytes_DecodeEscape).
type quoted struct{ in *bufio.Reader }

func (q *quoted) Read(p []byte) (int, error) {
	for i := range p {
		c, err := q.in.ReadByte()
		if err == nil && c == '\\' {
			c, err = q.escape()
		}
		if err != nil {
			return i, err
		}
		p[i] = c
	}
	return len(p), nil
}

// escape reads what is behind a backslash, which stands for itself before anything else.
func (q *quoted) escape() (byte, error) {
	next, err := q.in.Peek(3)
	if len(next) == 0 {
		return 0, fmt.Errorf("a str that ends with a backslash: %w", err)
	}
	if to := simple(next[0]); to != 0 {
		_, err = q.in.Discard(1)
		return to, err
	}
	from, to, base := 0, 0, 8
	for to < len(next) && next[to] >= '0' && next[to] <= '7' {
		to++
	}
	switch {
	case next[0] == 'x' && len(next) < 3:
		return 0, io.ErrUnexpectedEOF
	case next[0] == 'x':
		from, to, base = 1, 3, 16
	case to == 0:
		return '\\', nil
	}
	v, err := strconv.ParseUint(string(next[from:to]), base, 16)
	if err != nil {
		return 0, fmt.Errorf("escape \\%q is no byte", next)
	}
	_, err = q.in.Discard(to)
	return byte(v), err
}

// simple is what an escape of one letter stands for, 0 for another.
func simple(c byte) byte {
	switch c {
	case '\\', '\'', '"':
		return c
	case 'a', 'b':
		return c - 'a' + 7
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'v':
		return '\v'
	case 'f':
		return '\f'
	case 'r':
		return '\r'
	}
	return 0
}
