package safetensors

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
)

// A scanner takes JSON tokens from a header that is valid UTF-8. It knows the
// grammar of RFC 8259 for what a header may hold: objects, arrays, strings and
// integers. Objects and arrays are walked by callbacks, which must consume one
// value; nesting is as deep as the callers' code, never as deep as the text.
type scanner struct {
	buf  []byte
	pos  int
	base int64 // the place of buf in the file
}

// errorf makes a FormatError at position pos of the header.
func (s *scanner) errorf(pos int, format string, args ...any) error {
	return &FormatError{Offset: s.base + int64(pos), Msg: fmt.Sprintf(format, args...)}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.buf); s.pos++ {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// expect consumes white space and c.
func (s *scanner) expect(c byte) error {
	got := s.peek()
	if s.pos == len(s.buf) {
		return s.errorf(s.pos, "the header ends where %q belongs", c)
	}
	if got != c {
		return s.errorf(s.pos, "%q stands where %q belongs", got, c)
	}
	s.pos++
	return nil
}

// object walks an object. member is called after each colon with the key and
// the key's position.
func (s *scanner) object(member func(key string, at int) error) error {
	return s.list('{', '}', func() error {
		s.peek()
		at := s.pos
		key, err := s.text()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key, at)
	})
}

// list walks what stands between open and end, separated by commas.
func (s *scanner) list(open, end byte, element func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.peek() == end {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect(end)
		}
		s.pos++
	}
}

// maxRank is how many dimensions a tensor may have: as many as in torch and numpy.
const maxRank = 64

// integers appends the non-negative integers of an array, at most maxRank. It counts
// them first.
func (s *scanner) integers(out []int64) ([]int64, error) {
	if c := s.peek(); c != '[' {
		return nil, s.expect('[')
	}
	end := bytes.IndexByte(s.buf[s.pos:], ']')
	if end < 0 {
		return nil, s.errorf(s.pos, "the array has no end")
	}
	n := 1 + bytes.Count(s.buf[s.pos:s.pos+end], []byte{','})
	if n > maxRank {
		return nil, fmt.Errorf("safetensors: an array of %d integers, %d are read: %w", n, maxRank, safeio.ErrLimit)
	}
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return out, nil
	}
	for {
		v, err := s.integer()
		if err != nil {
			return out, err
		}
		out = append(out, v)
		if s.peek() != ',' {
			return out, s.expect(']')
		}
		s.pos++
	}
}

// integer reads a number that is digits alone, without a leading zero: JSON's
// -0, 1.0 and 1e3 are integers for some readers and none for others.
func (s *scanner) integer() (int64, error) {
	s.peek()
	start := s.pos
	for s.pos < len(s.buf) && bytes.IndexByte([]byte("0123456789+-.eE"), s.buf[s.pos]) >= 0 {
		s.pos++
	}
	digits := s.buf[start:s.pos]
	v := int64(0)
	for i, c := range digits {
		if c < '0' || c > '9' || i > 0 && digits[0] == '0' {
			return 0, s.errorf(start, "%s is not a plain non-negative integer", quoted(string(digits)))
		}
		if v > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, s.errorf(start, "%s is above 2^63-1", quoted(string(digits)))
		}
		v = v*10 + int64(c-'0')
	}
	if len(digits) == 0 {
		return 0, s.errorf(start, "a non-negative integer belongs here")
	}
	return v, nil
}

// text reads a string.
func (s *scanner) text() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start := s.pos
	var out []byte // nil while the text so far has no escape
	for s.pos < len(s.buf) {
		c := s.buf[s.pos]
		switch {
		case c == '"':
			last := s.buf[start:s.pos]
			s.pos++
			if out == nil {
				return shared(last), nil
			}
			return string(append(out, last...)), nil
		case c < 0x20:
			return "", s.errorf(s.pos, "a control character stands unescaped in a string")
		case c == '\\':
			out = append(out, s.buf[start:s.pos]...)
			var err error
			if out, err = s.escape(out); err != nil {
				return "", err
			}
			start = s.pos
		default:
			s.pos++
		}
	}
	return "", s.errorf(s.pos, "the header ends inside a string")
}

// shared is a text as a string, one for all where it stands at every tensor.
func shared(text []byte) string {
	for _, s := range [...]string{"dtype", "shape", "data_offsets", "F32", "F16", "BF16"} {
		if string(text) == s {
			return s
		}
	}
	return string(text)
}

// escape appends to out what the escape at the scanner's position stands for.
func (s *scanner) escape(out []byte) ([]byte, error) {
	const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	at := s.pos
	if at+1 == len(s.buf) {
		return nil, s.errorf(at, "the header ends inside a string")
	}
	c := s.buf[at+1]
	if c == 'u' {
		r, err := s.codePoint()
		return utf8.AppendRune(out, r), err
	}
	i := bytes.IndexByte([]byte(names), c)
	if i < 0 {
		return nil, s.errorf(at, "unknown escape in a string")
	}
	s.pos += 2
	return append(out, values[i]), nil
}

// codePoint reads \uXXXX, or two of them that are a surrogate pair. Half a
// pair is an error: it has no UTF-8 form, and readers disagree about it.
func (s *scanner) codePoint() (rune, error) {
	at := s.pos
	r, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if bytes.HasPrefix(s.buf[s.pos:], []byte(`\u`)) {
		low, err := s.hex4()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, nil
		}
	}
	return 0, s.errorf(at, "half a surrogate pair in a string")
}

// hex4 reads one \uXXXX.
func (s *scanner) hex4() (rune, error) {
	if len(s.buf)-s.pos >= 6 {
		if v, err := strconv.ParseUint(string(s.buf[s.pos+2:s.pos+6]), 16, 16); err == nil {
			s.pos += 6
			return rune(v), nil
		}
	}
	return 0, s.errorf(s.pos, "four hexadecimal digits belong after \\u")
}

// quoted escapes text from a file for a message and cuts it to a bearable length.
func quoted(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}
