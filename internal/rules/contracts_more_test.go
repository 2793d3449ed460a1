package rules

import (
	"strings"
	"testing"
)

const aBuffer = `GLOBAL "pyarrow.lib" "py_buffer"; `

// arrowProgram is an array of Arrow: a type, its length, nulls and offset, buffers and children.
func arrowProgram(kind, counts, buffers, children string) string {
	return `PROTO 3; GLOBAL "pyarrow.lib" "_restore_array"; MARK; ` + kind + counts + `EMPTY_LIST; MARK; ` + buffers + `APPENDS; EMPTY_LIST; MARK; ` + children + `APPENDS; NONE; TUPLE; TUPLE1; REDUCE; STOP`
}

func aliased(name string) string {
	return `GLOBAL "pyarrow.lib" "type_for_alias"; UNICODE "` + name + `"; TUPLE1; REDUCE; `
}

func bufferOf(n int) string {
	return aBuffer + `SHORT_BINBYTES "` + strings.Repeat("a", n) + `"; TUPLE1; REDUCE; `
}

// Arrow takes on trust how many buffers an array has and that they are long enough.
func TestArrowArrays(t *testing.T) {
	const two, none, refused = "BININT1 2; BININT1 0; BININT1 0; ", "NONE; ", "MA104 pyarrow.lib._restore_array"
	numbers := func(counts, buffers string) string { return arrowProgram(aliased("int64"), counts, buffers, "") }
	check(t, []sample{
		{"numbers", numbers(two, none+bufferOf(16)), ""},
		{"with a mask", numbers("BININT1 2; BININT1 1; BININT1 0; ", bufferOf(1)+bufferOf(16)), ""},
		{"texts", arrowProgram(aliased("large_string"), two, none+bufferOf(24)+bufferOf(3), ""), ""},
		{"nothing", numbers("BININT1 0; BININT1 0; BININT1 0; ", none+none), ""},
		{"too short", numbers(two, none+bufferOf(15)), refused},
		{"too short behind an offset", numbers("BININT1 2; BININT1 0; BININT1 1; ", none+bufferOf(16)), refused},
		{"no bytes", numbers(two, none+none), refused},
		{"a buffer less", numbers(two, bufferOf(16)), refused},
		{"a buffer more", numbers(two, none+bufferOf(16)+bufferOf(1)), refused},
		{"a child that the type has not", arrowProgram(aliased("int64"), two, none+bufferOf(16), "NONE; "), refused},
		{"missing elements without a mask", numbers("BININT1 2; BININT1 1; BININT1 0; ", none+bufferOf(16)), refused},
		{"a negative length", numbers("BININT -2; BININT1 0; BININT1 0; ", none+bufferOf(16)), refused},
		{"a length beyond all bounds", numbers("LONG 9223372036854775807; BININT1 0; BININT1 0; ", none+bufferOf(16)), refused},
		{"a type that is not counted", arrowProgram(aliased("string_view"), two, none+bufferOf(32), ""), refused},
		{"offsets of too few texts", arrowProgram(aliased("string"), two, none+bufferOf(8)+bufferOf(3), ""), refused},
	})
}

