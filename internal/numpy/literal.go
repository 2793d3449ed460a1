package numpy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A literal is one value of the small part of Python's literals that numpy
// writes into a header: a str, int, bool, tuple, list, or a dict whose keys are
// in items before their values.
type literal struct {
	kind  byte // 's', 'i', 'b', '(', '[' or '{'
	text  string
	n     int64 // of an int; 1 for True
	items []literal
}

// Limits of one header.
const (
	maxLiteralDepth = 24
	maxLiterals     = 200_000
)

// literals reads a literal as ast.literal_eval does, but for what numpy has no
// use for: other kinds of values, comments, prefixes but u, text in several
// pieces.
type literals struct {
	s     string
	at    int
	py2   bool // an int may have the suffix L
	left  int
	depth int
}

var errLiteral = errors.New("the header is no literal that numpy writes")

func parseLiteral(s string, py2 bool) (literal, error) {
	p := literals{s: strings.TrimLeft(s, " \t"), py2: py2, left: maxLiterals}
	v, err := p.value()
	if err != nil {
		return v, err
	}
	if p.space(); p.at < len(p.s) {
		return v, errLiteral
	}
	return v, nil
}

func (p *literals) space() {
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n\f", p.s[p.at]) >= 0 {
		p.at++
	}
}

// next skips space and returns the byte behind it, 0 at the end.
func (p *literals) next() byte {
	if p.space(); p.at < len(p.s) {
		return p.s[p.at]
	}
	return 0
}

func (p *literals) word(w string) bool {
	if !strings.HasPrefix(p.s[p.at:], w) {
		return false
	}
	p.at += len(w)
	return true
}

func (p *literals) value() (literal, error) {
	if p.left--; p.left < 0 || p.depth > maxLiteralDepth {
		return literal{}, errors.New("the header has too many parts")
	}
	c := p.next()
	switch {
	case c == '(' || c == '[' || c == '{':
		p.depth++
		defer func() { p.depth-- }()
		return p.container(c)
	case c == '\'' || c == '"':
		return p.str()
	case c == 'u' && p.at+1 < len(p.s) && (p.s[p.at+1] == '\'' || p.s[p.at+1] == '"'):
		p.at++
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case p.word("True"):
		return literal{kind: 'b', n: 1}, nil
	case p.word("False"):
		return literal{kind: 'b'}, nil
	}
	return literal{}, errLiteral
}

// container reads a tuple, list or dict. A tuple of one needs its comma.
func (p *literals) container(open byte) (literal, error) {
	v := literal{kind: open}
	end := map[byte]byte{'(': ')', '[': ']', '{': '}'}[open]
	comma := false
	p.at++
	for p.next() != end {
		if len(v.items) > 0 && !comma {
			return v, errLiteral
		}
		item, err := p.value()
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		if open == '{' {
			if p.next() != ':' {
				return v, errLiteral
			}
			p.at++
			if item, err = p.value(); err != nil {
				return v, err
			}
			v.items = append(v.items, item)
		}
		if comma = p.next() == ','; comma {
			p.at++
		}
	}
	p.at++
	if open == '(' && len(v.items) == 1 && !comma {
		return v.items[0], nil // brackets around a value
	}
	return v, nil
}

func (p *literals) number() (literal, error) {
	start := p.at
	if p.s[p.at] == '-' {
		p.at++
	}
	digits := p.at
	for p.at < len(p.s) && p.s[p.at] >= '0' && p.s[p.at] <= '9' {
		p.at++
	}
	text := p.s[start:p.at]
	if p.at == digits || p.at-digits > 1 && p.s[digits] == '0' {
		return literal{}, errLiteral
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return literal{}, fmt.Errorf("the header has the number %.40s", text)
	}
	if p.py2 && p.at < len(p.s) && p.s[p.at] == 'L' {
		p.at++
	}
	return literal{kind: 'i', n: n}, nil
}

// str reads a text in quotes, as Python's repr writes it.
func (p *literals) str() (literal, error) {
	quote := p.s[p.at]
	if p.at++; strings.HasPrefix(p.s[p.at:], string([]byte{quote, quote})) {
		return literal{}, errLiteral // three quotes
	}
	var b strings.Builder
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch {
		case c == quote:
			if next := p.next(); next == '\'' || next == '"' {
				return literal{}, errLiteral
			}
			return literal{kind: 's', text: b.String()}, nil
		case c == '\n' || c == '\r':
			return literal{}, errLiteral
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if !p.escape(&b) {
			return literal{}, errLiteral
		}
	}
	return literal{}, errLiteral
}

func (p *literals) escape(b *strings.Builder) bool {
	if p.at == len(p.s) {
		return false
	}
	c := p.s[p.at]
	p.at++
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case digits > 0 && p.at+digits <= len(p.s):
		n, err := strconv.ParseUint(p.s[p.at:p.at+digits], 16, 32)
		if err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune {
			return false
		}
		p.at += digits
		b.WriteRune(rune(n))
	case c == '\\' || c == '\'' || c == '"':
		b.WriteByte(c)
	case c == 'n':
		b.WriteByte('\n')
	case c == 'r':
		b.WriteByte('\r')
	case c == 't':
		b.WriteByte('\t')
	default:
		return false
	}
	return true
}
