package symbolic

import (
	"io"
	"unicode/utf8"
)

// Line reports whether a text or bytes is a line of the file, so that its bytes there are
// not those that it has.
func (n *Node) Line() bool { return n.form == formQuoted || n.form == formLine }

// Least is how many bytes a text or bytes has at least, where each character of a text
// is one: what its spelling takes says so where it is not held.
func (n *Node) Least() int64 {
	switch {
	case !n.Lazy && n.Kind == String:
		return int64(utf8.RuneCountInString(n.Text))
	case !n.Lazy:
		return int64(len(n.Text))
	case n.form == formQuoted:
		return n.Data().Len / 4 // \xff
	case n.form == formLine:
		return n.Data().Len / 10 // \U000000ff
	case n.Kind == String:
		return n.Data().Len / 2 // of UTF-8
	}
	return n.Data().Len
}

// Beginning returns the first bytes of a text or bytes, at most so many; r is the file
// that holds the stream, nil if there is none. What cannot be read is left out.
func Beginning(r io.ReaderAt, n *Node, most int64) string {
	switch {
	case !n.Lazy:
		return n.Text[:min(int64(len(n.Text)), max(most, 0))]
	case r == nil || most <= 0:
		return ""
	case n.Line():
		return beginningOfLine(r, n, most)
	}
	buf := make([]byte, min(n.Data().Len, most))
	got, _ := r.ReadAt(buf, n.Data().Off)
	return string(buf[:got])
}

// beginningOfLine decodes what the line of a text begins with. A character that no byte
// is ends it.
func beginningOfLine(r io.ReaderAt, n *Node, most int64) string {
	l := &lineReader{line: io.NewSectionReader(r, n.Data().Off, n.Data().Len), quoted: n.form == formQuoted}
	var b []byte
	_ = l.walk(mark{}, func(_ mark, out []byte) bool {
		for _, c := range out {
			if n.Kind == String {
				b = utf8.AppendRune(b, rune(c))
			} else {
				b = append(b, c)
			}
		}
		return int64(len(b)) < most
	})
	return string(b[:min(int64(len(b)), most)])
}

// TextOf returns a String whole, also one that is too long to be held and has
// at most so many bytes; r is the file that holds the stream. It reports false
// where it cannot be read so, or is no text: UTF-8 with lone surrogates as
// Python's surrogatepass writes them.
func TextOf(r io.ReaderAt, n *Node, most int64) (string, bool) {
	if n.Kind != String || !n.Lazy {
		return n.Text, n.Kind == String
	}
	d := n.Data()
	if n.form != formBinary || d.Len > most {
		return "", false
	}
	buf := make([]byte, d.Len)
	if got, _ := r.ReadAt(buf, d.Off); int64(got) != d.Len {
		return "", false
	}
	for rest := buf; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		if c == utf8.RuneError && size == 1 {
			if len(rest) < 3 || rest[0] != 0xed || rest[1] < 0xa0 || rest[1] > 0xbf || rest[2]&0xc0 != 0x80 {
				return "", false
			}
			size = 3
		}
		rest = rest[size:]
	}
	return string(buf), true
}
