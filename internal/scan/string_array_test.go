package scan

import (
	"encoding/json"
	"strings"
	"testing"
)

// An array of numpy's StringDType is written as one of objects is: its texts are kept.
func TestStringArray(t *testing.T) {
	program := `EMPTY_DICT; UNICODE "x"; GLOBAL "numpy._core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; ` +
		`MARK; BININT1 1; BININT1 2; TUPLE1; GLOBAL "numpy._core._internal" "_convert_to_stringdtype_kwargs"; BININT1 1; TUPLE1; REDUCE; NEWFALSE; EMPTY_LIST; MARK; UNICODE "one"; UNICODE "two"; APPENDS; TUPLE; BUILD; SETITEM; STOP`
	r := scanBytes(t, "x.pkl", assemble(t, program))
	expect(t, r, "clean")
	tr, err := r.Model.Tree()
	if err != nil || len(tr.Refused) > 0 {
		t.Fatal(err, tr.Refused)
	}
	if text, err := json.Marshal(tr.Root); err != nil || !strings.Contains(string(text), `["items",{"list":["one","two"]}]`) {
		t.Errorf("%s (%v)", text, err)
	}
}
