package keras

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseBytes is ParseAll of a JSON text in any encoding that Python finds out. Of one that is
// not plain UTF-8 every value, and every name that stands twice, has the place of the whole.
func ParseBytes(text []byte) (*Value, []*SyntaxError, error) {
	plain := decode(text)
	v, twice, err := ParseAll(plain)
	if bytes.Equal(plain, text) || err != nil {
		return v, twice, err
	}
	v.place(len(text))
	for _, t := range twice {
		t.Offset = 0
	}
	return v, twice, nil
}

func (v *Value) place(end int) {
	v.Start, v.End = 0, end
	for _, item := range v.Items {
		item.place(end)
	}
}

// decode gives a JSON text in UTF-8, as Python's json.loads reads bytes: UTF-8, UTF-16 or
// UTF-32, by the mark at the beginning or by where the zeros of the first characters are. Halves
// of a surrogate pair, which Python keeps, become U+FFFD. Where nothing
// has to be done it is text itself.
func decode(text []byte) []byte {
	if body, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		return replaceHalves(body)
	}
	width, order, mark := encodingOf(text)
	if width == 1 {
		return replaceHalves(text)
	}
	return decodeUnits(text[mark:], width, order)
}

func decodeUnits(text []byte, width int, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(text)/width)
	half := rune(0) // the first half of a pair
	for ; len(text) >= width && len(out) <= MaxSize; text = text[width:] {
		u := rune(order.Uint16(text))
		if width == 4 {
			u = rune(order.Uint32(text))
		}
		if half != 0 {
			pair := utf16.DecodeRune(half, u)
			out, half = utf8.AppendRune(out, pair), 0
			if pair != utf8.RuneError {
				continue
			}
		}
		if width == 2 && utf16.IsSurrogate(u) && u < 0xdc00 {
			half = u
			continue
		}
		out = utf8.AppendRune(out, u)
	}
	if half != 0 || len(text) > 0 {
		out = utf8.AppendRune(out, utf8.RuneError)
	}
	return out
}

// encodingOf gives the bytes a unit, their order and how many make the mark at the beginning.
func encodingOf(t []byte) (width int, order binary.ByteOrder, mark int) {
	at := func(i int) bool { return i < len(t) && t[i] != 0 }
	switch {
	case bytes.HasPrefix(t, []byte("\x00\x00\xfe\xff")):
		return 4, binary.BigEndian, 4
	case bytes.HasPrefix(t, []byte("\xff\xfe\x00\x00")):
		return 4, binary.LittleEndian, 4
	case bytes.HasPrefix(t, []byte("\xfe\xff")):
		return 2, binary.BigEndian, 2
	case bytes.HasPrefix(t, []byte("\xff\xfe")):
		return 2, binary.LittleEndian, 2
	case len(t) < 2 || len(t) == 3, at(0) && at(1):
		return 1, nil, 0
	case !at(0) && (at(1) || len(t) == 2):
		return 2, binary.BigEndian, 0
	case !at(0):
		return 4, binary.BigEndian, 0
	case at(2) || at(3) || len(t) == 2:
		return 2, binary.LittleEndian, 0
	}
	return 4, binary.LittleEndian, 0
}

// replaceHalves puts U+FFFD where three bytes stand for half of a surrogate pair.
func replaceHalves(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	out := bytes.Clone(text)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == 0xed && out[i+1] >= 0xa0 && out[i+1] < 0xc0 && out[i+2] >= 0x80 && out[i+2] < 0xc0 {
			copy(out[i:], "\xef\xbf\xbd")
		}
	}
	return out
}
