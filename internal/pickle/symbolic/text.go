package symbolic

import (
	"io"
	"unicode/utf8"
)

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
