package scan

import (
	"fmt"
	"strings"
	"testing"
)

// Classes 1 to 6 and 33: each way to call, in each protocol.
func TestAttackCalls(t *testing.T) {
	a := &attacks{t: t}
	for _, proto := range []string{"", "PROTO 0; ", "PROTO 1; ", "PROTO 2; ", "PROTO 3; ", "PROTO 4; ", "PROTO 5; ", "PROTO 4; FRAME auto; "} {
		for i, call := range callForms {
			a.program(fmt.Sprintf("%sglobal, call %d", proto, i), proto+`GLOBAL "os" "system"; `+call)
			a.program(fmt.Sprintf("%sstack_global, call %d", proto, i), proto+`UNICODE "os"; UNICODE "system"; STACK_GLOBAL; `+call)
		}
		a.program(proto+"inst", proto+`MARK; STRING "true"; INST "os" "system"; STOP`)
		a.program(proto+"inst without arguments", proto+`MARK; INST "os" "system"; STOP`)
		a.program(proto+"obj, then pop", proto+`NONE; MARK; GLOBAL "os" "system"; UNICODE "true"; OBJ; POP; STOP`)
		a.program(proto+"only imported", proto+`GLOBAL "os" "system"; EMPTY_TUPLE; TUPLE2; POP; MARK; GLOBAL "os" "system"; EMPTY_TUPLE; REDUCE; LIST; STOP`)
		a.program(proto+"keywords", proto+`GLOBAL "os" "system"; EMPTY_TUPLE; MARK; UNICODE "command"; UNICODE "true"; DICT; NEWOBJ_EX; STOP`)
	}
	a.everywhere()
}

// Classes 7 to 10: methods that opcodes look up.
func TestAttackMethods(t *testing.T) {
	a := &attacks{t: t}
	evil := `GLOBAL "os" "system"; `
	plant := func(name string) string { return `EMPTY_DICT; UNICODE "` + name + `"; ` + evil + `SETITEM; ` }
	objects := map[string]string{
		"argparse.Namespace":      `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; `,
		"collections.OrderedDict": anOrdered,
		"acme.C":                  `GLOBAL "acme" "C"; EMPTY_TUPLE; NEWOBJ; `,
	}
	for name, object := range objects {
		for _, method := range []string{"__setstate__", "append", "extend", "add", "__setitem__", "__reduce__", "items", "__class__", "__dict__"} {
			a.program(name+" with its own "+method, object+plant(method)+`BUILD; STOP`, name, "os.system")
			a.program(name+" with the slot "+method, object+`NONE; `+plant(method)+`TUPLE2; BUILD; STOP`, name, "os.system")
			a.program(name+" with its own "+method+", used", object+plant(method)+`BUILD; UNICODE "true"; BUILD; MARK; UNICODE "true"; APPENDS; MARK; NONE; ADDITEMS; STOP`, name, "os.system")
		}
	}
	for _, module := range []string{`"json" "decoder"`, `"torch" "serialization"`, `"numpy" "core"`, `"os" "path"`} {
		global := strings.ReplaceAll(strings.ReplaceAll(module, `" "`, "."), `"`, "")
		a.program("state of the module "+global, `GLOBAL `+module+`; `+plant("loads")+`BUILD; STOP`, global)
		a.program("slots of the module "+global, `GLOBAL `+module+`; NONE; `+plant("loads")+`TUPLE2; BUILD; STOP`, global)
		a.program("slots of the module "+global+", then what was planted", `GLOBAL `+module+`; NONE; `+plant("loads")+`TUPLE2; BUILD; POP; GLOBAL "json.decoder" "loads"; UNICODE "true"; TUPLE1; REDUCE; STOP`, global)
	}
	for _, dict := range []string{`"sys" "modules"`, `"numpy" "prod.__dict__"`, `"builtins" "__dict__"`, `"os" "environ"`, `"copyreg" "dispatch_table"`} {
		global := strings.ReplaceAll(strings.ReplaceAll(dict, `" "`, "."), `"`, "")
		a.program("an item of "+global, `PROTO 4; GLOBAL `+dict+`; UNICODE "torch"; `+evil+`SETITEM; STOP`, global)
		a.program("items of "+global, `PROTO 4; GLOBAL `+dict+`; MARK; UNICODE "torch"; `+evil+`SETITEMS; POP; GLOBAL "torch" "x"; EMPTY_TUPLE; REDUCE; STOP`, global)
	}
	for _, list := range []string{`"sys" "path_hooks"`, `"sys" "meta_path"`, `"site" "ENABLE_USER_SITE"`} {
		global := strings.ReplaceAll(strings.ReplaceAll(list, `" "`, "."), `"`, "")
		for _, add := range []string{evil + `APPEND`, `MARK; ` + evil + `APPENDS`, `MARK; ` + evil + `ADDITEMS`} {
			a.program("appended to "+global, `GLOBAL `+list+`; `+add+`; STOP`, global)
		}
	}
	a.everywhere()
}

