package scan

import (
	"slices"
	"testing"
)

// An object of a class that is not listed is data as long as all that happened
// to it is what pickle does by itself: __new__, items, plain attributes. Else
// what it holds is refused.
func TestForeign(t *testing.T) {
	const net, module = `GLOBAL "shop.models" "Net"; EMPTY_TUPLE; NEWOBJ; `, `EMPTY_DICT; UNICODE "_parameters"; EMPTY_DICT; UNICODE "w"; ` + aTensor + `SETITEM; SETITEM; UNICODE "_buffers"; EMPTY_DICT; SETITEM; UNICODE "_modules"; EMPTY_DICT; SETITEM; `
	held := `EMPTY_DICT; UNICODE "x"; ` + aTensor + `SETITEM; `
	own := func(state string) string {
		return `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; GLOBAL "torch._utils" "_rebuild_tensor_v2"; GLOBAL "shop.models" "Own"; MARK; ` + storage + `BININT1 0; BININT1 2; BININT1 2; TUPLE2; BININT1 2; BININT1 1; TUPLE2; NEWFALSE; ` + anOrdered + `TUPLE; ` + state + `TUPLE; REDUCE; STOP`
	}
	for _, c := range []struct {
		name, program    string
		tensors, refused []string
	}{
		{"a module", net + module + `BUILD; STOP`, []string{"w"}, nil},
		{"an object", net + held + `BUILD; STOP`, []string{"x"}, nil},
		{"a payload beside it", `GLOBAL "os" "system"; UNICODE "true"; TUPLE1; REDUCE; POP; ` + net + module + `BUILD; STOP`, []string{"w"}, nil},
		{"a call that gets it", net + module + `BUILD; BINPUT 7; GLOBAL "acme" "f"; BINGET 7; TUPLE1; REDUCE; POP; STOP`, nil, []string{""}},
		{"made by a call", `GLOBAL "shop.models" "Net"; EMPTY_TUPLE; REDUCE; ` + module + `BUILD; STOP`, nil, []string{""}},
		{"made by a function", `GLOBAL "shop.models" "Net.make"; EMPTY_TUPLE; NEWOBJ; ` + module + `BUILD; STOP`, nil, []string{""}},
		{"a state that only the class understands", net + aTensor + `TUPLE1; BUILD; STOP`, nil, []string{""}},
		{"a planted method", net + held + `UNICODE "__setstate__"; NONE; SETITEM; BUILD; STOP`, nil, []string{""}},
		{"an item after a state, which may hold the method", net + held + `BUILD; ` + aTensor + `APPEND; STOP`, nil, []string{""}},
		{"an item before a state", net + aTensor + `APPEND; ` + held + `BUILD; STOP`, []string{"0", "x"}, nil},
		{"tensors given to another such object", `EMPTY_DICT; UNICODE "a"; ` + aTensor + `BINPUT 7; SETITEM; UNICODE "b"; ` + net + `EMPTY_DICT; UNICODE "x"; BINGET 7; SETITEM; BUILD; SETITEM; STOP`, []string{"a", "b.x"}, nil},
		{"a tensor of its own class", own(`EMPTY_DICT; UNICODE "note"; BININT1 1; SETITEM; `), []string{""}, nil},
		{"a method of an object", net + module + `UNICODE "f"; GLOBAL "builtins" "getattr"; ` + net + `EMPTY_DICT; UNICODE "n"; NONE; SETITEM; BUILD; UNICODE "run"; TUPLE2; REDUCE; SETITEM; BUILD; STOP`, []string{"w"}, nil},
		{"hooks of a listed module", `GLOBAL "torch.nn.modules.linear" "Linear"; EMPTY_TUPLE; NEWOBJ; ` + module + `UNICODE "_forward_hooks"; EMPTY_DICT; BININT1 0; GLOBAL "acme" "hook"; SETITEM; SETITEM; BUILD; STOP`, []string{"w"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := convertible(t, c.program)
			if err != nil {
				t.Fatal(err)
			}
			if tensors, refused := names(got); !slices.Equal(tensors, c.tensors) || !slices.Equal(refused, c.refused) {
				t.Errorf("tensors %q, refused %q, want %q, %q", tensors, refused, c.tensors, c.refused)
			}
		})
	}
}
