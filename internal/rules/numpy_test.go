package rules

import (
	"fmt"
	"testing"
)

// numpy believes what a dtype's state says of size, parts and flags: it would
// read beyond the data, or take bytes of the file as addresses.
func TestSoundness11DTypes(t *testing.T) {
	made := func(code, state string) string {
		return fmt.Sprintf(`GLOBAL "numpy" "dtype"; UNICODE %q; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; %s; TUPLE; BUILD; `, code, state)
	}
	none := `UNICODE "|"; NONE; NONE; NONE; `
	fields := func(dtype, at string) string {
		return `UNICODE "|"; NONE; UNICODE "x"; TUPLE1; EMPTY_DICT; UNICODE "x"; ` + dtype + at + `; TUPLE2; SETITEM; `
	}
	array := func(dtype, shape, data string) string {
		return newArray + `MARK; BININT1 1; ` + shape + `TUPLE1; ` + dtype + `NEWFALSE; ` + data + `TUPLE; BUILD; `
	}
	const dtype, reconstruct = "MA106 numpy.dtype", "MA106 numpy.core.multiarray._reconstruct"
	check(t, []sample{
		{"bytes", made("V4", none+`BININT1 4; BININT1 1; BININT1 0`) + `STOP`, ""},
		{"bytes with the flags of objects", made("V8", none+`BININT1 8; BININT1 1; BININT1 63`) + `STOP`, dtype},
		{"floats with the flags of objects", made("f8", none+`BININT -1; BININT -1; BININT1 27`) + `STOP`, dtype},
		{"objects without their flags", made("O8", none+`BININT -1; BININT -1; BININT1 0`) + `STOP`, dtype},
		{"another size", made("V4", none+`BININT1 64; BININT1 1; BININT1 0`) + `STOP`, dtype},
		{"no size", made("V4", none+`BININT -1; BININT1 1; BININT1 0`) + `STOP`, dtype},
		{"no alignment", made("V4", none+`BININT1 4; BININT1 0; BININT1 0`) + `STOP`, dtype},
		{"metadata that is none", made("f8", none+`BININT -1; BININT -1; BININT1 0; BININT1 7`) + `STOP`, dtype},
		{"a field", made("V4", fields(f4, "BININT1 0")+`BININT1 4; BININT1 1; BININT1 0`) + `STOP`, ""},
		{"a field beyond the element", made("V4", fields(f4, "BININT1 1")+`BININT1 4; BININT1 1; BININT1 0`) + `STOP`, dtype},
		{"a field of objects", made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 27`) + `STOP`, ""},
		{"a field of objects without its flags", made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 0`) + `STOP`, dtype},
		{"a field of objects with the flags of pointers", made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 63`) + `STOP`, dtype},
		{"a number over a reference", made("V12", `UNICODE "|"; NONE; UNICODE "x"; UNICODE "y"; TUPLE2; EMPTY_DICT; UNICODE "x"; `+objects+`BININT1 0; TUPLE2; SETITEM; UNICODE "y"; `+f4+
			`BININT1 4; TUPLE2; SETITEM; BININT1 12; BININT1 1; BININT1 27`) + `STOP`, dtype},
		{"fields of objects as a list", array(made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 27`), `BININT1 1; `, `EMPTY_LIST; NONE; TUPLE1; APPEND; `) + `STOP`, ""},
		{"fields of objects as bytes", array(made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 27`), `BININT1 1; `, `SHORT_BINBYTES "\x00\x00\x00\x00\x00\x00\x00\x00"; `) + `STOP`, reconstruct},
		{"fields of objects from something else", array(made("V8", fields(objects, "BININT1 0")+`BININT1 8; BININT1 1; BININT1 27`), `BININT1 1; `, `EMPTY_LIST; EMPTY_DICT; APPEND; `) + `STOP`, reconstruct},
		{"an array in an element", made("V8", `UNICODE "|"; `+f4+`BININT1 2; TUPLE1; TUPLE2; NONE; NONE; BININT1 8; BININT1 1; BININT1 0`) + `STOP`, ""},
		{"an array beyond the element", made("V8", `UNICODE "|"; `+f4+`BININT2 1000; TUPLE1; TUPLE2; NONE; NONE; BININT1 8; BININT1 1; BININT1 0`) + `STOP`, dtype},
		{"two states", f4 + rawState + `BUILD; STOP`, dtype},
		{"a state after its use", `GLOBAL "numpy" "dtype"; UNICODE "f4"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; BINPUT 5; POP; ` + array(`BINGET 5; `, `BININT1 1; `, four) + `BINGET 5; ` + rawState + `BUILD; TUPLE2; STOP`, dtype},
		{"a state on the type of the whole process", `GLOBAL "numpy" "dtype"; UNICODE "f4"; NEWFALSE; NEWFALSE; TUPLE3; REDUCE; ` + rawState + `BUILD; STOP`, "MA104 numpy.dtype"},
		{"fields that change later", `EMPTY_DICT; BINPUT 6; POP; ` + made("V4", `UNICODE "|"; NONE; UNICODE "x"; TUPLE1; BINGET 6; UNICODE "x"; `+f4+`BININT1 0; TUPLE2; SETITEM; BININT1 4; BININT1 1; BININT1 0`) +
			`BINGET 6; UNICODE "y"; ` + f4 + `BININT1 0; TUPLE2; SETITEM; TUPLE2; STOP`, "MA104"},
		{"an array", array(f4, `BININT1 1; `, four) + `STOP`, ""},
		{"an array that Python 2 wrote", array(f4, `BININT1 1; `, `STRING "abcd"; `) + `STOP`, ""},
		{"an array of no bytes", array(f4, `BININT1 1; `, `BININT1 4; `) + `STOP`, reconstruct},
		{"a scalar that Python 2 wrote", `GLOBAL "numpy.core.multiarray" "scalar"; ` + f4 + `STRING "abcd"; TUPLE2; REDUCE; STOP`, ""},
		{"objects as a text", array(objects, `BININT1 1; `, `STRING "abcdefgh"; `) + `STOP`, reconstruct},
		{"an array of two states", array(f4, `BININT1 1; `, four) + `MARK; BININT1 1; BININT1 1; TUPLE1; ` + f4 + `NEWFALSE; ` + four + `TUPLE; BUILD; STOP`, ""},
		{"objects as a list", array(objects, `BININT1 1; `, `EMPTY_LIST; NONE; APPEND; `) + `STOP`, ""},
		{"objects as bytes", array(objects, `BININT1 1; `, `SHORT_BINBYTES "\x00\x00\x00\x00\x00\x00\x00\x00"; `) + `STOP`, reconstruct},
		{"fewer objects than elements", array(objects, `BININT2 1000; `, `EMPTY_LIST; NONE; APPEND; `) + `STOP`, reconstruct},
		{"objects that come later", `EMPTY_LIST; BINPUT 7; POP; ` + array(objects, `BININT1 1; `, `BINGET 7; `) + `BINGET 7; NONE; APPEND; TUPLE2; STOP`, reconstruct},
		{"a scalar that is an object", `GLOBAL "numpy.core.multiarray" "scalar"; ` + objects + four + `TUPLE2; REDUCE; STOP`, "MA104 numpy.core.multiarray.scalar"},
	})
}
