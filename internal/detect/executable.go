package detect

import (
	"bytes"
	"io"
	"slices"
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
	buf, held := make([]byte, 16<<10), 0 // held bytes begin a character that goes on
	for {
		n, err := r.Read(buf[held:])
		text := buf[:held+n]
		held = 0
		if err == nil {
			held = begun(text)
		}
		if text = text[:len(text)-held]; slices.ContainsFunc(text, control) || !utf8.Valid(text) {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
		copy(buf, buf[len(text):len(text)+held])
	}
}

func control(c byte) bool {
	return c < ' ' && (c < '\a' || c > '\r') && c != 0x1b || c == 0x7f
}

// begun is how many bytes at the end of a text may be the beginning of a character.
func begun(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if c := text[len(text)-n:]; utf8.RuneStart(c[0]) {
			if utf8.FullRune(c) {
				return 0
			}
			return n
		}
	}
	return 0
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
