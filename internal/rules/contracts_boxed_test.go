package rules

import "testing"

// numpy reads the memory of the array in scalar(dtype, array) as an element of the type,
// references included: it must be one of that type by the time of the call.
func TestBoxedRecords(t *testing.T) {
	const (
		record = `GLOBAL "numpy" "dtype"; UNICODE "V8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; PUT 1
MARK; BININT1 3; UNICODE "|"; NONE; UNICODE "o"; TUPLE1; MARK; UNICODE "o"; ` + objects + `BININT1 0; TUPLE2; DICT; BININT1 8; BININT1 1; BININT1 27; TUPLE; BUILD; `
		begin   = `GLOBAL "numpy.core.multiarray" "scalar"; ` + record
		element = `EMPTY_LIST; UNICODE "a"; TUPLE1; APPEND; `
		state   = `MARK; BININT1 1; EMPTY_TUPLE; GET 1; NEWFALSE; ` + element + `TUPLE; `
		call    = `TUPLE2; REDUCE; `
		other   = `GLOBAL "numpy" "dtype"; UNICODE "V8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; `
		want    = "MA104 numpy.core.multiarray.scalar"
	)
	check(t, []sample{
		{"as numpy writes it", begin + newArray + state + `BUILD; ` + call + `STOP`, ""},
		{"bytes as references", begin + four + call + `STOP`, want},
		{"an array without a state", begin + newArray + call + `STOP`, want},
		{"a state that comes too late", newArray + `PUT 2; POP; ` + begin + `GET 2; ` + call + `POP; GET 2; ` + state + `BUILD; STOP`, want},
		{"two states", begin + newArray + state + `BUILD; ` + state + `BUILD; ` + call + `STOP`, want},
		{"no element", begin + newArray + `MARK; BININT1 1; BININT1 0; TUPLE1; GET 1; NEWFALSE; EMPTY_LIST; TUPLE; BUILD; ` + call + `STOP`, want},
		{"another type", begin + newArray + `MARK; BININT1 1; EMPTY_TUPLE; ` + f4 + `NEWFALSE; ` + four + `TUPLE; BUILD; ` + call + `STOP`, want},
		{"bytes of another type", begin + newArray + `MARK; BININT1 1; EMPTY_TUPLE; ` + other + `NEWFALSE; SHORT_BINBYTES "AAAABBBB"; TUPLE; BUILD; ` + call + `STOP`, want},
		{"a matrix", begin + `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "matrix"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; ` + state + `BUILD; ` + call + `STOP`, want},
	})
}
