package door

import (
	"io"
	"os"
	"unicode/utf8"
)

// CheckReplaced refuses a file for a report that is there and can be no report of an
// earlier run: every report is text, and a model, the one file nobody wants to lose, hardly
// ever is. It may be none of inputs either.
func CheckReplaced(name string, inputs ...string) error {
	fi, err := os.Stat(name)
	if err != nil || !fi.Mode().IsRegular() {
		return nil // writing says what is wrong
	}
	for _, in := range inputs {
		if other, err := os.Stat(in); err == nil && os.SameFile(fi, other) {
			return Usagef("the report would overwrite %s, which is read", in)
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, min(fi.Size(), 64<<10))
	n, err := io.ReadFull(f, head)
	if err == nil && isText(head[:n]) {
		return nil
	}
	return Usagef("%s is there and is no report: choose another name, or remove it first", name)
}

// isText reports whether data begins a file of UTF-8 without control characters.
func isText(data []byte) bool {
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(data) // cut in the middle
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		data = data[n:]
	}
	return true
}
