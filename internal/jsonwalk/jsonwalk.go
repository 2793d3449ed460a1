// Package jsonwalk reads a JSON text of any length as a run of its plain
// values, each with the keys that lead to it, and builds nothing.
//
// It is strict where readers differ: a key that stands twice in one object is
// an error. NaN and Infinity, which Python's json writes, are numbers.
//
// # Security
//
// The text is hostile. Memory is bounded by [MaxText], [MaxDepth] and [MaxKeys],
// not by the text's length.
package jsonwalk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
)

// Limits of a text.
const (
	MaxDepth = 1000    // objects and arrays inside one another
	MaxText  = 1 << 20 // bytes of one string or number
	MaxKeys  = 500_000 // keys of the objects that are open at one time
)

// A Kind says what a value is.
type Kind uint8

// The kinds of plain value.
const (
	String Kind = iota
	Number
	Bool
	Null
)

// A Value is one plain value. Path is valid during the call only.
type Value struct {
	Kind       Kind
	Text       string   // unescaped; the spelling of a number; "true" or "false"
	Path       []string // keys from the outside in; "[]" for an array
	Start, End int64    // where it stands
}

// Key is the innermost key that leads to a value, "" if there is none.
func (v *Value) Key() string {
	for i := len(v.Path) - 1; i >= 0; i-- {
		if v.Path[i] != "[]" {
			return v.Path[i]
		}
	}
	return ""
}

// An Error says where a text is not what it should be.
type Error struct {
	Offset int64
	Msg    string
	Err    error // safeio.ErrLimit or nil
}

func (e *Error) Error() string { return fmt.Sprintf("JSON: at %#x: %s", e.Offset, e.Msg) }

// Unwrap returns safeio.ErrLimit or nil.
func (e *Error) Unwrap() error { return e.Err }

// Walk calls visit for each plain value of the one text that fills the size
// bytes of r, in order, and ends with an *Error, r's error or nil.
func Walk(r io.ReaderAt, size int64, visit func(*Value)) error {
	w := &walker{in: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10), visit: visit}
	w.peek()
	w.value()
	w.space()
	if w.err == nil && w.now >= 0 {
		w.fail("data behind the text")
	}
	return w.err
}

type walker struct {
	in    *bufio.Reader
	pos   int64 // of now
	now   int   // the byte at pos, -1 at the end
	path  []string
	keys  int
	depth int
	visit func(*Value)
	err   error
}

func (w *walker) fail(format string, args ...any) {
	if w.err == nil {
		w.err = &Error{Offset: w.pos, Msg: fmt.Sprintf(format, args...)}
	}
	w.now = -1
}

func (w *walker) limit(what string) {
	if w.err == nil {
		w.err = &Error{Offset: w.pos, Msg: what, Err: safeio.ErrLimit}
	}
	w.now = -1
}

// peek reads the byte at pos into now.
func (w *walker) peek() {
	c, err := w.in.ReadByte()
	w.now = int(c)
	if err != nil {
		w.now = -1
		if !errors.Is(err, io.EOF) && w.err == nil {
			w.err = err
		}
	}
}

func (w *walker) next() {
	w.pos++
	w.peek()
}

func (w *walker) space() {
	for w.now == ' ' || w.now == '\t' || w.now == '\n' || w.now == '\r' {
		w.next()
	}
}

// take wants one byte, behind white space.
func (w *walker) take(c int) bool {
	w.space()
	if w.now != c || w.err != nil {
		w.fail("%q is missing", rune(c))
		return false
	}
	w.next()
	return true
}

func (w *walker) value() {
	w.space()
	start := w.pos
	if w.depth++; w.depth > MaxDepth {
		w.limit("nested too deeply")
	}
	defer func() { w.depth-- }()
	switch c := w.now; {
	case c == '{':
		w.object()
	case c == '[':
		w.array()
	case c == '"':
		if s, ok := w.text(); ok {
			w.visit(&Value{String, s, w.path, start, w.pos})
		}
	case w.err == nil:
		w.literal(start)
	}
}

func (w *walker) object() {
	keys := map[string]bool{}
	defer func() { w.keys -= len(keys) }()
	w.next()
	for w.space(); w.now != '}'; {
		if len(keys) > 0 && !w.take(',') {
			return
		}
		w.space()
		key, ok := w.text()
		if !ok || !w.take(':') {
			return
		}
		if keys[key] {
			w.fail("a key stands twice in one object")
			return
		}
		keys[key] = true
		if w.keys++; w.keys > MaxKeys {
			w.limit("too many keys")
			return
		}
		w.path = append(w.path, key)
		w.value()
		w.path = w.path[:len(w.path)-1]
		if w.space(); w.err != nil {
			return
		}
	}
	w.next()
}

func (w *walker) array() {
	w.path = append(w.path, "[]")
	w.next()
	for first := true; ; first = false {
		if w.space(); w.now == ']' && w.err == nil {
			break
		}
		if !first && !w.take(',') {
			return
		}
		if w.value(); w.err != nil {
			return
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.next()
}

// literal reads a number or a word.
func (w *walker) literal(start int64) {
	var b []byte
	for w.now >= '0' && w.now <= '9' || w.now >= 'a' && w.now <= 'z' || w.now >= 'A' && w.now <= 'Z' || w.now == '-' || w.now == '+' || w.now == '.' {
		if b = append(b, byte(w.now)); len(b) > MaxText {
			w.limit("a number is too long")
			return
		}
		w.next()
	}
	v := &Value{Number, string(b), w.path, start, w.pos}
	switch s := v.Text; {
	case s == "true" || s == "false":
		v.Kind = Bool
	case s == "null":
		v.Kind = Null
	case s == "NaN" || s == "Infinity" || s == "-Infinity":
	case s == "" || !number(s):
		w.fail("a value is missing")
		return
	}
	w.visit(v)
}

// number accepts what JSON calls one; Python takes no more.
func number(s string) bool {
	digits := func() (n int) {
		for len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
			s, n = s[1:], n+1
		}
		return n
	}
	if s[0] == '-' {
		s = s[1:]
	}
	zero := s != "" && s[0] == '0'
	if n := digits(); n == 0 || n > 1 && zero {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; digits() == 0 {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}

// text reads a string.
func (w *walker) text() (string, bool) {
	if w.now != '"' {
		w.fail("a string is missing")
		return "", false
	}
	var b []byte
	for w.next(); w.now != '"'; w.next() {
		switch {
		case w.now < 0x20:
			w.fail("a string does not end, or holds a control character")
			return "", false
		case len(b) > MaxText:
			w.limit("a string is too long")
			return "", false
		case w.now == '\\':
			w.next()
			b = w.escape(b)
		default:
			b = append(b, byte(w.now))
		}
	}
	if w.next(); w.err == nil && !utf8.Valid(b) {
		w.fail("a string is not UTF-8")
	}
	return string(b), w.err == nil
}