// Classes 11 to 14: what only the loading process knows.
func TestAttackRegistries(t *testing.T) {
	a := &attacks{t: t}
	for _, ext := range []string{"EXT1 240", "EXT2 61440", "EXT4 1000000"} {
		a.program(ext, ext+`; EMPTY_TUPLE; REDUCE; STOP`, "")
		a.program(ext+", not called", `PROTO 2; `+ext+`; STOP`, "")
		a.program(ext+" after add_extension", `GLOBAL "copyreg" "add_extension"; UNICODE "os"; UNICODE "system"; `+strings.Replace(strings.Replace(strings.Replace(ext, "EXT1", "LONG", 1), "EXT2", "LONG", 1), "EXT4", "LONG", 1)+`; TUPLE3; REDUCE; POP; `+ext+`; UNICODE "true"; TUPLE1; REDUCE; STOP`, "copyreg.add_extension")
	}
	for _, id := range []string{`PERSID "abc"; `, `UNICODE "abc"; BINPERSID; `, `MARK; UNICODE "module"; GLOBAL "torch" "Tensor"; UNICODE "f"; UNICODE "s"; TUPLE; BINPERSID; `} {
		a.program(id, `PROTO 2; `+id+`STOP`, "")
		a.program(id+"called", `PROTO 2; `+id+`EMPTY_TUPLE; REDUCE; STOP`, "")
	}
	a.program("a buffer", `PROTO 5; NEXT_BUFFER; STOP`, "")
	a.program("a buffer made read only", `PROTO 5; NEXT_BUFFER; READONLY_BUFFER; POP; `+payload+`STOP`)
	a.everywhere()
}

// Classes 15 to 19: the memo.
func TestAttackMemo(t *testing.T) {
	a := &attacks{t: t}
	for _, d := range detours() {
		a.program("module by "+d, `PROTO 4; UNICODE "os"; `+d+`UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		a.program("name by "+d, `PROTO 4; UNICODE "os"; UNICODE "system"; `+d+`STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		a.program("function by "+d, `PROTO 4; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; `+d+`EMPTY_TUPLE; REDUCE; STOP`)
		a.program("arguments by "+d, `PROTO 4; GLOBAL "os" "system"; UNICODE "true"; TUPLE1; `+d+`REDUCE; STOP`)
		a.program("overwritten, by "+d, `PROTO 4; UNICODE "math"; PUT 5; POP; UNICODE "os"; PUT 0; `+d+`UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
	}
	a.program("memoize after pop", `PROTO 4; UNICODE "os"; UNICODE "math"; POP; MEMOIZE; POP; BINGET 0; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
	a.program("decoys", `PROTO 4; UNICODE "os"; PUT 2; POP; UNICODE "torch"; PUT 1; POP; UNICODE "FloatStorage"; PUT 0; POP; GET 2; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
	for _, poison := range []string{"NONE", "BININT1 1", "EMPTY_LIST", "SHORT_BINBYTES \"os\"", "EMPTY_TUPLE"} {
		a.program("poisoned with "+poison, `PROTO 4; `+poison+`; MEMOIZE; POP; UNICODE "os"; MEMOIZE; POP; UNICODE "system"; MEMOIZE; POP; BINGET 1; BINGET 2; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		a.program("counted twice with "+poison, `PROTO 4; `+poison+`; BINPUT 0; BINPUT 0; POP; UNICODE "os"; MEMOIZE; POP; UNICODE "system"; MEMOIZE; POP; BINGET 1; BINGET 2; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		a.program("a gap of indexes with "+poison, `PROTO 4; `+poison+`; LONG_BINPUT 1000; POP; UNICODE "os"; MEMOIZE; POP; UNICODE "system"; MEMOIZE; POP; BINGET 1; BINGET 2; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
	}
	a.program("memoize over a put", `PROTO 4; UNICODE "math"; BINPUT 1; POP; UNICODE "os"; MEMOIZE; POP; BINGET 1; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
	a.everywhere()
}

// Classes 20 and 21: what breaks behind the payload.
func TestAttackBreaks(t *testing.T) {
	a := &attacks{t: t}
	for name, program := range map[string]string{
		"a missing memo key": `BINGET 3; STOP`, "a missing long key": `LONG_BINGET 70000; STOP`, "numbers as operands": `BININT1 1; BININT1 2; STACK_GLOBAL; STOP`,
		"one operand": `POP; UNICODE "os"; STACK_GLOBAL; STOP`, "bytes as operands": `SHORT_BINBYTES "os"; SHORT_BINBYTES "system"; STACK_GLOBAL; STOP`, "an empty stack": `POP; POP; POP; STOP`,
		"no mark": `TUPLE; STOP`, "an odd dict": `MARK; NONE; DICT; STOP`, "a list as key": `EMPTY_DICT; EMPTY_LIST; NONE; SETITEM; STOP`, "a call of nothing": `NONE; NONE; REDUCE; STOP`,
		"protocol 9": `PROTO 9; STOP`, "an unknown opcode": `RAW ff`, "a length of 2 GB": `RAW 58ffffff7f`, "a length of 4 GB": `RAW 42ffffffff`, "a length of 2^63": `RAW 8effffffffffffff7f`,
		"a name that is no text": `RAW "c\xff\n\xfe\n"; STOP`, "a name without end": `RAW "cos"`, "a number that is none": `RAW "Ix\n"; STOP`, "a string without quotes": `RAW "Sx\n"; STOP`,
		"text that is no text": `RAW "X\x01\x00\x00\x00\xff"; STOP`, "a broken escape": `RAW "V\\u00\n"; STOP`, "nothing": ``, "a frame without end": `RAW 95ffffffffffffff7f; STOP`,
		"an extension of zero": `EXT1 0; STOP`, "a memo bomb": `NONE; RAW 72ffffff0f; STOP`, "a buffer": `NEXT_BUFFER; STOP`, "a persistent id": `PERSID "x"; STOP`,
	} {
		a.program(name+" behind it", payload+program)
		a.program(name+" behind it, in protocol 4", `PROTO 4; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; `+program)
		a.program(name+" behind inst", `MARK; STRING "true"; INST "os" "system"; `+program)
	}
	a.everywhere()
}
