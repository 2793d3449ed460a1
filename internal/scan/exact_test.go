package scan

import (
	"slices"
	"strings"
	"testing"
)

// A conversion has exactly what torch loads, or there is none. What torch makes
// of each file here is what torch 2.15 was seen to make of it.
func TestExactOrRefused(t *testing.T) {
	dict := func(items string) string { return `EMPTY_DICT; ` + items + `STOP` }
	w := `UNICODE "w"; ` + aTensor + `SETITEM; `
	namespace := func(builds ...string) string {
		s := `UNICODE "n"; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; `
		for _, b := range builds {
			s += `EMPTY_DICT; ` + b + `BUILD; `
		}
		return dict(s + `SETITEM; `)
	}
	called := func(name, items string) string {
		return dict(w + `UNICODE "s"; GLOBAL "builtins" "` + name + `"; MARK; ` + items + `LIST; TUPLE1; REDUCE; SETITEM; `)
	}
	kept := aTensor + `BINPUT 9; `
	for _, c := range []struct {
		name, program string
		tensors       []string // nil means that there is no tree or that it refuses
	}{
		{"a key of Python 2 that is UTF-8", dict(`SHORT_BINSTRING "\xc3\xa9"; ` + aTensor + `SETITEM; `), []string{"é"}},
		{"the same key again", dict(`UNICODE "é"; ` + aTensor + `SETITEM; SHORT_BINSTRING "\xc3\xa9"; NONE; SETITEM; ` + w), nil},
		{"a key of Python 2 that is not", dict(`SHORT_BINSTRING "\xe9"; ` + aTensor + `SETITEM; `), nil},
		{"a value of Python 2 that is not", dict(w + `UNICODE "x"; BINSTRING "\xed\xa0\x80"; SETITEM; `), nil},
		{"two states", namespace(`UNICODE "a"; `+aTensor+`SETITEM; `, `UNICODE "b"; `+aTensor+`SETITEM; `), []string{"n.a", "n.b"}},
		{"a second state that replaces the first's", namespace(`UNICODE "a"; `+aTensor+`SETITEM; UNICODE "b"; `+aTensor+`SETITEM; `, `UNICODE "a"; NONE; SETITEM; `), []string{"n.b"}},
		{"a list that a call makes", called("list", kept+`BINGET 9; `), []string{"w", "s.0", "s.1"}},
		{"a tuple that a call makes", called("tuple", kept), []string{"w", "s.0"}},
		{"a set of a tensor twice", called("set", kept+`BINGET 9; `), nil},
		{"a frozenset of a tensor", called("frozenset", aTensor), nil},
		{"a set of a list", called("set", `EMPTY_LIST; `), nil},
		{"a set of a set", called("set", `GLOBAL "builtins" "set"; EMPTY_TUPLE; REDUCE; `), nil},
		{"a set of a frozenset", called("set", `GLOBAL "builtins" "frozenset"; EMPTY_TUPLE; REDUCE; `), []string{"w"}},
		{"a set that opcodes make", dict(w + `UNICODE "s"; EMPTY_SET; MARK; ` + aTensor + `ADDITEMS; SETITEM; `), nil},
		{"a tensor as key", dict(w + aTensor + `NONE; SETITEM; `), nil},
		{"an ordered dict as key", dict(w + anOrdered + `NONE; SETITEM; `), nil},
		{"a namespace as key", dict(w + `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; NONE; SETITEM; `), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := scanBytes(t, "m.pt", checkpoint(t, c.program))
			var tensors, refused []string
			if r.Model != nil {
				if got, err := r.Model.Tree(); err == nil {
					tensors, refused = names(got)
				}
			}
			if len(refused) > 0 {
				tensors = nil
			}
			if !slices.Equal(tensors, c.tensors) {
				t.Errorf("tensors %q, want %q (refused %q)", tensors, c.tensors, refused)
			}
		})
	}
}

// torch.load hands an archive with this record to torch.jit.load, with no look
// at anything else in it.
func TestConstantsRecord(t *testing.T) {
	program := `EMPTY_DICT; UNICODE "w"; ` + aTensor + `SETITEM; STOP`
	constants := assemble(t, `PROTO 2; EMPTY_TUPLE; STOP`)
	for name, scripted := range map[string]bool{"a/constants.pkl": true, "a/CONSTANTS.PKL": true, "a/x/constants.pkl": false, "a/constants.pickle": false} {
		r := scanBytes(t, "m.pt", checkpoint(t, program, member{name, constants}))
		expect(t, r, "clean")
		_, err := r.Model.Tree()
		if got := err != nil && strings.Contains(err.Error(), "TorchScript"); got != scripted {
			t.Errorf("%s: %v", name, err)
		}
	}
}
