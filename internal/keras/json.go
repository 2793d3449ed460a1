package keras

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a configuration.
const (
	MaxSize  = 64 << 20 // bytes
	MaxDepth = 500      // Python's own reader gives up near 1000
	MaxItems = 500_000  // values
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String names the kind as JSON does, with its article.
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a text", "an array", "an object"}[k]
}

// Value is a JSON value and where it stands in the text.
type Value struct {
	Kind       Kind
	Start, End int      // of the text, half open
	Text       string   // of a String, decoded; of a Number, as it is written
	True       bool     // of a Bool
	Items      []*Value // of an Array, or the values of an Object
	Keys       []string // of an Object
}

// Get returns an Object's value of that key, nil if there is none or v is no Object. Of two
// it is the last, as in Python.
func (v *Value) Get(key string) *Value {
	if v == nil || v.Kind != Object {
		return nil
	}
	for i, k := range slices.Backward(v.Keys) {
		if k == key {
			return v.Items[i]
		}
	}
	return nil
}

// String returns the text of a String, "" of anything else.
func (v *Value) String() string {
	if v == nil || v.Kind != String {
		return ""
	}
	return v.Text
}

// SyntaxError says where a text is not the JSON that every reader reads alike.
type SyntaxError struct {
	Offset int
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("JSON at byte %d: %s", e.Offset, e.Reason)
}

// Parse reads a JSON text. Beside JSON it takes NaN, Infinity and -Infinity, which Python writes.
func Parse(text []byte) (*Value, error) {
	v, twice, err := ParseAll(text)
	if err == nil && len(twice) > 0 {
		return nil, twice[0]
	}
	return v, err
}

// ParseAll is Parse of a text in which a name may stand twice in an object: then the Object
// has all its values, and twice says where. Python keeps the last.
func ParseAll(text []byte) (v *Value, twice []*SyntaxError, err error) {
	if len(text) > MaxSize {
		return nil, nil, &SyntaxError{0, fmt.Sprintf("%d bytes, more than %d", len(text), MaxSize)}
	}
	p := &parser{text: text}
	v = p.value(0)
	p.space()
	if p.err == nil && p.at < len(text) {
		p.fail("something stands behind the value")
	}
	if p.err != nil {
		return nil, nil, p.err
	}
	return v, p.twice, nil
}

// maxTwice bounds how many names that stand twice are told.
const maxTwice = 100

// parser keeps its first error.
type parser struct {
	text  []byte
	at    int
	items int
	err   *SyntaxError
	twice []*SyntaxError
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{p.at, fmt.Sprintf(format, args...)}
	}
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next skips white space and returns the byte there, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) value(depth int) *Value {
	c := p.next()
	p.items++
	v := &Value{Start: p.at}
	switch {
	case depth > MaxDepth:
		p.fail("nested deeper than %d", MaxDepth)
	case p.items > MaxItems:
		p.fail("more than %d values", MaxItems)
	case c == '{' || c == '[':
		p.container(v, c, depth)
	case c == '"':
		v.Kind, v.Text = String, p.string()
	case p.word("null"):
	case p.word("true"):
		v.Kind, v.True = Bool, true
	case p.word("false"):
		v.Kind = Bool
	case p.word("NaN"), p.word("Infinity"), p.word("-Infinity"):
		v.Kind = Number
	default:
		v.Kind = Number
		p.number()
	}
	v.End = p.at
	if v.Kind == Number && p.err == nil {
		v.Text = string(p.text[v.Start:v.End])
	}
	return v
}

func (p *parser) word(word string) bool {
	if !strings.HasPrefix(string(p.text[p.at:min(len(p.text), p.at+len(word))]), word) {
		return false
	}
	p.at += len(word)
	return true
}

// container reads an object or an array, whose first byte it is at.
func (p *parser) container(v *Value, open byte, depth int) {
	v.Kind = Array
	end := byte(']')
	var seen map[string]bool
	if open == '{' {
		v.Kind, end, seen = Object, '}', map[string]bool{}
	}
	p.at++
	for first := true; p.err == nil; first = false {
		c := p.next()
		if c == end && first {
			p.at++
			return
		}
		if seen != nil {
			if c != '"' {
				p.fail("a name was expected")
				return
			}
			key := p.string()
			if seen[key] && len(p.twice) < maxTwice {
				p.twice = append(p.twice, &SyntaxError{p.at, fmt.Sprintf("the name %q stands twice in an object", key)})
			}
			seen[key] = true
			v.Keys = append(v.Keys, key)
			if p.next() != ':' {
				p.fail("a colon was expected")
				return
			}
			p.at++
		}
		v.Items = append(v.Items, p.value(depth+1))
		switch c := p.next(); {
		case p.err != nil:
			return
		case c == ',':
			p.at++
		case c == end:
			p.at++
			return
		default:
			p.fail("a comma or the end was expected")
		}
	}
}

// string reads a text, whose quote it is at.
func (p *parser) string() string {
	start := p.at
	p.at++
	for p.at < len(p.text) && p.text[p.at] != '"' {
		switch c := p.text[p.at]; {
		case c < 0x20:
			p.fail("a control character in a text")
			return ""
		case c == '\\':
			p.at++
		}
		p.at++
	}
	if p.at >= len(p.text) {
		p.fail("a text has no end")
		return ""
	}
	p.at++
	raw := p.text[start:p.at]
	if !utf8.Valid(raw) {
		p.fail("a text is not UTF-8")
		return ""
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		p.fail("a text has an escape that is none")
	}
	return s
}

func (p *parser) number() {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-0123456789.eE", p.text[p.at]) >= 0 {
		p.at++
	}
	var n json.Number
	if p.at == start || json.Unmarshal(p.text[start:p.at], &n) != nil {
		p.at = start
		p.fail("a value was expected")
	}
}
