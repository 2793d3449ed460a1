package scan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// A bfloat16 tensor of an xla device stands in the file as the float32 numbers that
// numpy has for it. It is what it was, unless to load it is to round.
func TestWidened(t *testing.T) {
	program := func(typ, order, data, to string) string {
		return `GLOBAL "torch._utils" "_rebuild_device_tensor_from_numpy"; MARK; GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; SHORT_BINBYTES "` + data + `"; ` +
			`GLOBAL "numpy" "dtype"; UNICODE "` + typ + `"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "` + order + `"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; ` +
			`BININT1 1; BININT1 2; TUPLE2; UNICODE "C"; TUPLE; REDUCE; GLOBAL "torch" "` + to + `"; UNICODE "xla:0"; NEWFALSE; TUPLE; REDUCE; STOP`
	}
	for _, tt := range []struct{ name, program, want string }{
		{"little-endian", program("f4", "<", `\x00\x00\xc0\x3f\x00\x00\x00\xc0`, "bfloat16"), "\xc0\x3f\x00\xc0"},
		{"big-endian", program("f4", ">", `\x3f\xc0\x00\x00\xc0\x00\x00\x00`, "bfloat16"), "\xc0\x3f\x00\xc0"},
		{"rounded", program("f4", "<", `\x00\x00\xc0\x3f\x01\x00\x00\xc0`, "bfloat16"), "casts from f4 to BF16"},
		{"another type", program("f4", "<", `\x00\x00\xc0\x3f\x00\x00\x00\xc0`, "float16"), "casts from f4 to F16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr, err := scanBytes(t, "x.pkl", assemble(t, tt.program)).Model.Tree()
			if err != nil {
				t.Fatal(err)
			}
			if len(tr.Refused) > 0 {
				if got := tr.Refused[0].Reason; !strings.Contains(got, tt.want) {
					t.Error(got)
				}
				return
			}
			var got bytes.Buffer
			if _, err := tr.Tensors[0].WriteTo(&got); err != nil || got.String() != tt.want || tr.Tensors[0].DType != tensor.BF16 || fmt.Sprint(tr.Tensors[0].Shape) != "[1 2]" {
				t.Errorf("%x %s%v (%v)", got.String(), tr.Tensors[0].DType, tr.Tensors[0].Shape, err)
			}
		})
	}
}
