package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustAssemble(t testing.TB, program string) []byte {
	t.Helper()
	b, err := Assemble(program)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnomalies(t *testing.T) {
	for _, tt := range []struct {
		name, program string
		want          []string // kind [start,end)
	}{
		{"sound frames", "PROTO 4\nFRAME auto\nNONE\nPOP\nFRAME auto\nNONE\nSTOP", nil},
		{"bytes between frames", "PROTO 4\nFRAME 1\nNONE\nBINBYTES \"outside\"\nSTOP", nil},
		{"two framed pickles", "PROTO 4\nFRAME 2\nNONE\nSTOP\nPROTO 4\nFRAME 2\nNONE\nSTOP", nil},
		{"header of a frame ends the frame before", "FRAME 9\nFRAME 2\nNONE\nSTOP", nil},
		{"argument crosses the frame", "FRAME 2\nBINBYTES \"abc\"\nSTOP", []string{"frame-straddle [9,17)"}},
		{"argument behind the frame", "FRAME 1\nBININT1 1\nSTOP", []string{"frame-straddle [9,11)"}},
		{"line crosses the frame", "FRAME 3\nGLOBAL \"a\" \"b\"\nSTOP", []string{"frame-straddle [9,14)"}},
		{"frame in a frame", "FRAME 20\nFRAME 2\nNONE\nSTOP", []string{"frame-too-long [0,9)", "frame-nested [9,18)"}},
		{"header of a frame crosses", "FRAME 4\nFRAME 2\nNONE\nSTOP", []string{"frame-straddle [9,18)"}},
		{"frame longer than the input", "FRAME 3\nNONE\nSTOP", []string{"frame-too-long [0,9)", "frame-leftover [11,11)"}},
		{"frame of 2^64-1", "FRAME 18446744073709551615\nNONE\nSTOP", []string{"frame-too-long [0,9)", "frame-leftover [11,11)"}},
		{"bytes left at STOP", "FRAME 4\nNONE\nSTOP\nNONE\nSTOP", []string{"frame-leftover [11,13)"}},
		{"second PROTO", "PROTO 2\nPROTO 4\nNONE\nSTOP", []string{"proto-misplaced [2,4)"}},
		{"late PROTO", "NONE\nPROTO 4\nSTOP", []string{"proto-misplaced [1,3)"}},
		{"unknown protocol", "PROTO 6\nNONE\nSTOP", []string{"proto-misplaced [0,2)"}},
		{"octal or decimal", `RAW "I010\n."`, []string{"odd-spelling [0,5)"}},
		{"False or 0", `RAW "I+0\n."`, []string{"odd-spelling [0,4)"}},
		{"text behind NUL", `RAW "L1\x00junk\n."`, []string{"odd-spelling [0,8)"}},
		{"memo index with space", `RAW "N" "p 1\n."`, []string{"odd-spelling [1,5)"}},
		{"import without end of line", `RAW "cevil\nnameX"`, []string{"unterminated-line [0,11)"}},
		{"module without end of line", `RAW "cevilX"`, []string{"unterminated-line [0,6)"}},
		{"module alone", `RAW "cevil\n"`, []string{"unterminated-line [0,6)"}},
		{"call without end of line", `RAW "(ievil\nnameX"`, []string{"unterminated-line [1,12)"}},
		{"empty name", `RAW "cevil\n\n."`, []string{"empty-name [0,7)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, d, err := decodeAll(mustAssemble(t, tt.program), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range d.Anomalies() {
				got = append(got, fmt.Sprintf("%s [%d,%d)", a.Kind, a.Pos, a.End))
				if a.Msg == "" {
					t.Errorf("%s has no message", a.Kind)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnterminatedNames(t *testing.T) {
	for in, want := range map[string][2]string{
		"cevil\nnameX": {"evil", "name"},
		"ievil\nnameX": {"evil", "name"},
		"cevil\n":      {"evil", ""},
		"cevilX":       {"evil", ""},
		"PpidX":        {"pid", ""},
	} {
		ops, _, err := decodeAll([]byte(in), Options{})
		if err != nil || len(ops) != 1 || ops[0].Text != want[0] || ops[0].Name != want[1] {
			t.Errorf("%q: %v, %v; want the names %q", in, ops, err, want)
		}
	}
}

func TestAnomaliesAreBounded(t *testing.T) {
	_, d, err := decodeAll(bytes.Repeat([]byte("I0x1\n"), 1000), Options{})
	if n := len(d.Anomalies()); err != nil || n != maxAnomalies {
		t.Errorf("%d anomalies, %v; want %d", n, err, maxAnomalies)
	}
}

func TestFormatErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in, want   string
		truncated, limit bool
	}{
		{"argument", "NJ\x01\x02", "opcode BININT at 0x1: argument of 4 bytes, but the input has 2", true, false},
		{"payload", "X\xff\xff\xff\x7fab", "opcode BINUNICODE at 0x0: argument of 2147483647 bytes, but the input has 2", true, false},
		{"claim of 2^64-1", "\x8e\xff\xff\xff\xff\xff\xff\xff\xffab", "opcode BINBYTES8 at 0x0: argument of 18446744073709551615 bytes, but the input has 2", true, false},
		{"line", "I12", "opcode INT at 0x0: input ends before the line's \"\\n\"", true, false},
		{"no line", "c", "opcode GLOBAL at 0x0: input ends before the line's \"\\n\"", true, false},
		{"negative LONG4", "\x8b\xff\xff\xff\xff", "opcode LONG4 at 0x0: negative length -1", false, false},
		{"not UTF-8", "\x8c\x03ab\xff", "opcode SHORT_BINUNICODE at 0x0: byte 2 of the text is not UTF-8", false, false},
		{"GLOBAL not UTF-8", "ca\xff\nb\n", `opcode GLOBAL at 0x0: name "a\xff" is not UTF-8`, false, false},
		{"INST not ASCII", "ia\nb\xc3\xa9\n", `opcode INST at 0x0: name "b\u00e9" is not ASCII`, false, false},
		{"number", "I1x\n", `opcode INT at 0x0: "1x" is not a valid number`, false, false},
		{"negative PUT", "p-1\n", `opcode PUT at 0x0: "-1" is not a valid number`, false, false},
		{"string", "Sabc\n", "opcode STRING at 0x0: string is not quoted", false, false},
		{"long persistent id", "P" + strings.Repeat("\x00", 2<<20) + "\n.", "opcode PERSID at 0x0: line of more than 1048576 bytes", false, true},
		{"long persistent id that is not ASCII", "P" + strings.Repeat("\x00", 2<<20) + "\xff\n.", "opcode PERSID at 0x0: persistent id is not ASCII", false, false},
		{"long persistent id without end", "P" + strings.Repeat("\x00", 2<<20), "opcode PERSID at 0x0: input ends before the line's \"\\n\"", true, false},
		{"long persistent id further on", "NP" + strings.Repeat("\x00", 2<<20), "opcode PERSID at 0x1: line of more than 1048576 bytes", false, true},
		{"digits", "L" + strings.Repeat("1", 70000) + "\n", "opcode LONG at 0x0: number of more than 16384 digits", false, true},
		{"much text", "g" + strings.Repeat("lobalThis ", 7000) + "\n", `opcode GET at 0x0: "lobalThis lobalThis lobalThis lobalThis " is not a valid number`, false, false},
		{"more text than a line has", "L" + strings.Repeat("long text ", 200000), `opcode LONG at 0x0: "long text long text long text long text " is not a valid number`, false, false},
		{"more digits than a line has", "L" + strings.Repeat("1", 2<<20), "opcode LONG at 0x0: line of more than 1048576 bytes", false, true},
		{"no digits", "L\x00" + strings.Repeat("1", 70000) + "\n", `opcode LONG at 0x0: "\x00111111111111111111111111111111111111111" is not a valid number`, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, d, err := decodeAll([]byte(tt.in), Options{})
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Error() != tt.want || fe.Truncated() != tt.truncated || fe.Limit() != tt.limit {
				t.Fatalf("error %v, want %s", err, tt.want)
			}
			if d.Pos() != fe.Offset || len(d.Anomalies()) != 0 {
				t.Errorf("position %d, anomalies %v after the error", d.Pos(), d.Anomalies())
			}
			if _, again := d.Next(); again == nil || again.Error() != err.Error() {
				t.Errorf("the next call returns %v", again)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	in := []byte("\x8c\x05abcde\x8c\x04abcdNNN")
	d := NewDecoder(bytes.NewReader(in), 0, int64(len(in)), Options{MaxInline: 4, MaxOps: 3})
	op, err := d.Next()
	if want := (Range{2, 5}); err != nil || !op.Lazy || op.Text != "" || op.Data != want {
		t.Errorf("payload above the limit: %+v, %v", op, err)
	}
	if op, err := d.Next(); err != nil || op.Lazy || op.Text != "abcd" {
		t.Errorf("payload at the limit: %+v, %v", op, err)
	}
	if _, err := d.Next(); err != nil {
		t.Error(err)
	}
	var fe *FormatError
	if _, err := d.Next(); !errors.As(err, &fe) || !fe.Limit() {
		t.Errorf("fourth instruction: %v", err)
	}

	for in, want := range map[string]Op{
		"Vabcd\n":     {Code: OpUnicode, End: 6, Text: "abcd"},
		"Vabcde\n":    {Code: OpUnicode, End: 7, Data: Range{1, 5}, Lazy: true},
		"S'abcdef'\n": {Code: OpString, End: 10, Data: Range{2, 6}, Lazy: true},
	} {
		if ops, _, err := decodeAll([]byte(in), Options{MaxInline: 4, MaxLine: 8}); err != nil || ops[0] != want {
			t.Errorf("%q: %+v, %v", in, ops, err)
		}
	}
	for in, limit := range map[string]bool{"Vabcde": false, "Vabcdefghi\n": true, "Vabcdefghij": true, "S'abcde\n": false, "Iabcde\n": true} {
		if _, _, err := decodeAll([]byte(in), Options{MaxInline: 4, MaxLine: 8}); !errors.As(err, &fe) || fe.Limit() != limit {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// counter counts the bytes that are asked of a ReaderAt.
type counter struct {
	r     io.ReaderAt
	bytes int64
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	c.bytes += int64(len(p))
	return c.r.ReadAt(p, off)
}

// sparse is an input of size bytes that holds head at 0 and STOP everywhere else.
type sparse struct {
	head string
	size int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = '.'
		if at := off + int64(i); at < int64(len(s.head)) {
			p[i] = s.head[at]
		}
	}
	if off+int64(len(p)) > s.size {
		return 0, io.EOF
	}
	return len(p), nil
}

func TestLazyPayloadIsNotRead(t *testing.T) {
	for _, head := range []string{
		"\x8e\x00\x00\x00\x00\x01\x00\x00\x00", // BINBYTES8, BINUNICODE8, BYTEARRAY8 of 4 GiB
		"\x8d\x00\x00\x00\x00\x01\x00\x00\x00",
		"\x96\x00\x00\x00\x00\x01\x00\x00\x00",
		"B\x00\x00\x00\xff", "X\x00\x00\x00\xff", "T\x00\x00\x00\xff", "\x8b\x00\x00\x00\x7f",
	} {
		c := &counter{r: sparse{head, 1 << 33}}
		d := NewDecoder(c, 0, 1<<33, Options{})
		op, err := d.Next()
		if err != nil || !op.Lazy || op.Data.Off != int64(len(head)) || op.End != op.Data.Off+op.Data.Len {
			t.Errorf("%q: %+v, %v", head, op, err)
		}
		if op, err := d.Next(); err != nil || op.Code != OpStop {
			t.Errorf("%q: then %v, %v", head, op.Code, err)
		}
		if c.bytes > 2*windowSize {
			t.Errorf("%q: %d bytes were read", head, c.bytes)
		}
	}
}

// TestWindow puts instructions across the edges of the buffer.
func TestWindow(t *testing.T) {
	for _, pad := range []int{windowSize - 12, windowSize - 5, windowSize - 1, windowSize, 3*windowSize - 2} {
		long := strings.Repeat("x", windowSize+7)
		in := strings.Repeat("N", pad) + "\x8c\x03abcVtext\nG\x3f\xf8\x00\x00\x00\x00\x00\x00V" + long + "\ncos\nsystem\nX\x07\x00\x01\x00" + long + "."
		ops, _, err := decodeAll([]byte(in), Options{})
		if err != nil || len(ops) != pad+7 {
			t.Fatalf("pad %d: %d instructions, %v", pad, len(ops), err)
		}
		got := ops[pad:]
		if got[0].Text != "abc" || got[1].Text != "text" || got[2].Float != 1.5 || got[3].Text != long || got[4].Text != "os" || got[4].Name != "system" || got[5].Text != long {
			t.Errorf("pad %d: wrong texts", pad)
		}
	}
}

func TestSeek(t *testing.T) {
	in := append([]byte("xx"), mustAssemble(t, "PROTO 4\nFRAME 30\nNONE\nRAW ffffff\nNONE\nSTOP")...)
	d := NewDecoder(bytes.NewReader(in), 2, int64(len(in)), Options{})
	for range 3 {
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if d.Pos() != 14 || d.FrameEnd() != 43 {
		t.Errorf("position %d, frame end %d; want 14 and 43", d.Pos(), d.FrameEnd())
	}
	d.SeekTo(17)
	if d.FrameEnd() != -1 {
		t.Errorf("frame end %d after Seek", d.FrameEnd())
	}
	if op, err := d.Next(); err != nil || op.Pos != 17 || op.Code != OpNone {
		t.Errorf("after Seek: %+v, %v", op, err)
	}
	for _, pos := range []int64{-1, 0, 1, int64(len(in)) + 1, math.MaxInt64} {
		d.SeekTo(pos)
		var fe *FormatError
		if _, err := d.Next(); !errors.As(err, &fe) || !fe.Truncated() {
			t.Errorf("Seek(%d): %v", pos, err)
		}
	}
	d.SeekTo(int64(len(in)))
	if _, err := d.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// TestReaderErrors: what the reader cannot give is no fault of the format.
func TestReaderErrors(t *testing.T) {
	for name, r := range map[string]io.ReaderAt{
		"short":  bytes.NewReader([]byte("\x80\x04")),
		"sparse": sparse{"", 3},
	} {
		_, err := NewDecoder(r, 0, 10, Options{}).Next()
		var fe *FormatError
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &fe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