// Arrow ends the process where a child is of another type than its parent says, and in a pickle one array
// can be the child of many.
func TestArrowChildren(t *testing.T) {
	const one, refused = "BININT1 1; BININT1 0; BININT1 0; ", "MA104 pyarrow.lib._restore_array"
	leaf := func(kind string) string {
		return `MARK; ` + kind + one + `EMPTY_LIST; MARK; NONE; ` + bufferOf(8) + `APPENDS; EMPTY_LIST; NONE; TUPLE; `
	}
	list := func(of string) string { return `GLOBAL "pyarrow.lib" "list_"; ` + of + `TUPLE1; REDUCE; ` }
	field := func(of string) string {
		return `GLOBAL "pyarrow.lib" "field"; MARK; UNICODE "a"; ` + of + `NEWTRUE; NONE; TUPLE; REDUCE; `
	}
	structOf := func(fields string) string {
		return `GLOBAL "pyarrow.lib" "struct"; EMPTY_LIST; MARK; ` + fields + `APPENDS; TUPLE1; REDUCE; `
	}
	const doubled = `BINPUT 1; POP; BINGET 1; BINGET 1; `
	many := leaf(aliased("int32"))
	kind := aliased("int32")
	for range 20 {
		kind = structOf(field(kind) + doubled)
		many = `MARK; ` + kind + one + `EMPTY_LIST; MARK; NONE; APPENDS; EMPTY_LIST; MARK; ` + many + doubled + `APPENDS; NONE; TUPLE; `
	}
	// A map of one pair, of which so many pairs and so many keys are missing.
	pairs := func(missing, keys string) string {
		of := aliased("int32")
		key := `MARK; ` + of + `BININT1 1; BININT1 ` + keys + `; BININT1 0; EMPTY_LIST; MARK; ` + bufferOf(1) + bufferOf(4) + `APPENDS; EMPTY_LIST; NONE; TUPLE; `
		pair := `MARK; ` + structOf(field(of)+field(of)) + `BININT1 1; BININT1 ` + missing + `; BININT1 0; EMPTY_LIST; MARK; ` + bufferOf(1) + `APPENDS; EMPTY_LIST; MARK; ` + key + leaf(of) + `APPENDS; NONE; TUPLE; `
		return arrowProgram(`GLOBAL "pyarrow.lib" "map_"; MARK; `+of+of+`NEWFALSE; TUPLE; REDUCE; `, one, "NONE; "+bufferOf(8), pair)
	}
	check(t, []sample{
		{"a map", pairs("0", "0"), ""},
		{"a map that lacks a pair", pairs("1", "0"), refused},
		{"a map that lacks a key", pairs("0", "1"), refused},
		{"lists", arrowProgram(list(aliased("int32")), one, "NONE; "+bufferOf(8), leaf(aliased("int32"))), ""},
		{"lists of another type", arrowProgram(list(aliased("string")), one, "NONE; "+bufferOf(8), leaf(aliased("int32"))), refused},
		{"a struct", arrowProgram(structOf(field(aliased("int32"))), one, "NONE; ", leaf(aliased("int32"))), ""},
		{"a struct with another field", arrowProgram(structOf(field(aliased("float"))), one, "NONE; ", leaf(aliased("int32"))), refused},
		{"a struct longer than its child", arrowProgram(structOf(field(aliased("int32"))), "BININT1 2; BININT1 0; BININT1 0; ", "NONE; ", leaf(aliased("int32"))), refused},
		{"a type without arguments", arrowProgram(`GLOBAL "pyarrow.lib" "struct"; EMPTY_TUPLE; REDUCE; `, one, "NONE; ", ""), "MA104 pyarrow.lib.struct"},
		{"a million arrays", `PROTO 3; GLOBAL "pyarrow.lib" "_restore_array"; ` + many + `TUPLE1; REDUCE; STOP`, refused},
	})
}

// pandas 3 notes of an array that it may not be written to.
func TestArrowStates(t *testing.T) {
	state := func(set string) string {
		return `PROTO 2; GLOBAL "pandas.arrays" "ArrowStringArray"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; ` + set + `SETITEM; BUILD; STOP`
	}
	const refused = "MA106 pandas.arrays.ArrowStringArray"
	check(t, []sample{
		{"read only", state(`UNICODE "_readonly"; NEWTRUE; `), ""},
		{"a method", state(`UNICODE "copy"; NONE; `), refused},
		{"what is no array of Arrow", state(`UNICODE "_pa_array"; GLOBAL "numpy" "exp"; `), refused},
	})
}

// pandas 1.3 makes blocks by a partial of one function of its own.
func TestPandasBlocks(t *testing.T) {
	program := func(function, keywords, arguments string) string {
		return `PROTO 3; GLOBAL "functools" "partial"; GLOBAL "pandas.core.internals.blocks" "new_block"; TUPLE1; REDUCE; MARK; ` + function + `EMPTY_TUPLE; EMPTY_DICT; ` + keywords + `NONE; TUPLE; BUILD; ` + arguments + `REDUCE; STOP`
	}
	const block, ndim = `GLOBAL "pandas.core.internals.blocks" "new_block"; `, `UNICODE "ndim"; BININT1 2; SETITEM; `
	slice := `GLOBAL "builtins" "slice"; BININT1 0; BININT1 1; BININT1 1; TUPLE3; REDUCE; `
	check(t, []sample{
		{"as pandas writes it", program(block, ndim, anArray+slice+"TUPLE2; "), ""},
		{"another function", program(evil, ndim, anArray+slice+"TUPLE2; "), "MA106 functools.partial"},
		{"another keyword", program(block, `UNICODE "klass"; GLOBAL "builtins" "list"; SETITEM; `, anArray+slice+"TUPLE2; "), "MA105"},
		{"with a name", program(block, ndim, evil+slice+"TUPLE2; "), "MA104"},
	})
}

