package scan

import (
	"encoding/json"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A jagged tensor as torch 2.1 to 2.3 write it, made of values and offsets by the class
// itself, is clean, and is its parts; so are the notes on sizes that change up to torch 2.6.
func TestJaggedOfOldTorch(t *testing.T) {
	const class = `GLOBAL "torch.nested._internal.nested_tensor" "NestedTensor"; `
	program := func(state string) string {
		return `PROTO 2; GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; ` + class + class + aTensor + `BINPUT 1; ` + aTensor + `BINPUT 2; TUPLE2; EMPTY_DICT; MARK; UNICODE "_ragged_idx"; BININT1 1; UNICODE "_values"; BINGET 1; UNICODE "_lengths"; NONE; ` + state + `SETITEMS; TUPLE; REDUCE; STOP`
	}
	const ranges = `UNICODE "_dynamo_weak_dynamic_indices"; GLOBAL "__builtin__" "set"; EMPTY_LIST; BININT1 1; APPEND; TUPLE1; REDUCE; UNICODE "_dynamo_dynamic_range"; GLOBAL "__builtin__" "set"; EMPTY_LIST; GLOBAL "torch._dynamo.decorators" "_DimRange"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "dim"; BININT1 1; SETITEM; UNICODE "min"; NONE; SETITEM; BUILD; APPEND; TUPLE1; REDUCE; `
	const lengths = `UNICODE "_max_seqlen"; BININT1 4; UNICODE "_min_seqlen"; BININT1 2; ` // torch 2.1 and 2.2
	r := scanBytes(t, "j.pt", checkpoint(t, program(ranges+lengths)))
	if r.Artifact.Verdict != audit.VerdictClean {
		t.Fatal(found(r), r.Artifact.Coverage.Unread)
	}
	tr, err := r.Model.Tree()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tr.Root)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"nested":"jagged","class":"torch.nested._internal.nested_tensor.NestedTensor","parts":[["values",{"tensor":"values"}],["offsets",{"tensor":"offsets"}]],"attributes":[["ragged_idx",1],`
	if len(text) < len(want) || string(text[:len(want)]) != want {
		t.Errorf("%s", text)
	}
	for _, state := range []string{`UNICODE "__class__"; NONE; `, `UNICODE "_values"; ` + payload, `UNICODE "data"; BINGET 2; `} {
		if r := scanBytes(t, "j.pt", checkpoint(t, program(state))); r.Artifact.Verdict == audit.VerdictClean {
			t.Errorf("%s is clean", state)
		}
	}
}
