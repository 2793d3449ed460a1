package pipeline

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/pickle"
)

// attackSnippets are calls, imports and changes, spelled in every way that the
// protocol has. Each leaves one value on the stack.
var attackSnippets = map[string]string{
	"REDUCE":                `GLOBAL "posix" "system"; MARK; UNICODE "true"; TUPLE; REDUCE`,
	"STACK_GLOBAL":          `SHORT_BINUNICODE "posix"; SHORT_BINUNICODE "system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"INST":                  `MARK; STRING "true"; INST "posix" "system"`,
	"OBJ":                   `MARK; GLOBAL "posix" "system"; UNICODE "true"; OBJ`,
	"NEWOBJ":                `GLOBAL "subprocess" "Popen"; UNICODE "true"; TUPLE1; NEWOBJ`,
	"NEWOBJ_EX":             `GLOBAL "subprocess" "Popen"; UNICODE "true"; TUPLE1; EMPTY_DICT; NEWOBJ_EX`,
	"BUILD on a module":     `GLOBAL "json" "decoder"; EMPTY_DICT; UNICODE "scan"; GLOBAL "posix" "system"; SETITEM; BUILD`,
	"APPEND to an object":   `GLOBAL "m" "C"; EMPTY_TUPLE; NEWOBJ; NONE; APPEND`,
	"EXT1":                  `RAW 82f0`,
	"add_extension":         `GLOBAL "copyreg" "add_extension"; MARK; UNICODE "posix"; UNICODE "system"; BININT1 240; TUPLE; REDUCE`,
	"POP and MEMOIZE":       `UNICODE "posix"; BINPUT 200; POP; UNICODE "torch"; BINPUT 201; POP; BINGET 200; UNICODE "system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"memo overwritten":      `UNICODE "torch"; BINPUT 200; POP; UNICODE "posix"; BINPUT 200; UNICODE "system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"DUP between operands":  `UNICODE "posix"; DUP; POP; UNICODE "system"; MARK; NONE; NONE; POP_MARK; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"binary strings":        `SHORT_BINSTRING "posix"; BINSTRING "system"; STACK_GLOBAL; BINUNICODE8 "true"; TUPLE1; REDUCE`,
	"computed operands":     `GLOBAL "builtins" "str"; UNICODE "posix"; TUPLE1; REDUCE; UNICODE "system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"dotted name":           `UNICODE "pathlib"; UNICODE "os.system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE`,
	"Python 2 names":        `GLOBAL "__builtin__" "eval"; UNICODE "1"; TUPLE1; REDUCE`,
	"a chain":               `GLOBAL "builtins" "getattr"; GLOBAL "builtins" "__import__"; UNICODE "os"; TUPLE1; REDUCE; UNICODE "system"; TUPLE2; REDUCE; UNICODE "true"; TUPLE1; REDUCE`,
	"in a dict":             `EMPTY_DICT; UNICODE "k"; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; SETITEM`,
	"in a tuple in a list":  `EMPTY_LIST; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; NONE; TUPLE2; APPEND`,
	"an import":             `GLOBAL "antigravity" "x"`,
	"a class of somebody's": `GLOBAL "__main__" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; BUILD`,
	"protocol 0 escapes":    `RAW 565c753030366673790a; POP; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE`,
	"used again":            `GLOBAL "posix" "system"; BINPUT 210; POP; BINGET 210; UNICODE "true"; TUPLE1; REDUCE; BINPUT 211; POP; BINGET 211`,
	"under a FrozenSet":     `MARK; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; FROZENSET`,
}

func snippet(t *testing.T, text string) []byte {
	t.Helper()
	b, err := pickle.Assemble(strings.ReplaceAll(text, "; ", "\n") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func member(t *testing.T, archive []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestStripAttacks: whatever stands in front of the object of a real file, or is
// left below it on the stack, the file comes out as it was.
func TestStripAttacks(t *testing.T) {
	pickled := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	legacy := testdata(t, "torch/legacy-2.15/checkpoint_sgd.pt")
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	record := member(t, zipped, "state_dict/data.pkl")
	for name, text := range attackSnippets {
		for _, pop := range []bool{true, false} {
			what := snippet(t, text)
			if pop {
				what = append(what, byte(pickle.OpPop))
			}
			if _, got := stripped(t, name+".pkl", injected(pickled, what)); !bytes.Equal(got, pickled) {
				t.Errorf("%s, popped %t: a pickle of %d bytes became one of %d", name, pop, len(pickled), len(got))
			}
			if _, got := stripped(t, name+".pth", injectedLegacy(t, legacy, what)); !bytes.Equal(got, legacy) {
				t.Errorf("%s, popped %t: a legacy file of %d bytes became one of %d", name, pop, len(legacy), len(got))
			}
			_, got := stripped(t, name+".pt", injectedZip(t, zipped, what))
			if now := member(t, got, "state_dict/data.pkl"); !bytes.Equal(now, record) {
				t.Errorf("%s, popped %t: a record of %d bytes became one of %d", name, pop, len(record), len(now))
			}
		}
	}
}

// TestStripRefuses: where it is not known what is loaded, nothing is stripped.
func TestStripRefuses(t *testing.T) {
	data := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	for text, reason := range map[string]string{
		`GLOBAL "sys" "modules"; UNICODE "x"; NONE; SETITEM; POP`:         "sys.modules",
		`GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`:   "it is the object",
		`GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; RAW ff`: "no loader gets an object from it",
	} {
		bad := injected(data, snippet(t, text))
		_, err := Strip(t.Context(), audited(t, "m.pkl", bad), StripOptions{Dir: t.TempDir(), Perm: 0o644})
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", text, err, reason)
		}
	}
}

// TestStripMagic: a file of torch's older format whose magic number a call gives
// has the number itself afterwards.
func TestStripMagic(t *testing.T) {
	legacy := testdata(t, "torch/legacy-2.15/checkpoint_sgd.pt")
	at := bytes.IndexByte(legacy, byte(pickle.OpStop)) + 1
	computed := snippet(t, `PROTO 2; GLOBAL "__builtin__" "eval"; UNICODE "0x1950a86a20f9469cfc6c"; TUPLE1; REDUCE; STOP`)
	out, got := stripped(t, "m.pth", append(computed, legacy[at:]...))
	if !bytes.Equal(got, legacy) || out.Proof.Tensors == 0 {
		t.Errorf("%d bytes, want %d; %+v", len(got), len(legacy), out)
	}
}

// TestStripUnwraps: what a call is known to give back takes its place, and no
// other value does.
func TestStripUnwraps(t *testing.T) {
	const eval, list = `GLOBAL "builtins" "eval"; `, `EMPTY_LIST; BINPUT 7; BININT1 1; APPEND; `
	for program, want := range map[string]string{
		eval + `UNICODE "x"; EMPTY_DICT; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE`:                                                                 list,
		eval + `UNICODE "x"; EMPTY_DICT; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE; BINPUT 8; BINGET 8; TUPLE2`:                                     list + `BINPUT 8; BINGET 8; TUPLE2`,
		eval + `MARK; UNICODE "y"; EMPTY_DICT; EMPTY_DICT; UNICODE "y"; ` + list + `SETITEM; TUPLE; REDUCE; TUPLE1`:                                        list + `TUPLE1`,
		`GLOBAL "copy" "copy"; ` + list + `TUPLE1; REDUCE`:                                                                                                 list,
		`EMPTY_LIST; ` + eval + `UNICODE "exec('') or {}"; TUPLE1; REDUCE; UNICODE "a"; BININT1 1; SETITEM; APPEND`:                                        `EMPTY_LIST; EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; APPEND`,
		list + eval + `UNICODE "x"; EMPTY_DICT; UNICODE "x"; BINGET 7; SETITEM; TUPLE2; REDUCE; TUPLE2`:                                                    list + `BINGET 7; TUPLE2`,
		list + `GLOBAL "copy" "copy"; BINGET 7; TUPLE1; REDUCE; TUPLE2`:                                                                                    "", // two lists, which would be one
		eval + `UNICODE "exec('') or x"; EMPTY_DICT; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE`:                                                     "",
		eval + `UNICODE "x"; EMPTY_DICT; BINPUT 1; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE; BINGET 1; TUPLE2`:                                     "", // the globals stay, and got __builtins__
		eval + `UNICODE "x"; EMPTY_DICT; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE; BININT1 2; APPEND`:                                              "", // the list is changed later
		`GLOBAL "builtins" "str"; EMPTY_DICT; UNICODE "a"; GLOBAL "posix" "system"; SETITEM; BUILD; POP; GLOBAL "copy" "copy"; ` + list + `TUPLE1; REDUCE`: "", // a name may be another function
		`GLOBAL "builtins" "exec"; UNICODE "x"; EMPTY_DICT; UNICODE "x"; ` + list + `SETITEM; TUPLE2; REDUCE`:                                              "",
		`GLOBAL "copy" "copy"; EMPTY_LIST; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; APPEND; TUPLE1; REDUCE`:                                "", // it may be copied by code
	} {
		data := snippet(t, `PROTO 2; `+program+`; STOP`)
		_, got, err := outcome(t, audited(t, "m.pkl", data), strip.Options{})
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", program, err)
		}
		if err != nil {
			continue
		}
		if exact := snippet(t, `PROTO 2; `+strings.TrimSuffix(want, "; ")+`; STOP`); !bytes.Equal(got, exact) {
			t.Errorf("%s became %q, want %q", program, got, exact)
		}
	}
}
