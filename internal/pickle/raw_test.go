package pickle

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// After what the loader reads from the file, instructions go on: at once, or
// when the frame is used up, as class _Unframer of Lib/pickle.py has it.
func TestSkipFile(t *testing.T) {
	frame := func(body string) string {
		return "\x95" + string([]byte{byte(len(body))}) + strings.Repeat("\x00", 7) + body
	}
	for _, test := range []struct {
		name, stream string
		after        int // instructions before the loader reads
		skips        []int64
		want         string
	}{
		{"no frame", "N" + "###" + "0.", 1, []int64{3}, "NONE POP STOP"},
		{"end of a frame", frame("N") + "###" + "0.", 2, []int64{3}, "FRAME NONE POP STOP"},
		{"rest of a frame first", frame("N2") + "###" + "0.", 2, []int64{3}, "FRAME NONE DUP POP STOP"},
		{"two reads in one frame", frame("N2") + "#####" + "0.", 2, []int64{3, 2}, "FRAME NONE DUP POP STOP"},
		{"a frame behind", frame("N") + "###" + frame("0."), 2, []int64{3}, "FRAME NONE FRAME POP STOP"},
		{"a frame that begins in the rest", frame("N\x95\x02\x00\x00\x00\x00\x00\x00\x00") + "###" + "0.", 2, []int64{3}, "FRAME NONE FRAME POP STOP"},
		{"an argument across", frame("NK") + "###" + "\x010.", 2, []int64{3}, "FRAME NONE error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := NewDecoder(bytes.NewReader([]byte(test.stream)), 0, int64(len(test.stream)), Options{})
			var got []string
			for n := 0; ; n++ {
				if n == test.after {
					for _, s := range test.skips {
						d.SkipFile(d.FilePos() + s)
					}
				}
				op, err := d.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					got = append(got, "error")
					break
				}
				got = append(got, op.Code.String())
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
		})
	}
}
