package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// No contract takes arguments that the file does not show, whatever its shapes
// would say of the value that stands for them.
func TestUnseenArguments(t *testing.T) {
	n := 0
	for _, c := range contracts() {
		for _, name := range c.names {
			if c.calls == nil {
				continue
			}
			n++
			for _, arguments := range []string{anOrdered, aStorage, aTensor, `EXT1 5; `, `GLOBAL "torch" "Size"; EMPTY_TUPLE; TUPLE1; REDUCE; `} {
				for _, op := range []string{"REDUCE", "NEWOBJ"} {
					program := fmt.Sprintf("PROTO 4; UNICODE %q; UNICODE %q; STACK_GLOBAL; %s%s; STOP", c.module, name, arguments, op)
					if got := found(judgeProgram(t, program)); !slices.Contains(got, "MA104 "+c.module+"."+name) {
						t.Errorf("%s\nfound %q", program, got)
					}
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d contracts of calls", n)
	}
}

// What an attribute of a class does is known only if it is listed.
func TestReadAttributes(t *testing.T) {
	for _, class := range []string{`"torch" "Tensor"`, `"collections" "OrderedDict"`, `"numpy" "ndarray"`, `"datetime" "datetime"`, `"builtins" "dict"`} {
		for _, name := range strings.Fields(`__init__ __globals__ __subclasses__ __reduce_ex__ __class__ __dict__ zero_ update get tofile dump data`) {
			for _, use := range []string{"", "EMPTY_TUPLE; REDUCE; "} {
				program := `GLOBAL "builtins" "getattr"; GLOBAL ` + class + `; UNICODE "` + name + `"; TUPLE2; REDUCE; ` + use + `STOP`
				if got := found(judgeProgram(t, program)); len(got) == 0 {
					t.Errorf("%s: no finding", program)
				}
			}
		}
	}
}

// What is added to an argument after the call does not make it another one, but
// no writer of a library does that.
func TestLateArguments(t *testing.T) {
	check(t, []sample{
		{"a state that grows", `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; GLOBAL "torch._utils" "_rebuild_tensor_v2"; GLOBAL "torch" "Tensor"; MARK; ` + tensorArg + `TUPLE; EMPTY_DICT; BINPUT 9; TUPLE; REDUCE; BINGET 9; UNICODE "data"; NONE; SETITEM; TUPLE2; STOP`,
			"MA104 torch._tensor._rebuild_from_type_v2"},
		{"a size that grows", `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + aStorage + `BININT1 0; EMPTY_LIST; BINPUT 9; ` + strides + `NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; BINGET 9; ` + evil + `APPEND; TUPLE2; STOP`,
			"MA104 torch._utils._rebuild_tensor_v2"},
		{"a state that grows behind its BUILD", `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; EMPTY_DICT; BINPUT 9; BUILD; BINGET 9; UNICODE "__setstate__"; ` + evil + `SETITEM; TUPLE2; STOP`,
			"MA106 argparse.Namespace"},
	})
}

// A class of the same name is another one, even if the policy trusts it.
func TestNamesakes(t *testing.T) {
	program := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + strings.Replace(tensorArg, `GLOBAL "collections" "OrderedDict"`, `GLOBAL "acme" "OrderedDict"`, 1) + `TUPLE; REDUCE; STOP`
	if got := found(judgeProgram(t, program, "acme.OrderedDict")); !slices.Contains(got, "MA104 torch._utils._rebuild_tensor_v2") {
		t.Errorf("found %q", got)
	}
}
