package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// An array of Arrow whose offsets or indices point out of what there is, is unread: pyarrow
// would follow them.
func TestArrowPointers(t *testing.T) {
	alias := func(name string) string {
		return fmt.Sprintf(`GLOBAL "pyarrow.lib" "type_for_alias"; UNICODE %q; TUPLE1; REDUCE; `, name)
	}
	buffer := func(b string) string {
		if b == "" {
			return "NONE; "
		}
		return fmt.Sprintf(`GLOBAL "pyarrow.lib" "py_buffer"; SHORT_BINBYTES "%s"; TUPLE1; REDUCE; `, escaped(b))
	}
	parts := func(kind string, length, offset int, children, dictionary string, buffers ...string) string {
		text := fmt.Sprintf(`MARK; %sBININT1 %d; BININT1 0; BININT1 %d; EMPTY_LIST; MARK; `, kind, length, offset)
		for _, b := range buffers {
			text += buffer(b)
		}
		return text + "APPENDS; EMPTY_LIST; MARK; " + children + "APPENDS; " + dictionary + "TUPLE; "
	}
	ints := func(v ...int32) string {
		var b strings.Builder
		for _, n := range v {
			b.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
		}
		return b.String()
	}
	texts := func(offsets ...int32) string {
		return parts(alias("string"), len(offsets)-1, 0, "", "NONE; ", "", ints(offsets...), "abc")
	}
	words := parts(alias("string"), 2, 0, "", "NONE; ", "", ints(0, 1, 3), "abc")
	indices := func(kind, mask, data string) string {
		of := `GLOBAL "pyarrow.lib" "dictionary"; ` + alias(kind) + alias("string") + `NEWFALSE; TUPLE3; REDUCE; `
		return parts(of, 3, 0, "", words, mask, data)
	}
	list := func(offset, length int, offsets ...int32) string {
		return parts(`GLOBAL "pyarrow.lib" "list_"; `+alias("string")+`TUPLE1; REDUCE; `, length, offset, words, "NONE; ", "", ints(offsets...))
	}
	for _, tt := range []struct {
		name, array string
		ok          bool
	}{
		{"texts", texts(0, 1, 3), true},
		{"texts from the middle", texts(1, 1, 2), true},
		{"texts beyond", texts(0, 1, 4), false},
		{"texts that go back", texts(0, 2, 1), false},
		{"texts before the beginning", texts(-1, 1, 2), false},
		{"indices", indices("int8", "", "\x00\x01\x01"), true},
		{"an index beyond", indices("int8", "", "\x00\x02\x01"), false},
		{"an index below", indices("int8", "", "\x00\xff\x01"), false},
		{"a large index without a sign", indices("uint8", "", "\x00\xff\x01"), false},
		{"an index that is missing", indices("int8", "\x05", "\x00\xff\x01"), true},
		{"an index that is not missing", indices("int8", "\x07", "\x00\xff\x01"), false},
		{"lists", list(0, 2, 0, 1, 2), true},
		{"lists from an offset", list(1, 1, 9, 1, 2), true},
		{"lists beyond", list(0, 2, 0, 1, 3), false},
		{"lists of texts beyond", strings.Replace(list(0, 2, 0, 1, 2), escaped(ints(0, 1, 3)), escaped(ints(0, 1, 9)), 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			program := `PROTO 3; GLOBAL "pyarrow.lib" "_restore_array"; ` + tt.array + "TUPLE1; REDUCE; STOP"
			data, err := pickle.Assemble(strings.ReplaceAll(program, "; ", "\n"))
			if err != nil {
				t.Fatal(err)
			}
			want := audit.VerdictClean
			if !tt.ok {
				want = audit.VerdictIncomplete
			}
			if a := scanBytes(t, "m.pkl", data).Artifact; a.Verdict != want {
				t.Errorf("%s: %v %v", a.Verdict, a.Findings, a.Coverage.Unread)
			}
		})
	}
}

func escaped(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}
