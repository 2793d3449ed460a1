package pickle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// invalidUTF8 returns the offset of the first byte that Python's UTF-8 decoder
// with the error handler "surrogatepass" refuses, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; i < len(s); {
		_, n := decodeRune(s[i:])
		if n == 0 {
			return i
		}
		i += n
	}
	return -1
}

// decodeRune decodes the first code point of s, which may be a surrogate
// encoded as three bytes; n is 0 if there is none.
func decodeRune(s string) (r rune, n int) {
	r, n = utf8.DecodeRuneInString(s)
	if r != utf8.RuneError || n != 1 {
		return r, n
	}
	if len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80 {
		return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return 0, 0
}

// appendRune appends r in UTF-8, a surrogate as three bytes.
func appendRune(b []byte, r rune) []byte {
	if 0xd800 <= r && r <= 0xdfff {
		return append(b, 0xed, 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(b, r)
}

// unquote decodes the argument of STRING: one pair of equal quotes around
// backslash escapes (load_string, _PyBytes_DecodeEscape). It returns bytes.
func unquote(s string) (string, error) {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		return "", errors.New("string is not quoted")
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for s != "" {
		var err error
		if s[0] == '\\' {
			b, s, err = appendEscape(b, s[1:])
		} else {
			b, s = append(b, s[0]), s[1:]
		}
		if err != nil {
			return "", err
		}
	}
	return string(b), nil
}

// appendEscape appends what the escape means that s begins with, the
// backslash removed, and returns the rest of s. An unknown escape keeps its
// backslash.
func appendEscape(b []byte, s string) ([]byte, string, error) {
	if s == "" {
		return nil, "", errors.New(`string ends with "\"`)
	}
	c := s[0]
	switch {
	case c == '\n':
		return b, s[1:], nil
	case '0' <= c && c <= '7':
		n := 1
		for n < 3 && n < len(s) && '0' <= s[n] && s[n] <= '7' {
			n++
		}
		v, err := strconv.ParseUint(s[:n], 8, 16)
		return append(b, byte(v)), s[n:], err // the ninth bit is dropped
	case c == 'x':
		v, err := hexDigits(s[1:], 2)
		if err != nil {
			return nil, "", err
		}
		return append(b, byte(v)), s[3:], nil
	}
	if i := strings.IndexByte(`\'"abtnvfr`, c); i >= 0 {
		return append(b, "\\'\"\a\b\t\n\v\f\r"[i]), s[1:], nil
	}
	return append(b, '\\'), s, nil
}

// hexDigits reads n hexadecimal digits at the start of s.
func hexDigits(s string, n int) (uint32, error) {
	s = s[:min(n, len(s))]
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) < n || s[0] == '+' {
		return 0, fmt.Errorf("escape %+q lacks %d hexadecimal digits", s, n)
	}
	return uint32(v), nil
}

// decodeRawUnicode decodes the argument of UNICODE: Latin-1 with \uXXXX and
// \UXXXXXXXX (PyUnicode_DecodeRawUnicodeEscape). A backslash before anything
// else stands for itself, and so does the character behind it.
func decodeRawUnicode(s string) (string, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = appendRune(b, rune(s[i]))
			continue
		}
		i++
		n := 0
		switch s[i] {
		case 'u':
			n = 4
		case 'U':
			n = 8
		default:
			b = appendRune(append(b, '\\'), rune(s[i]))
			continue
		}
		v, err := hexDigits(s[i+1:], n)
		if err != nil {
			return "", err
		}
		if v > utf8.MaxRune {
			return "", fmt.Errorf(`\U%08x is no code point`, v)
		}
		b = appendRune(b, rune(v))
		i += n
	}
	return string(b), nil
}
