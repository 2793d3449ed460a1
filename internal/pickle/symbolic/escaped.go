package symbolic

import (
	"bufio"
	"io"
)

// escapedPosition returns where in a line of raw-unicode-escape text the
// character off begins, or where the line ends if it has off characters. It
// reports false where the line is shorter, or where a reader that began there
// would see another text: behind the first of two backslashes (CPython,
// Objects/unicodeobject.c, _PyUnicode_DecodeRawUnicodeEscapeStateful).
func escapedPosition(line *io.SectionReader, off int64) (int64, bool) {
	in := bufio.NewReader(io.NewSectionReader(line, 0, line.Size()))
	var at int64
	for ; off > 0; off-- {
		c, err := in.ReadByte()
		if err != nil {
			return 0, false
		}
		width := int64(1)
		if c == '\\' {
			next, err := in.Peek(1)
			switch {
			case err != nil:
			case next[0] == 'u':
				width = 6
			case next[0] == 'U':
				width = 10
			case off == 1:
				return 0, false
			default: // the backslash and what follows are two characters
				off--
				width = 2
			}
		}
		at += width
		if _, err := in.Discard(int(width - 1)); err != nil {
			return 0, false
		}
	}
	return at, true
}
