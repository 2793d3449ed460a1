package keras

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// bare finds what Keras writes of a lambda that is an activation: of {"class_name":
// "__lambda__", "config": {"value": [code, defaults, closure]}} the config alone
// (keras/src/activations/__init__.py, serialize), which no version opens again.
func (w *usesWalk) bare(v *Value, layer string) {
	if code := first(v.Get("value")); v.Get("class_name") == nil && code != nil && isCode(code.String()) && !w.coded[code] {
		w.code(v, code, layer)
	}
}

// isCode reports a text that is marshalled code, in either spelling, by its first bytes:
// the type of a code object, flagged or not, and a number of arguments below 256.
func isCode(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	if len(text) < 40 {
		return false
	}
	if b, err := base64.StdEncoding.DecodeString(text[:8]); err == nil && beginsCode(b) {
		return true
	}
	return beginsCode(rawUnicode(text[:8]))
}

func beginsCode(b []byte) bool {
	return len(b) > 4 && b[0]&0x7f == 'c' && b[2] == 0 && b[3] == 0 && b[4] == 0
}

// first is the code of [code, defaults, closure], which SavedModels have as a __tuple__.
func first(v *Value) *Value {
	if v.Get("class_name").String() == "__tuple__" {
		v = v.Get("items")
	}
	if v != nil && v.Kind == Array && len(v.Items) > 0 {
		return v.Items[0]
	}
	return v
}

func (w *usesWalk) code(v, code *Value, layer string) {
	u := Use{Kind: Code, Layer: layer, Value: v}
	if code.Get("class_name").String() == "__bytes__" {
		code = code.Get("config").Get("value")
	}
	w.coded[code] = true
	text := code.String()
	b, err := base64.StdEncoding.DecodeString(strings.Map(dropSpace, text))
	switch {
	case text == "":
		u.Text = "no text"
	case err != nil:
		u.Bytecode = rawUnicode(text)
	default:
		u.Bytecode = b
	}
	w.list = append(w.list, u)
}

// dropSpace leaves out white space, as codecs.decode(text, "base64") does.
func dropSpace(r rune) rune {
	if strings.ContainsRune(" \t\r\n", r) {
		return -1
	}
	return r
}

// rawUnicode is text.encode("raw_unicode_escape"), in which Keras before 2.1 kept code.
func rawUnicode(text string) []byte {
	var b []byte
	for _, r := range text {
		if r > 0xff {
			b = append(b, `\u`+strconv.FormatInt(int64(r)+0x10000, 16)[1:]...)
			continue
		}
		b = append(b, byte(r))
	}
	return b
}
