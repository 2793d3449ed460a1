package plain

import (
	"bytes"
	"math"
	"unicode/utf8"

	p "github.com/modelaudit/action/internal/pickle"
)

// A texture says what a counted payload is.
type texture uint8

const (
	unicode  texture = iota // UTF-8
	raw                     // bytes
	changing                // bytes that cannot be hashed
	python2                 // a str of Python 2, which loaders decode differently unless it is ASCII
)

// counted decodes a text or bytes.
func (s *reader) counted(width int, t texture) bool {
	b, ok := s.in.take(width)
	if !ok {
		return false
	}
	n := uint64(b[0])
	if width > 1 {
		n = length(b)
	}
	if n > math.MaxInt64 || t == python2 && n > uint64(s.in.size/2) {
		return false
	}
	s.out.Payload += int64(n)
	if n > uint64(s.in.size/2) {
		return s.long(int64(n), t)
	}
	if b, ok = s.in.take(int(n)); !ok {
		return false
	}
	if t == changing {
		return s.push(value{paths: 1, depth: 1})
	}
	return s.pushText(b, t)
}

// long passes a payload that is not held.
func (s *reader) long(n int64, t texture) bool {
	switch t {
	case unicode:
		return s.in.skipText(n) && s.push(opaque())
	case changing:
		return s.in.skip(n) && s.push(value{paths: 1, depth: 1})
	}
	return s.in.skip(n) && s.push(opaque())
}

func (s *reader) pushText(b []byte, t texture) bool {
	if t == raw {
		h, _ := hashBytes(seedBytes, b)
		return s.push(scalar(h))
	}
	h, ascii := hashBytes(seedText, b)
	if !ascii && (t == python2 || !utf8.Valid(b)) { // which may be surrogates
		return false
	}
	return s.push(scalar(h))
}

// text decodes an opcode whose argument is a line. What is written as CPython
// writes it is read here, other things by the decoder.
func (s *reader) text(code p.Opcode) bool {
	begin := s.in.pos() - 1
	line, ok := s.in.line()
	if !ok {
		return false
	}
	switch code {
	case p.OpGet, p.OpPut:
		n, ok := decimal(line)
		if !ok || n < 0 {
			return false
		}
		if code == p.OpPut {
			return s.put(n)
		}
		return s.get(n)
	case p.OpInt, p.OpLong:
		if n, ok := decimal(bytes.TrimSuffix(line, []byte("L"))); ok && (code == p.OpLong || line[len(line)-1] != 'L') {
			return s.push(scalar(hashInt(n)))
		}
	case p.OpUnicode:
		if plainASCII(line) {
			return s.pushText(line, unicode)
		}
	case p.OpString:
		if n := len(line); n >= 2 && line[0] == '\'' && line[n-1] == '\'' && plainASCII(line) {
			return s.pushText(line[1:n-1], python2)
		}
	}
	return s.decode(begin)
}

// decimal reads an integer of at most 18 digits as Python writes it.
func decimal(b []byte) (n int64, ok bool) {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(b) > 1 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, true
}

// plainASCII reports whether a line stands for its own bytes.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

// decode reads the opcode at begin, whose line the window has passed, with the
// decoder that everything else uses.
func (s *reader) decode(begin int64) bool {
	if s.dec == nil {
		s.dec = p.NewDecoder(s.in.r, s.in.base, s.in.end, p.Options{MaxOps: math.MaxInt})
	}
	s.dec.SeekTo(begin)
	op, err := s.dec.Next()
	if err != nil || op.Lazy || len(s.dec.Anomalies()) > 0 || op.End != s.in.pos() {
		return false
	}
	switch op.Code {
	case p.OpFloat:
		return s.pushFloat(op.Float)
	case p.OpInt, p.OpLong:
		if op.Big != nil {
			return s.push(opaque())
		}
		return s.push(scalar(hashInt(op.Int)))
	case p.OpUnicode:
		h, _ := hashBytes(seedText, []byte(op.Text))
		return s.push(scalar(h))
	case p.OpString:
		return s.pushText([]byte(op.Text), python2)
	}
	return false
}
