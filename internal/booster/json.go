package booster

import (
	"errors"
	"strconv"
)

// json reads JSON as xgboost writes it (src/common/json.cc, JsonWriter): no
// space outside of texts.
type json struct{ *model }

func (j json) value() {
	switch c := j.peek(); {
	case c == '{':
		j.next()
		j.open(false)
		j.items('}', func() {
			j.key(j.quoted())
			j.expect(':')
			j.value()
		})
		j.close()
	case c == '[':
		j.next()
		j.open(true)
		j.items(']', j.value)
		j.close()
	case c == '"':
		j.text(j.quoted())
	default:
		j.plain()
	}
}

// items reads what stands between commas up to the end.
func (j json) items(end byte, item func()) {
	if j.peek() == end {
		j.next()
		return
	}
	for {
		item()
		switch c := j.next(); c {
		case end:
			return
		case ',':
		default:
			j.fail("%q in a list", c)
		}
	}
}

// quoted reads a text. An escape stays as it is written: no name that is looked
// for has one.
func (j json) quoted() string {
	j.expect('"')
	var b []byte
	for {
		c := j.next()
		switch {
		case c == '"':
			return string(b)
		case c < ' ' || len(b) > maxWord:
			j.fail("a text that is not closed")
		case c == '\\':
			b = append(b, c)
			c = j.next()
		}
		b = append(b, c)
	}
}

// plain reads a number or a word.
func (j json) plain() {
	var b []byte
	for c := j.peek(); c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'; c = j.peek() {
		if b = append(b, j.next()); len(b) > 64 {
			break
		}
	}
	switch s := string(b); s {
	case "true", "false", "null":
		j.word()
	default:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			j.number(n, true)
			return
		}
		if _, err := strconv.ParseFloat(s, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			j.fail("%q is no value", s)
		}
		j.number(0, false)
	}
}
