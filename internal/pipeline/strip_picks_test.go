package pipeline

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/strip"
)

// TestStripNothing: None stands for what exec gives where that cannot go, and nowhere else.
func TestStripNothing(t *testing.T) {
	const exec, system = `GLOBAL "builtins" "exec"; UNICODE "1"; TUPLE1; REDUCE; `, `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; `
	becomes(t, map[string]string{
		`BININT1 1; ` + exec + `TUPLE2; `: `BININT1 1; NONE; TUPLE2; `,
		exec + `BINPUT 1; POP; EMPTY_DICT; UNICODE "t"; BINGET 1; TUPLE1; SETITEM; UNICODE "k"; BINGET 1; SETITEM; `: `NONE; BINPUT 1; POP; EMPTY_DICT; UNICODE "t"; BINGET 1; TUPLE1; SETITEM; UNICODE "k"; BINGET 1; SETITEM; `,
		`GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "x"; ` + exec + `SETITEM; BUILD; `:  `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "x"; NONE; SETITEM; BUILD; `,
		`EMPTY_DICT; UNICODE "k"; ` + exec + `SETITEM; `:                                                             `EMPTY_DICT; `,
		exec:                       "",
		exec + system + `TUPLE2; `: "",
		`BININT1 1; GLOBAL "builtins" "exec"; UNICODE "1"; EMPTY_DICT; UNICODE "x"; GLOBAL "torch._utils" "_rebuild_meta_tensor_no_storage"; MARK; GLOBAL "torch" "float32"; ` +
			`BININT1 2; TUPLE1; BININT1 1; TUPLE1; NEWFALSE; TUPLE; REDUCE; SETITEM; TUPLE2; REDUCE; TUPLE2; `: "", // it has tensors
		`EMPTY_LIST; BINPUT 1; GLOBAL "builtins" "exec"; UNICODE "x.append(1)"; EMPTY_DICT; UNICODE "x"; BINGET 1; SETITEM; TUPLE2; REDUCE; TUPLE2; `: "",
	})
}

// TestStripPicks: a value that a call takes out of a container that it was given
// takes the call's place, where it is known which one that is.
func TestStripPicks(t *testing.T) {
	const list, getattr = `EMPTY_LIST; BININT1 1; APPEND; `, `GLOBAL "builtins" "getattr"; `
	const held = `EMPTY_DICT; UNICODE "k"; ` + list + `SETITEM; `
	const payload = `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; `
	const namespace = `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; ` + held + `BUILD; `
	const ordered = `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; UNICODE "k"; ` + list + `SETITEM; `
	for program, goes := range map[string]bool{
		getattr + `GLOBAL "builtins" "dict"; UNICODE "get"; TUPLE2; REDUCE; ` + held + `UNICODE "k"; TUPLE2; REDUCE`:                                                                   true,
		`PROTO 4; GLOBAL "builtins" "dict.get"; ` + held + `UNICODE "k"; TUPLE2; REDUCE`:                                                                                               true,
		getattr + held + `UNICODE "get"; TUPLE2; REDUCE; UNICODE "k"; NONE; TUPLE2; REDUCE`:                                                                                            true,
		getattr + held + `UNICODE "pop"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE`:                                                                                                  true,
		getattr + ordered + `UNICODE "get"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE`:                                                                                               true,
		getattr + `EMPTY_LIST; ` + list + `APPEND; UNICODE "pop"; TUPLE2; REDUCE; EMPTY_TUPLE; REDUCE`:                                                                                 true,
		`GLOBAL "operator" "itemgetter"; UNICODE "k"; TUPLE1; REDUCE; ` + held + `TUPLE1; REDUCE`:                                                                                      true,
		`GLOBAL "operator" "itemgetter"; BININT1 1; TUPLE1; REDUCE; ` + payload + list + `TUPLE2; TUPLE1; REDUCE`:                                                                      true,
		`GLOBAL "operator" "methodcaller"; UNICODE "get"; UNICODE "k"; TUPLE2; REDUCE; ` + held + `TUPLE1; REDUCE`:                                                                     true,
		`GLOBAL "operator" "attrgetter"; UNICODE "k"; TUPLE1; REDUCE; ` + namespace + `TUPLE1; REDUCE`:                                                                                 true,
		getattr + namespace + `UNICODE "k"; TUPLE2; REDUCE`:                                                                                                                            true,
		getattr + `GLOBAL "copyreg" "_reconstructor"; GLOBAL "argparse" "Namespace"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; ` + held + `BUILD; UNICODE "k"; TUPLE2; REDUCE`: true,
		// What is shared is one object no more, or is changed through what getattr gave.
		`EMPTY_LIST; BINPUT 1; GLOBAL "copy" "deepcopy"; EMPTY_LIST; BINGET 1; APPEND; TUPLE1; REDUCE; TUPLE2`: false,
		namespace + `BINPUT 2; ` + getattr + `BINGET 2; UNICODE "k"; TUPLE2; REDUCE; BININT1 5; APPEND; POP`:   false,
		// Another value, or none, or a container that is changed.
		getattr + held + `UNICODE "get"; TUPLE2; REDUCE; UNICODE "x"; TUPLE1; REDUCE`:                                                                                    false,
		getattr + held + `UNICODE "update"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE`:                                                                                 false,
		getattr + held + `BINPUT 1; UNICODE "get"; TUPLE2; REDUCE; BINPUT 2; POP; BINGET 1; UNICODE "k"; BININT1 2; SETITEM; POP; BINGET 2; UNICODE "k"; TUPLE1; REDUCE`: false,
		held + `BINPUT 1; ` + getattr + `BINGET 1; UNICODE "pop"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE; TUPLE2`:                                                   false,
		held + `BINPUT 1; POP; ` + getattr + `BINGET 1; UNICODE "pop"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE; ` +
			getattr + `BINGET 1; UNICODE "get"; TUPLE2; REDUCE; UNICODE "k"; TUPLE1; REDUCE; TUPLE2`: false,
		`GLOBAL "operator" "itemgetter"; UNICODE "k"; TUPLE1; REDUCE; EMPTY_DICT; BUILD; ` + held + `TUPLE1; REDUCE`:                   false,
		getattr + namespace + `UNICODE "__class__"; TUPLE2; REDUCE`:                                                                    false,
		`GLOBAL "operator" "attrgetter"; UNICODE "k.j"; TUPLE1; REDUCE; ` + namespace + `TUPLE1; REDUCE`:                               false,
		`GLOBAL "operator" "itemgetter"; UNICODE "k"; TUPLE1; REDUCE; EMPTY_DICT; UNICODE "k"; ` + payload + `SETITEM; TUPLE1; REDUCE`: false,
	} {
		data := snippet(t, `PROTO 2; `+program+`; STOP`)
		if strings.HasPrefix(program, "PROTO") {
			data = data[2:]
		}
		_, got, err := outcome(t, audited(t, "m.pkl", data), strip.Options{})
		if !goes || err != nil {
			if (err != nil) == goes || err != nil && strings.Contains(err.Error(), "the proof failed") {
				t.Errorf("%s: %v", program, err)
			}
			continue
		}
		if want := append(bytes.Clone(data[:2]), snippet(t, list+`STOP`)...); !bytes.Equal(got, want) {
			t.Errorf("%s became %q, want %q", program, got, want)
		}
	}
}