// What can run code, print or read elsewhere in what else is listed.
func TestOtherUses(t *testing.T) {
	old := func(shapes string) string {
		return `PROTO 3; GLOBAL "scipy.stats._continuous_distns" "norm_gen"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "shapes"; ` + shapes + `SETITEM; NONE; TUPLE2; BUILD; STOP`
	}
	made := func(function string) string {
		return `PROTO 3; GLOBAL "dill._dill" "_create_array"; MARK; ` + function + `GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; NONE; TUPLE; REDUCE; STOP`
	}
	check(t, []sample{
		{"shapes of old scipy", old(`UNICODE "a, b"; `), ""},
		{"shapes with a call", old(`UNICODE "a=print(1)"; `), "MA106 scipy.stats._continuous_distns.norm_gen"},
		{"shapes with a line", old(`UNICODE "a\n"; `), "MA106 scipy.stats._continuous_distns.norm_gen"},
		{"a pattern", `PROTO 3; GLOBAL "re" "_compile"; UNICODE "a+"; BININT1 32; TUPLE2; REDUCE; STOP`, ""},
		{"a pattern that prints", `PROTO 3; GLOBAL "re" "_compile"; UNICODE "a+"; BININT1 128; TUPLE2; REDUCE; STOP`, "MA104 re._compile"},
		{"another reconstructor", made(evil), "MA104 dill._dill._create_array"},
		{"a function by the compiled module", `PROTO 3; GLOBAL "numpy.core" "_ufunc_reconstruct"; UNICODE "numpy.core._multiarray_umath"; UNICODE "exp"; TUPLE2; REDUCE; STOP`, ""},
		{"by another module", `PROTO 3; GLOBAL "numpy.core" "_ufunc_reconstruct"; UNICODE "os"; UNICODE "exp"; TUPLE2; REDUCE; STOP`, "MA104 numpy.core._ufunc_reconstruct"},
		{"a zone with a method", `PROTO 3; GLOBAL "dateutil.tz.tz" "tzoffset"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "utcoffset"; NONE; SETITEM; BUILD; STOP`, "MA106 dateutil.tz.tz.tzoffset"},
		{"a factory that is no class", `PROTO 3; GLOBAL "collections" "defaultdict"; GLOBAL "builtins" "sorted"; TUPLE1; REDUCE; STOP`, "MA104 collections.defaultdict"},
		{"a partial that opens a file", `PROTO 3; GLOBAL "functools" "partial"; GLOBAL "numpy" "memmap"; TUPLE1; REDUCE; STOP`, "MA104 functools.partial"},
		{"an iterator of another class", `PROTO 3; GLOBAL "builtins" "iter"; GLOBAL "__main__" "Net"; EMPTY_TUPLE; REDUCE; TUPLE1; REDUCE; STOP`, "MA104 builtins.iter"},
	})
}

// A native object that never got a state is a null pointer to whoever looks at it
// (torch/csrc/jit/python/script_init.cpp), and so is one inside a recurrent cell.
func TestNativeObjects(t *testing.T) {
	object := `GLOBAL "torch" "ScriptObject"; EMPTY_TUPLE; NEWOBJ; `
	layer := strings.TrimPrefix(strings.TrimSuffix(accepted["torch.ScriptObject"], `STOP`), `PROTO 2; `)
	cell := func(kind, biases, layers string) string {
		return `PROTO 2; ` + object + `MARK; UNICODE "` + kind + `"; EMPTY_LIST; MARK; ` + biases + `APPENDS; EMPTY_LIST; EMPTY_LIST; BININT1 1; APPEND; EMPTY_LIST; MARK; ` +
			layers + `APPENDS; TUPLE; UNICODE "__torch__.torch.classes.rnn.CellParamsBase"; TUPLE2; BUILD; STOP`
	}
	const refused, dynamic = "MA106 torch.ScriptObject", "quantized_dynamic"
	check(t, []sample{
		{"no state", `PROTO 2; ` + object + `STOP`, "MA104 torch.ScriptObject"},
		{"a cell", cell(dynamic, aTensor+aTensor, layer+layer), ""},
		{"another kind of cell", cell("quantized", aTensor+aTensor, layer+layer), refused},
		{"a layer without a state", cell(dynamic, aTensor+aTensor, layer+object), "MA104 torch.ScriptObject"},
	})
}

// A handle's further dicts stand in a tuple, that of torch 2.0 alone.
func TestHookHandle(t *testing.T) {
	handle := func(more string) string {
		return `PROTO 2; GLOBAL "torch.utils.hooks" "RemovableHandle"; EMPTY_TUPLE; NEWOBJ; ` + anOrdered + `BININT1 0; ` + more + `TUPLE3; BUILD; STOP`
	}
	const refused = "MA106 torch.utils.hooks.RemovableHandle"
	check(t, []sample{
		{"torch 2.0", handle(anOrdered), ""},
		{"later", handle(anOrdered + `TUPLE1; `), ""},
		{"none", handle(`NONE; `), ""},
		{"a function", handle(`GLOBAL "os" "getcwd"; `), refused},
		{"an object", handle(`GLOBAL "acme" "Hooks"; EMPTY_TUPLE; NEWOBJ; `), refused},
	})
}
