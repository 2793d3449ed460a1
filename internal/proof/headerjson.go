package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// A headerReader reads the JSON object of a safetensors header piece by piece. It
// knows the form in which the reference writer spells a tensor, and leaves any
// other to encoding/json.
type headerReader struct {
	in  *bufio.Reader
	buf []byte
}

// maxEntry is how many bytes may describe a tensor.
const maxEntry = 64 << 10

// entries fills h, without __metadata__.
func (r *headerReader) entries(h *header) error {
	if c, err := r.in.ReadByte(); err != nil || c != '{' {
		return errors.New("no JSON object")
	}
	c, err := r.next()
	for more := err == nil && c != '}'; more; {
		if err := r.member(h, c); err != nil {
			return err
		}
		if c, err = r.next(); err != nil || c == '}' {
			break
		}
		if c != ',' {
			return fmt.Errorf("%q where a comma belongs", c)
		}
		c, err = r.next()
		more = err == nil
	}
	if err != nil {
		return short(err)
	}
	for {
		switch c, err := r.in.ReadByte(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c != ' ':
			return errors.New("text behind the JSON object")
		}
	}
}

// member reads a name, whose first byte is c, and what belongs to it.
func (r *headerReader) member(h *header, c byte) error {
	name, err := r.name(c)
	if err != nil {
		return err
	}
	if c, err := r.next(); err != nil || c != ':' {
		return fmt.Errorf("tensor %q: no colon", name)
	}
	if c, err := r.next(); err != nil || c != '{' {
		return fmt.Errorf("tensor %q: no JSON object", name)
	}
	if name == "__metadata__" {
		return r.metadata()
	}
	text, err := r.object()
	if err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	e := entry{name: name}
	if !e.usual(text) {
		if err := e.parse(text); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	if int64(h.names.Len()) > math.MaxUint32-int64(len(name)) || int64(len(h.dims)) > math.MaxUint32-maxEntry || len(h.dtypes) > math.MaxInt16 {
		return errors.New("more than can be held")
	}
	h.append(&e)
	return nil
}

// next is the next byte that is no white space.
func (r *headerReader) next() (byte, error) {
	for {
		c, err := r.in.ReadByte()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
	}
}

// name reads a string that begins with c.
func (r *headerReader) name(c byte) (string, error) {
	if c != '"' {
		return "", fmt.Errorf("%q where a name belongs", c)
	}
	r.buf = append(r.buf[:0], c)
	plain := true
	for {
		piece, err := r.in.ReadSlice('"')
		if err != nil && err != bufio.ErrBufferFull {
			return "", short(err)
		}
		r.buf = append(r.buf, piece...)
		plain = plain && bytes.IndexByte(piece, '\\') < 0
		if err == nil && closed(r.buf) {
			break
		}
	}
	text := r.buf[1 : len(r.buf)-1]
	if !utf8.Valid(text) {
		return "", errors.New("a name that is not UTF-8")
	}
	if plain && bytes.IndexFunc(text, func(c rune) bool { return c < ' ' }) < 0 {
		return string(text), nil
	}
	var name string
	err := json.Unmarshal(r.buf, &name)
	return name, err
}

// closed reports whether the quote at the end of a string is not escaped.
func closed(text []byte) bool {
	n := 0
	for i := len(text) - 2; i > 0 && text[i] == '\\'; i-- {
		n++
	}
	return n%2 == 0
}

// object reads an object whose brace was read; there is none in it.
func (r *headerReader) object() ([]byte, error) {
	r.buf = append(r.buf[:0], '{')
	for {
		piece, err := r.in.ReadSlice('}')
		r.buf = append(r.buf, piece...)
		switch {
		case len(r.buf) > maxEntry:
			return nil, fmt.Errorf("more than %d bytes describe it", maxEntry)
		case err == nil:
			return r.buf, nil
		case err != bufio.ErrBufferFull:
			return nil, short(err)
		}
	}
}

// metadata passes over an object of strings whose brace was read.
func (r *headerReader) metadata() error {
	for {
		c, err := r.next()
		switch {
		case err != nil:
			return short(err)
		case c == '}':
			return nil
		case c == '"':
			if err := r.skipText(); err != nil {
				return err
			}
		case c != ':' && c != ',':
			return fmt.Errorf("%q in the metadata", c)
		}
	}
}

// skipText passes over a string whose first quote was read.
func (r *headerReader) skipText() error {
	for {
		c, err := r.in.ReadByte()
		if err == nil && c == '\\' {
			_, err = r.in.ReadByte()
		}
		switch {
		case err != nil:
			return short(err)
		case c == '"':
			return nil
		}
	}
}

// short says that a header ends too early.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// usual reads the description of a tensor as the reference writer spells it, and
// reports false for any other spelling.
func (e *entry) usual(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte(`{"dtype":"`))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 || bytes.IndexFunc(rest[:end], func(c rune) bool { return c == '\\' || c < ' ' || c >= utf8.RuneSelf }) >= 0 {
		return false
	}
	e.dtype = string(rest[:end])
	if rest, ok = bytes.CutPrefix(rest[end:], []byte(`","shape":[`)); !ok {
		return false
	}
	if e.shape, rest, ok = numbers(make([]int64, 0, 8), rest); !ok {
		return false
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"data_offsets":[`)); !ok {
		return false
	}
	var both [2]int64
	offsets, rest, ok := numbers(both[:0], rest)
	if !ok || len(offsets) != 2 || string(rest) != "}" {
		return false
	}
	e.begin, e.end = offsets[0], offsets[1]
	return true
}

// numbers reads integers of at most 18 digits up to a bracket.
func numbers(out []int64, text []byte) (list []int64, rest []byte, ok bool) {
	if len(text) > 0 && text[0] == ']' {
		return out, text[1:], true
	}
	for n, digits := int64(0), 0; len(text) > 0; {
		c := text[0]
		text = text[1:]
		switch {
		case '0' <= c && c <= '9' && digits < 18 && (digits != 1 || n != 0):
			n, digits = 10*n+int64(c-'0'), digits+1
		case (c == ',' || c == ']') && digits > 0:
			if out = append(out, n); c == ']' {
				return out, text, true
			}
			n, digits = 0, 0
		default:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// parse reads the description of a tensor in any spelling.
func (e *entry) parse(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	var offsets []int64
	want := []struct {
		key  string
		into any
	}{{"dtype", &e.dtype}, {"shape", &e.shape}, {"data_offsets", &offsets}}
	for _, w := range want {
		if err := json.Unmarshal(fields[w.key], w.into); err != nil {
			return fmt.Errorf("%s: %w", w.key, err)
		}
	}
	if len(fields) != 3 || len(offsets) != 2 || e.shape == nil {
		return errors.New("want dtype, shape and two data_offsets, and nothing else")
	}
	e.begin, e.end = offsets[0], offsets[1]
	return nil
}
