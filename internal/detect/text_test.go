package detect

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// What is text does not depend on where the pieces end that it is read in.
func TestWholeText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"nothing", "", true},
		{"white space and a colour", "a\tb\r\n\x1b[0m\v\f\b\a", true},
		{"characters of every length", strings.Repeat("aé€😀\ufffd", 5000), true},
		{"a zero", "a\x00", false},
		{"a control character", "a\x0e", false},
		{"delete", "a\x7f", false},
		{"Latin-1", "caf\xe9", false},
		{"half a character at the end", "ab\xe2\x82", false},
		{"a surrogate", "\xed\xa0\x80", false},
		{"what begins no character", strings.Repeat("a", 16<<10) + "\x80\x80\x80\x80", false},
	} {
		if got := WholeText(strings.NewReader(c.text)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
		if got := WholeText(iotest.OneByteReader(strings.NewReader(c.text))); got != c.want {
			t.Errorf("%s, byte by byte: %t", c.name, got)
		}
	}
	if WholeText(iotest.ErrReader(bytes.ErrTooLarge)) {
		t.Error("what cannot be read is text")
	}
}

// FuzzWholeText compares with a reading character by character.
func FuzzWholeText(f *testing.F) {
	f.Add("aé€😀\xe2\x82")
	f.Fuzz(func(t *testing.T, text string) {
		want := utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
			return r < ' ' && (r < '\a' || r > '\r') && r != 0x1b || r == 0x7f
		}) < 0
		if got := WholeText(iotest.OneByteReader(strings.NewReader(text))); got != want {
			t.Fatalf("%q: %t", text, got)
		}
	})
}
