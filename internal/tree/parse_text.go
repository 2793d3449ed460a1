package tree

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDigits bounds a number's text: to read an integer takes more than linear time.
const maxDigits = 1 << 17

// escape appends what the escape at pos stands for.
func (p *parser) escape(b []byte) []byte {
	if len(p.s)-p.pos < 2 {
		p.fail("a text without end")
		return b
	}
	c := p.s[p.pos+1]
	if c == 'u' {
		r, ok := p.unit(p.pos)
		if !ok {
			return b
		}
		p.pos += 6
		if utf16.IsSurrogate(r) {
			return p.surrogate(b, r)
		}
		return utf8.AppendRune(b, r)
	}
	at := strings.IndexByte(`"\/bfnrt`, c)
	if at < 0 {
		p.fail("an unknown escape")
		return b
	}
	p.pos += 2
	return append(b, "\"\\/\b\f\n\r\t"[at])
}

// unit reads \uXXXX at pos.
func (p *parser) unit(pos int) (rune, bool) {
	if len(p.s)-pos < 6 || p.s[pos:pos+2] != `\u` {
		p.fail("an escape without four digits")
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[pos+2:pos+6], 16, 16)
	if err != nil {
		p.fail("an escape without four digits")
	}
	return rune(n), err == nil
}

// surrogate appends a pair, of which r is the first half, or r alone.
func (p *parser) surrogate(b []byte, r rune) []byte {
	if r < 0xdc00 && strings.HasPrefix(p.s[p.pos:], `\u`) {
		second, ok := p.unit(p.pos)
		if !ok {
			return b
		}
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			p.pos += 6
			return utf8.AppendRune(b, pair)
		}
	}
	return append(b, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0xbf, 0x80|byte(r)&0xbf)
}

// number reads an integer, or a float where there is a point or an exponent.
func (p *parser) number() any {
	start := p.pos
	for p.pos < len(p.s) && strings.IndexByte("+-.0123456789eE", p.s[p.pos]) >= 0 {
		p.pos++
	}
	s := p.s[start:p.pos]
	digits := strings.TrimPrefix(s, "-")
	switch {
	case len(s) > maxDigits:
		p.failAt(start, "a number of %d bytes", len(s))
	case digits == "" || digits[0] < '0' || digits[0] > '9' || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' || strings.HasSuffix(s, "."):
		p.failAt(start, "%.40q is no number", s)
	case strings.ContainsAny(s, ".eE"):
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) {
			p.failAt(start, "%.40q is no number", s)
		}
		return f
	default:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
		if n, ok := new(big.Int).SetString(s, 10); ok {
			return n
		}
		p.failAt(start, "%.40q is no number", s)
	}
	return nil
}

// integer reads one from 1 on.
func (p *parser) integer() int {
	start := p.pos
	p.space()
	n, ok := p.number().(int64)
	if p.err == nil && (!ok || n < 1 || n > math.MaxInt32) {
		p.failAt(start, "expected a positive integer")
	}
	return int(n)
}

// float reads what stands in {"float":"..."}.
func (p *parser) float() float64 {
	start := p.pos
	switch s := p.text(); {
	case s == "inf":
		return math.Inf(1)
	case s == "-inf":
		return math.Inf(-1)
	case strings.HasPrefix(s, "nan:"):
		bits, err := strconv.ParseUint(s[4:], 16, 64)
		if f := math.Float64frombits(bits); err == nil && math.IsNaN(f) {
			return f
		}
		fallthrough
	default:
		p.failAt(start, "%.40q is no float", s)
	}
	return 0
}
