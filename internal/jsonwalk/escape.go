package jsonwalk

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// escape appends what the escape at now stands for; now stays on its last byte.
func (w *walker) escape(b []byte) []byte {
	if w.now == 'u' {
		return w.unicode(b)
	}
	at := -1
	if w.now >= 0 {
		at = strings.IndexByte(`"\/bfnrt`, byte(w.now))
	}
	if at < 0 {
		w.fail("an unknown escape")
		return b
	}
	return append(b, "\"\\/\b\f\n\r\t"[at])
}

// unicode reads \uXXXX, and a second one that makes a pair with it. Half a pair
// becomes U+FFFD.
func (w *walker) unicode(b []byte) []byte {
	r := w.hex()
	for utf16.IsSurrogate(r) {
		// A pair follows at once or not at all.
		if more, err := w.in.Peek(2); err != nil || string(more) != `\u` || r >= 0xdc00 {
			return utf8.AppendRune(b, utf8.RuneError)
		}
		w.next()
		w.next()
		second := w.hex()
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			return utf8.AppendRune(b, pair)
		}
		b, r = utf8.AppendRune(b, utf8.RuneError), second // it may begin a pair itself
	}
	return utf8.AppendRune(b, r)
}

// hex reads the four digits behind the u at now.
func (w *walker) hex() (r rune) {
	for range 4 {
		w.next()
		d := -1
		if w.now >= 0 {
			d = strings.IndexByte("0123456789abcdef", byte(unicode.ToLower(rune(w.now))))
		}
		if d < 0 {
			w.fail("an escape without four digits")
			return utf8.RuneError
		}
		r = r<<4 | rune(d)
	}
	return r
}
