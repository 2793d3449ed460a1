package scan

import (
	"strings"
	"testing"
)

// A single record with objects that cannot be had, as joblib has it, is refused with what helps.
func TestRefusedRecord(t *testing.T) {
	const (
		objects = `GLOBAL "numpy" "dtype"; UNICODE "O8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 63; TUPLE; BUILD; `
		record  = `GLOBAL "numpy" "dtype"; UNICODE "V8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; UNICODE "o"; TUPLE1; MARK; UNICODE "o"; ` + objects + `BININT1 0; TUPLE2; DICT; BININT1 8; BININT1 1; BININT1 27; TUPLE; BUILD; `
		array   = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; `
	)
	r := scanBytes(t, "x.pkl", assemble(t, `PROTO 3; EMPTY_DICT; UNICODE "v"; GLOBAL "numpy.core.multiarray" "scalar"; `+record+array+`TUPLE2; REDUCE; SETITEM; STOP`))
	expect(t, r, "MA104 numpy.core.multiarray.scalar")
	tr, err := r.Model.Tree()
	if err != nil || len(tr.Refused) != 1 || !strings.HasSuffix(tr.Refused[0].Reason, "item() gives") {
		t.Errorf("%+v, %v", tr, err)
	}
}
