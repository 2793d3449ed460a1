package pickle

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// lineText returns the line that CPython writes for op, without "\n".
func lineText(kind ArgKind, op Op) string {
	switch kind {
	case ArgIntLine:
		if op.Bool {
			return fmt.Sprintf("%02d", op.Int)
		}
		return op.integer().String()
	case ArgLongLine:
		return op.integer().String() + "L"
	case ArgFloatLine:
		return pythonFloat(op.Float)
	case ArgStringLine:
		return quote(op.Text)
	case ArgUnicodeLine:
		return encodeRawUnicode(op.Text)
	}
	return strconv.FormatInt(op.Int, 10)
}

// pythonFloat formats f as Python's repr does: the fewest digits that read back
// as f, an exponent below 1e-4 and from 1e16.
func pythonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote writes bytes as Python 2's repr of a str.
func quote(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	b := []byte{q}
	for i := range len(s) {
		switch c := s[i]; {
		case c == q || c == '\\':
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < ' ' || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, q))
}

// encodeRawUnicode writes s, in which invalidUTF8 finds nothing, as CPython's
// pickler does for UNICODE (raw_unicode_escape of Modules/_pickle.c).
func encodeRawUnicode(s string) string {
	b := make([]byte, 0, len(s))
	for s != "" {
		r, n := decodeRune(s)
		switch {
		case r > 0xffff:
			b = fmt.Appendf(b, `\U%08x`, r)
		case r > 0xff || strings.ContainsRune("\\\x00\n\r\x1a", r):
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, byte(r))
		}
		s = s[n:]
	}
	return string(b)
}
