package torchscript

import "strings"

type tokenKind uint8

const (
	end tokenKind = iota
	word
	number
	text
	sign // one byte of anything else
)

type token struct {
	kind       tokenKind
	start, end int
}

// A lexer yields the tokens of a source; comments and white space, new lines
// included, are none (torch/csrc/jit/frontend/lexer.h).
type lexer struct {
	src []byte
	pos int
}

func (l *lexer) text(t token) string { return string(l.src[t.start:t.end]) }

func (l *lexer) next() token {
	l.skip()
	start := l.pos
	if start == len(l.src) {
		return token{end, start, start}
	}
	switch c := l.src[start]; {
	case letter(c):
		for l.pos < len(l.src) && (letter(l.src[l.pos]) || digit(l.src[l.pos])) {
			l.pos++
		}
		return token{word, start, l.pos}
	case digit(c):
		l.number()
		return token{number, start, l.pos}
	case c == '"' || c == '\'':
		l.quoted(c)
		return token{text, start, l.pos}
	}
	l.pos++
	return token{sign, start, l.pos}
}

func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '#':
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.pos++
			}
		case strings.IndexByte(" \t\r\n\v\f\\", c) >= 0:
			l.pos++
		default:
			return
		}
	}
}

// number ends where strtod ends, and early rather than late: what follows is
// looked at as code.
func (l *lexer) number() {
	l.digits()
	if l.at('.') {
		l.pos++
		l.digits()
	}
	if l.at('e') || l.at('E') {
		mark := l.pos
		if l.pos++; l.at('+') || l.at('-') {
			l.pos++
		}
		if l.pos == len(l.src) || !digit(l.src[l.pos]) {
			l.pos = mark
		}
		l.digits()
	}
}

func (l *lexer) digits() {
	for l.pos < len(l.src) && digit(l.src[l.pos]) {
		l.pos++
	}
}

func (l *lexer) at(c byte) bool { return l.pos < len(l.src) && l.src[l.pos] == c }

// quoted ends behind the closing quote. A text in single quotes ends with its
// line, closed or not: the parser of torch fails there.
func (l *lexer) quoted(q byte) {
	quotes := 1
	if l.pos+2 < len(l.src) && l.src[l.pos+1] == q && l.src[l.pos+2] == q {
		quotes = 3
	}
	mark := strings.Repeat(string(q), quotes)
	for l.pos += quotes; l.pos < len(l.src); l.pos++ {
		switch {
		case l.src[l.pos] == '\\':
			l.pos++
		case quotes == 1 && l.src[l.pos] == '\n':
			return
		case strings.HasPrefix(string(l.src[l.pos:min(l.pos+3, len(l.src))]), mark):
			l.pos += quotes
			return
		}
	}
	l.pos = len(l.src)
}

func letter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
