package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pickle"
)

// array is the program of an array of two bytes of numpy, MARK-free.
const array = `GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; SHORT_BINBYTES "\x01\x02"; GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; BININT1 2; TUPLE1; UNICODE "C"; TUPLE; REDUCE; `

// scalarOf is the program of a numpy scalar.
func scalarOf(dtype, raw string) string {
	size := "BININT -1; BININT -1; "
	if dtype[1] == 'U' {
		size = "BININT1 4; BININT1 4; "
	}
	return `GLOBAL "numpy.core.multiarray" "scalar"; GLOBAL "numpy" "dtype"; UNICODE "` + dtype[1:] + `"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "` + dtype[:1] +
		`"; NONE; NONE; NONE; ` + size + `BININT1 0; TUPLE; BUILD; SHORT_BINBYTES "` + raw + `"; TUPLE2; REDUCE; `
}

// What names its tensors by what is hard to name comes back from safetensors as it
// was, and becomes a checkpoint of torch.
func TestThereAndBack(t *testing.T) {
	for _, c := range []struct{ name, program, tensors string }{
		{"dicts that hold each other", `EMPTY_DICT; UNICODE "a"; EMPTY_DICT; BINPUT 0; UNICODE "t"; ` + array + `SETITEM; UNICODE "b"; EMPTY_DICT; BINPUT 1; UNICODE "u"; ` + array +
			`SETITEM; UNICODE "a"; BINGET 0; SETITEM; SETITEM; SETITEM; UNICODE "b"; BINGET 1; SETITEM; STOP`, "a.b.u a.t b.a.t b.u"},
		{"objects that hold each other", `EMPTY_DICT; UNICODE "x"; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; BINPUT 0; EMPTY_DICT; UNICODE "t"; ` + array +
			`SETITEM; UNICODE "next"; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; BINPUT 1; EMPTY_DICT; UNICODE "u"; ` + array +
			`SETITEM; UNICODE "prev"; BINGET 0; SETITEM; BUILD; SETITEM; BUILD; SETITEM; UNICODE "y"; BINGET 1; SETITEM; STOP`, "x.next.u x.t"},
		{"numpy integers as keys", `EMPTY_DICT; ` + scalarOf("<i8", `\x07\x00\x00\x00\x00\x00\x00\x00`) + array + `SETITEM; ` + scalarOf("|i1", `\xff`) + array + `SETITEM; STOP`, "-1 7"},
		{"numpy floats beside texts as keys", `EMPTY_DICT; ` + scalarOf("<f8", `\x00\x00\x00\x00\x00\x00\xe0\x3f`) + array + `SETITEM; UNICODE "a"; ` + array + `SETITEM; STOP`, "0.5 a"},
		{"a numpy text as key", `EMPTY_DICT; ` + scalarOf("<U1", `\x65\x00\x00\x00`) + array + `SETITEM; STOP`, "e"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := pickle.Assemble("PROTO 3\n" + strings.ReplaceAll(c.program, "; ", "\n"))
			if err != nil {
				t.Fatal(err)
			}
			files, want := convertedBytes(t, "x.pkl", data, converters.Options{})
			if files == nil {
				t.Fatal("it is refused")
			}
			var names []string
			for i := range want.Tensors {
				names = append(names, want.Tensors[i].Name)
			}
			if got := strings.Join(slices.Sorted(slices.Values(names)), " "); got != c.tensors {
				t.Errorf("the tensors are %s", got)
			}
			a := again(t, files, "x.safetensors")
			got, err := a.Model.Tree()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text(t, want), text(t, got)); diff != "" {
				t.Error(diff)
			}
			conv, err := Convert(t.Context(), a, ConvertOptions{Options: converters.Options{To: "pytorch"}, Dir: t.TempDir(), Perm: 0o600})
			if err != nil {
				t.Fatal(err)
			}
			if err := conv.Discard(); err != nil {
				t.Error(err)
			}
		})
	}
}
