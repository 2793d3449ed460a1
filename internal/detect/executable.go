package detect

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

// Executable reports whether content begins as a program or library does: ELF,
// Windows, Mach-O (one or several architectures), or the text that a
// portable executable of Cosmopolitan begins with.
func Executable(head []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf", "jartsr='"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// WholeText reports whether all that r has is text in UTF-8: of control characters
// no more than white space and those of terminals, which logs have.
func WholeText(r io.Reader) bool {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		c, n, err := in.ReadRune()
		switch {
		case err != nil:
			return err == io.EOF
		case c == utf8.RuneError && n == 1, c == 0x7f, c < ' ' && (c < '\a' || c > '\r') && c != 0x1b:
			return false
		}
	}
}

// Text reports whether the beginning of a file is text in UTF-8: no control
// characters but for white space.
func Text(head []byte) bool {
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n <= 1 && len(head)-i >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7f {
			return false
		}
		i += n
	}
	return true
}
