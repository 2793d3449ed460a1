package tree

import (
	"fmt"
	"unicode/utf8"
)

// Limits of a text that is parsed.
const (
	maxNested = 2 * maxDepth
	maxValues = 2 * maxVisits
)

// A ParseError says where the text of a tree is not what docs/formats/tree.md describes.
type ParseError struct {
	Offset int // bytes from the start of the text
	Msg    string
}

func (e *ParseError) Error() string { return fmt.Sprintf("tree at %#x: %s", e.Offset, e.Msg) }

// Parse reads the JSON form of a tree, as MarshalJSON writes it and with white
// space where JSON allows it. Every reference leads to a container of the tree,
// and no container that cannot be changed holds itself. The error is a *ParseError.
func Parse(text string) (*Value, error) {
	p := &parser{s: text, ids: map[int]*Value{}}
	root := p.value()
	p.space()
	if p.err == nil && p.pos < len(p.s) {
		p.fail("data behind the tree")
	}
	if p.err == nil {
		p.link()
	}
	if p.err != nil {
		return nil, p.err
	}
	return root, nil
}

type parser struct {
	s      string
	pos    int
	depth  int
	values int
	err    error

	ids     map[int]*Value // containers by their id
	refs    []pending      // references, and where they stand
	sames   []pending      // tensors with a same, and its name
	tensors []*Value       // every tensor in order
}

// A pending value waits for the whole tree to be known.
type pending struct {
	v    *Value
	name string
	pos  int
}

// fail notes the first error, after which nothing is read.
func (p *parser) fail(format string, args ...any) { p.failAt(p.pos, format, args...) }

func (p *parser) failAt(pos int, format string, args ...any) {
	if p.err == nil {
		p.err = &ParseError{pos, fmt.Sprintf(format, args...)}
	}
	p.pos = len(p.s)
}

func (p *parser) space() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek is the next byte behind white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.s) {
		return 0
	}
	return p.s[p.pos]
}

// take wants one byte.
func (p *parser) take(c byte) bool {
	if p.err != nil {
		return false
	}
	if p.peek() != c {
		p.fail("expected %q", c)
		return false
	}
	p.pos++
	return true
}

// value reads one value. After an error it is a value without meaning.
func (p *parser) value() *Value {
	if p.values++; p.values > maxValues {
		p.fail("more than %d values", maxValues)
	}
	if p.depth++; p.depth > maxNested {
		p.fail("nested more than %d deep", maxNested)
	}
	defer func() { p.depth-- }()
	if p.err != nil {
		return &Value{}
	}
	switch c := p.peek(); {
	case c == '{':
		return p.tagged()
	case c == '"':
		return &Value{Plain: p.text()}
	case c == '-' || c >= '0' && c <= '9':
		return &Value{Plain: p.number()}
	case c == '[':
		p.fail("a list without a tag")
		return &Value{}
	}
	return p.word()
}

// word reads null, true or false.
func (p *parser) word() *Value {
	for _, w := range []struct {
		text string
		v    any
	}{{"null", nil}, {"true", true}, {"false", false}} {
		if len(p.s)-p.pos >= len(w.text) && p.s[p.pos:p.pos+len(w.text)] == w.text {
			p.pos += len(w.text)
			return &Value{Plain: w.v}
		}
	}
	p.fail("a value is missing")
	return &Value{}
}

// list reads an array, each item by one call of item.
func (p *parser) list(item func()) {
	if !p.take('[') {
		return
	}
	if p.peek() == ']' {
		p.pos++
		return
	}
	for p.err == nil {
		item()
		if p.peek() != ',' {
			p.take(']')
			return
		}
		p.pos++
	}
}

func (p *parser) items() (out []*Value) {
	p.list(func() { out = append(out, p.value()) })
	return out
}

func (p *parser) pairs() (out [][2]*Value) {
	p.list(func() {
		at := p.pos
		kv := p.items()
		if p.err == nil && len(kv) != 2 {
			p.failAt(at, "a pair of %d", len(kv))
		}
		if p.err == nil {
			out = append(out, [2]*Value{kv[0], kv[1]})
		}
	})
	return out
}

// text reads a string. Half a surrogate pair becomes its three bytes.
func (p *parser) text() string {
	if !p.take('"') {
		return ""
	}
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] != '"' && p.s[p.pos] != '\\' && p.s[p.pos] >= 0x20 {
		p.pos++
	}
	b := []byte(p.s[start:p.pos])
	for p.pos < len(p.s) && p.s[p.pos] != '"' {
		switch c := p.s[p.pos]; {
		case c < 0x20:
			p.fail("a control character in a text")
		case c == '\\':
			b = p.escape(b)
		default:
			b = append(b, c)
			p.pos++
		}
	}
	if p.err != nil || !p.take('"') {
		return ""
	}
	if !utf8.ValidString(p.s[start : p.pos-1]) {
		p.failAt(start, "a text is not UTF-8")
	}
	return string(b)
}
