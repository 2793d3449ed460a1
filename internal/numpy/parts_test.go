package numpy

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// dtype is the opcodes of numpy.dtype(code, False, True) with a state whose
// parts are the opcodes of subdtype, names and fields.
func dtype(code, order, parts string, size int) string {
	align, flags := 1, 0 // numpy writes -1 where the type string fixes the size
	if size < 0 {
		align = -1
	}
	if code == "O8" {
		flags = 63
	}
	return fmt.Sprintf("cnumpy\ndtype\n(V%s\nI00\nI01\ntR(I3\nV%s\n%sI%d\nI%d\nI%d\ntb", code, order, parts, size, align, flags)
}

// fields is the opcodes of names and fields for parts at offset 0.
func fields(names []string, part string) string {
	var n, f strings.Builder
	for _, name := range names {
		fmt.Fprintf(&n, "V%s\n", name)
		fmt.Fprintf(&f, "V%s\n(%sI0\nt", name, part)
	}
	return "N(" + n.String() + "t(" + f.String() + "d"
}

func read(t *testing.T, opcodes string) (DType, error) {
	t.Helper()
	data := []byte(opcodes + ".")
	tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{})
	if tr.Failure != nil {
		t.Fatalf("the stream ends in an error: %v", tr.Failure.Msg)
	}
	return DTypeOf(tr.Root)
}

// The spellings are those that numpy.dtype of numpy 2.4 takes.
func TestStructured(t *testing.T) {
	float := dtype("f4", ">", "NNN", -1)
	scalar := "cnumpy.core.multiarray\nscalar\n(" + dtype("U2", "<", "NNN", 8) + "C\x08a\x00\x00\x00\x00\x00\x00\x00tR"
	for _, test := range []struct{ name, opcodes, want string }{
		{"one field", dtype("V4", "|", fields([]string{"a<"}, float), 4), `{"names":["a<"],"formats":[">f4"],"offsets":[0],"itemsize":4}`},
		{"a name that is a scalar", dtype("V4", "|", "N("+scalar+"t("+scalar+"("+float+"I0\ntd", 4), `{"names":["a"],"formats":[">f4"],"offsets":[0],"itemsize":4}`},
		{"subarray", dtype("V24", "|", "("+float+"(I2\nI3\nttNN", 24), `[">f4",[2,3]]`},
		{"subarray of one dimension", dtype("V8", "|", "("+float+"I2\ntNN", 8), `[">f4",[2]]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := read(t, test.opcodes)
			if err != nil || d.Str != test.want || !d.Structured || d.Tensor != "" {
				t.Errorf("got %+v, %v; want %s", d, err, test.want)
			}
		})
	}
}

func TestRefusedParts(t *testing.T) {
	byte1 := dtype("u1", "|", "NNN", -1)
	number := "cnumpy.core.multiarray\nscalar\n(" + byte1 + "C\x01atR"
	wide := byte1 // 8 names a level, 10 levels: 8^10 parts in a few kilobytes of text with the memo
	for level := range 10 {
		wide = fmt.Sprintf("%sp%d\n0", wide, level)
		names := strings.Split("abcdefgh", "")
		wide += dtype("V1", "|", fields(names, fmt.Sprintf("g%d\n", level)), 1)
	}
	for _, test := range []struct{ name, opcodes, want string }{
		{"object", dtype("V8", "|", fields([]string{"a"}, dtype("O8", "|", "NNN", -1)), 8), "with the flags 0x0"},
		{"objects in an array without their flags", dtype("V8", "|", "("+dtype("O8", "|", "NNN", -1)+"I1\ntNN", 8), "with the flags 0x0"},
		{"two objects in one place", dtype("V8", "|", fields([]string{"a", "b"}, dtype("O8", "|", "NNN", -1)), 8), "another form"},
		{"beyond the element", dtype("V1", "|", fields([]string{"a"}, dtype("f4", "<", "NNN", -1)), 1), "does not fit"},
		{"a name of no text", dtype("V1", "|", "N("+number+"t("+number+"("+byte1+"I0\ntd", 1), "another form"},
		{"no void", dtype("f8", "<", fields([]string{"a"}, byte1), 8), "with parts"},
		{"exponential", wide, "too many parts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d, err := read(t, test.opcodes); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v; want an error with %q", d, err, test.want)
			}
		})
	}
}
