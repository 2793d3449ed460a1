package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// visible reports whether r prints as itself and moves nothing around it:
// letters, marks, numbers, punctuation, symbols and the ASCII space. Control
// characters, bidirectional and other format characters are not.
func visible(r rune) bool { return unicode.IsPrint(r) }

// Escape returns s as one line that is safe on a terminal and in a CI log. What
// is not printable becomes \n, \r, \t, \xNN (one byte), \uNNNN or \UNNNNNNNN
// (one code point), and a backslash becomes two, so no two strings share a
// text. The marks by which CI runners know commands ("::" in front, "##"
// anywhere) are broken up in the same notation.
func Escape(s string) string { return escape(s, `\\`) }

// EscapeMessage is Escape for the message of a finding, in which texts of the file
// are quoted in the same notation already: a backslash stays one.
func EscapeMessage(s string) string { return escape(s, `\`) }

func escape(s, backslash string) string {
	first := len(s) - len(strings.TrimLeft(s, " "))
	var b strings.Builder
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			writeByte(&b, s[i])
		case r == '\\':
			b.WriteString(backslash)
		case r == '#' && strings.HasPrefix(s[i:], "##"), r == ':' && i == first && strings.HasPrefix(s[i:], "::"):
			writeByte(&b, s[i])
		default:
			writeRune(&b, r)
		}
	}
	return b.String()
}

// writeByte writes c as \xNN.
func writeByte(b *strings.Builder, c byte) {
	b.WriteString(`\x`)
	b.WriteByte(hexDigits[c>>4])
	b.WriteByte(hexDigits[c&15])
}

// writeRune writes a visible r as it is, and any other in a notation that Go
// and Python read alike.
func writeRune(b *strings.Builder, r rune) {
	switch {
	case visible(r):
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		writeByte(b, byte(r))
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// ShellCommand returns a command line that a POSIX shell reads as exactly these words.
func ShellCommand(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = ShellQuote(w)
	}
	return strings.Join(quoted, " ")
}

// ShellQuote returns a word that a POSIX shell reads as exactly s. A plain word
// stays as it is and a printable one is put in single quotes; one with control
// or format characters is spelled by printf in octal, so that the word can be
// shown and pasted. s must not hold NUL, which no argument can.
func ShellQuote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:@+") == "" {
		return s
	}
	body := strings.TrimRight(s, "\n")
	newlines := s[len(body):] // command substitution would drop them
	plain := utf8.ValidString(body)
	for _, r := range body {
		plain = plain && visible(r)
	}
	var b strings.Builder
	if plain {
		b.WriteString(singleQuote(body))
	} else {
		b.WriteString(`"$(printf '`)
		writePrintf(&b, body)
		b.WriteString(`')"`)
	}
	if newlines != "" {
		b.WriteString("'" + newlines + "'")
	}
	return b.String()
}

// singleQuote quotes a printable s; "##" is broken up, as a CI runner might read it in a log.
func singleQuote(s string) string {
	s = strings.ReplaceAll(s, "'", `'\''`)
	for strings.Contains(s, "##") {
		s = strings.ReplaceAll(s, "##", "#''#")
	}
	return "'" + s + "'"
}

// writePrintf writes s as the single-quoted format of printf(1). It spells "!" too,
// which an interactive bash expands inside the double quotes around the command.
func writePrintf(b *strings.Builder, s string) {
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && n == 1
		if !invalid && visible(r) && !strings.ContainsRune(`%\'#!`, r) && (i > 0 || r != '-') {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(s[i : i+n]) {
			fmt.Fprintf(b, `\%03o`, c)
		}
	}
}

// pythonString returns a Python string literal for the file name s. A byte that
// is not UTF-8 becomes the lone surrogate by which Python names it (PEP 383).
func pythonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\udc%02x`, s[i])
		case r == '\\' || r == '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '#' && strings.HasPrefix(s[i:], "##"):
			writeByte(&b, '#')
		default:
			writeRune(&b, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// bytesVisible returns s as valid UTF-8: a byte that is not becomes \xNN. A
// backslash that begins such a text in s itself becomes \x5c, so that
// bytesOf can read every name back.
func bytesVisible(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		_, escaped := byteEscape(s[i:])
		if escaped || r == utf8.RuneError && n == 1 {
			writeByte(&b, s[i])
			continue
		}
		b.WriteString(s[i : i+n])
	}
	return b.String()
}

// bytesOf is the inverse of bytesVisible.
func bytesOf(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c, ok := byteEscape(s[i:])
		if ok {
			b.WriteByte(c)
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// byteEscape returns the byte that s begins to spell as \xNN.
func byteEscape(s string) (byte, bool) {
	if len(s) < 4 || s[0] != '\\' || s[1] != 'x' {
		return 0, false
	}
	c, err := strconv.ParseUint(s[2:4], 16, 8)
	return byte(c), err == nil
}

// clip returns at most n code points of s; "..." stands for what is cut.
func clip(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i] + "..."
		}
		count++
	}
	return s
}

// clipMiddle is like clip but keeps both ends, since the end of a member's name says most.
func clipMiddle(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	end := len(s)
	for range n - n/3 {
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	return clip(s, n/3) + s[end:]
}
