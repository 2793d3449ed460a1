package symbolic

import (
	"bytes"
	"io"
	"testing"
)

// The bytes of a bytearray are found however its type is spelled, and of no other type.
func TestPayloadOf(t *testing.T) {
	for _, tt := range []struct{ name, program, want string }{
		{"literal", `PROTO 5; BYTEARRAY8 "abc"; STOP`, "abc"},
		{"called", `PROTO 3; GLOBAL "builtins" "bytearray"; SHORT_BINBYTES "abc"; TUPLE1; REDUCE; STOP`, "abc"},
		{"by dill", `PROTO 3; GLOBAL "dill._dill" "_load_type"; UNICODE "bytearray"; TUPLE1; REDUCE; SHORT_BINBYTES "abc"; TUPLE1; REDUCE; STOP`, "abc"},
		{"another type by dill", `PROTO 3; GLOBAL "dill._dill" "_load_type"; UNICODE "list"; TUPLE1; REDUCE; SHORT_BINBYTES "abc"; TUPLE1; REDUCE; STOP`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := assemble(t, tt.program)
			tr := Run(bytes.NewReader(data), 0, int64(len(data)), Options{})
			p, ok := PayloadOf(bytes.NewReader(data), tr.Root)
			if ok != (tt.want != "") {
				t.Fatalf("found: %v", ok)
			}
			if !ok {
				return
			}
			if got, err := io.ReadAll(io.NewSectionReader(p.Data, 0, p.Size)); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
