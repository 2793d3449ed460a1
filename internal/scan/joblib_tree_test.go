package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tree"
)

// TestJoblibTrust converts streams of joblib in which something is not to be
// trusted: what it made or could have changed is refused or left out, and the
// arrays that it could not get at are there.
func TestJoblibTrust(t *testing.T) {
	array := func(more string) string { return wrap + state(u1, `BININT1 3; `, more) }
	objects := wrap + state(objs, `BININT1 1; `, ``)
	const (
		raw     = "=\x00\x01\x02"
		key     = `UNICODE "a"; `
		evil    = payload
		touches = `GLOBAL "evil" "touch"; `
		nested  = `PROTO 2; GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 1; TUPLE1; ` +
			objs + `NEWFALSE; EMPTY_LIST; `
		small = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 1; TUPLE1; ` +
			u1 + `NEWFALSE; BINBYTES "x"; TUPLE; BUILD; `
		endNested = `APPEND; TUPLE; BUILD; STOP`
	)
	for _, test := range []struct {
		name string
		data []byte
		want string // tensors | refused | omitted, or an error
	}{
		{"an array", text(t, `EMPTY_DICT; `+key+array(``), raw, `SETITEM; STOP`), "a |  | "},
		{"a payload beside it", text(t, `EMPTY_DICT; `+key+array(``), raw, `SETITEM; UNICODE "b"; `+evil+`SETITEM; STOP`), "a |  | b"},
		{"a call that is given it", text(t, `EMPTY_DICT; `+key+array(``), raw, `BINPUT 0; SETITEM; UNICODE "b"; `+touches+array(``), raw, `TUPLE1; REDUCE; SETITEM; STOP`), "a | b | "},
		{"a call that is given its dict", text(t, `EMPTY_DICT; BINPUT 0; `+key+array(``), raw, `SETITEM; UNICODE "b"; `+touches+`BINGET 0; TUPLE1; REDUCE; SETITEM; STOP`), " |  | "},
		{"one wrapper for two arrays", text(t, wrap+`BINPUT 9; `+state(u1, `BININT1 3; `, ``), raw, `BINGET 9; `+state(u1, `BININT1 3; `, ``), raw, "TUPLE2; STOP"), "readers disagree"},
		{"a payload in a nested pickle", text(t, `EMPTY_DICT; `+key+objects, nested+evil+endNested, `SETITEM; UNICODE "w"; `+array(``), raw, `SETITEM; STOP`), "w |  | a.0"},
		{"an array in it that a call is given", text(t, `EMPTY_DICT; `+key+objects, nested+touches+small+`TUPLE1; REDUCE; `+endNested, `SETITEM; UNICODE "w"; `+array(``), raw, `SETITEM; STOP`), "w | a.0 | "},
		{"a nested pickle that is no array", text(t, `EMPTY_DICT; `+key+objects, `BININT1 7; STOP`, `SETITEM; UNICODE "w"; `+array(``), raw, `SETITEM; STOP`), "w |  | "},
		{"a nested pickle that is a payload", text(t, `EMPTY_DICT; `+key+objects, evil+`STOP`, `SETITEM; UNICODE "w"; `+array(``), raw, `SETITEM; STOP`), "w |  | a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := scanBytes(t, "m.joblib", test.data)
			if r.Model == nil {
				t.Fatal("no model", r.Artifact.Coverage.Unread, found(r))
			}
			got := ""
			if tr, err := r.Model.Tree(); err != nil {
				got = err.Error()
			} else {
				got = fmt.Sprint(tensorNames(tr), " | ", missingPaths(tr.Refused), " | ", missingPaths(tr.Omitted))
			}
			if got != test.want && (strings.Contains(test.want, "|") || !strings.Contains(got, test.want)) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func tensorNames(t *tree.Tree) string {
	var list []string
	for i := range t.Tensors {
		list = append(list, t.Tensors[i].Name)
	}
	return strings.Join(list, " ")
}

func missingPaths(list []tree.Missing) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Path)
	}
	return strings.Join(out, " ")
}
