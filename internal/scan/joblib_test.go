package scan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// Parts of joblib's streams.
const (
	wrap   = `GLOBAL "joblib.numpy_pickle" "NumpyArrayWrapper"; EMPTY_TUPLE; NEWOBJ; `
	u1     = `GLOBAL "numpy" "dtype"; UNICODE "u1"; BININT1 0; BININT1 1; TUPLE3; REDUCE; `
	objs   = `GLOBAL "numpy" "dtype"; UNICODE "O8"; BININT1 0; BININT1 1; TUPLE3; REDUCE; `
	common = `UNICODE "subclass"; GLOBAL "numpy" "ndarray"; SETITEM; UNICODE "order"; UNICODE "C"; SETITEM; UNICODE "allow_mmap"; NEWFALSE; SETITEM; `
	padded = `UNICODE "numpy_array_alignment_bytes"; BININT1 16; SETITEM; `
)

// state is the state of a wrapper of an array of n elements.
func state(dtype, n, more string) string {
	return `EMPTY_DICT; UNICODE "dtype"; ` + dtype + `SETITEM; UNICODE "shape"; ` + n + `TUPLE1; SETITEM; ` + common + more + `BUILD; `
}

// text makes a stream of programs and of raw bytes, which begin with "=".
func text(t testing.TB, parts ...string) (out []byte) {
	t.Helper()
	for _, p := range parts {
		if raw, ok := strings.CutPrefix(p, "="); ok {
			out = append(out, raw...)
		} else {
			out = append(out, assemble(t, p)...)
		}
	}
	return out
}

func TestJoblib(t *testing.T) {
	harmless := "cos\nsystem\n" // an import; harmless as the elements of an array
	evil := "cos\nsystem\nX\x04\x00\x00\x00true\x85R0"
	size := func(s string) string { return fmt.Sprintf("BININT1 %d; ", len(s)) }
	frame := func(b []byte) []byte {
		return append(binary.LittleEndian.AppendUint64([]byte{0x95}, uint64(len(b))), b...)
	}
	build := assemble(t, `PROTO 4; `+wrap+state(u1, `BININT1 3; `, ``))
	rest := assemble(t, payload+`POP; `)
	leftover := append(append(frame(append(build, rest...)), "\x00\x01\x02"...), '.')
	object := assemble(t, payload+`STOP`)
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"an array", text(t, wrap+state(u1, `BININT1 3; `, ``), "=\x00\x01\x02", "STOP"), "clean"},
		{"padding", text(t, wrap+state(u1, `BININT1 3; `, padded), "=\x02\xff\xff\x00\x01\x02", "STOP"), "clean"},
		{"code behind an array", text(t, wrap+state(u1, `BININT1 3; `, ``), "=\x00\x01\x02", payload+"STOP"), "MA101 os.system"},
		{"code in an array that only pickle.load reads", text(t, wrap+state(u1, size(evil), ``), "="+evil, "STOP"), "MA101 os.system"},
		{"code in an array that fails", text(t, wrap+state(u1, `BININT1 12; `, ``), "=\x00"+harmless, "STOP"), "clean"},
		{"the last elements, which joblib before 1.2 runs", text(t, wrap+state(u1, `BININT1 33; `, padded), "=\x10"+strings.Repeat("\xff", 16)+strings.Repeat("\x00", 16)+harmless+"N0N0N0", "STOP"), "MA103 os.system"},
		{"the same bytes in front", text(t, wrap+state(u1, `BININT1 33; `, padded), "=\x10"+strings.Repeat("\xff", 16)+harmless+"N0N0N0"+strings.Repeat("\x00", 16), "STOP"), "clean"},
		{"a frame with code left", leftover, "MA202"},
		{"the code in it", leftover, "MA101 os.system"},
		{"the shape of another type", text(t, wrap+state(u1, `UNICODE "3"; `, ``), "=\x00\x01\x02", "STOP"), "MA201"},
		{"a negative size", text(t, wrap+state(u1, `BININT -1; `, ``), "=\x00\x01\x02", "STOP"), "MA201"},
		{"an array beyond the file", text(t, wrap+state(u1, `LONG1 1099511627776; `, ``), "=\x00\x01\x02", "STOP"), "unread"},
		{"no elements of no bytes", text(t, wrap+state(strings.Replace(u1, "u1", "V0", 1), `BININT1 3; `, ``), "STOP"), "MA201"},
		{"a type that is no dtype", text(t, wrap+state(`UNICODE "u1"; `, `BININT1 3; `, ``), "=\x00\x01\x02", "STOP"), "MA106 joblib.numpy_pickle.NumpyArrayWrapper"},
		{"no padding where some should be", text(t, wrap+state(u1, `BININT1 3; `, padded), "=\x00\x00\x01\x02", "STOP"), "MA202"},
		{"padding that holds data", text(t, wrap+state(u1, `BININT1 3; `, padded), "=\x02ab\x00\x01\x02", "STOP"), "MA202"},
		{"a wrapper used twice", text(t, wrap+`BINPUT 9; `+state(u1, `BININT1 3; `, ``), "=\x00\x01\x02", `BINGET 9; `+state(u1, `BININT1 3; `, ``), "=\x00\x01\x02", "TUPLE2; STOP"), "MA202"},
		{"an array that gets a state", text(t, wrap+state(u1, `BININT1 3; `, ``), "=\x00\x01\x02", `EMPTY_TUPLE; BUILD; STOP`), "MA106"},
		{"another class", text(t, strings.Replace(wrap+state(u1, `BININT1 3; `, ``), `"ndarray"`, `"distutils"`, 1), "=\x00\x01\x02", "STOP"), "MA106 joblib.numpy_pickle.NumpyArrayWrapper"},
		{"a method in the state", text(t, wrap+state(u1, `BININT1 3; `, `UNICODE "read"; GLOBAL "os" "abort"; SETITEM; `), "=\x00\x01\x02", "STOP"), "MA106 joblib.numpy_pickle.NumpyArrayWrapper"},
		{"a wrapper of each library", text(t, wrap+state(u1, `BININT1 1; `, ``), "=\x00", strings.Replace(wrap, "joblib.", "sklearn.externals.joblib.", 1)+state(u1, `BININT1 1; `, ``), "=\x00", "TUPLE2; STOP"), "MA202"},
		{"objects", text(t, wrap+state(objs, `BININT1 3; `, ``), "NONE; STOP", "STOP"), "clean"},
		{"objects with code", text(t, wrap+state(objs, `BININT1 3; `, ``), "="+string(object), "STOP"), "MA101 os.system"},
		{"code behind objects", text(t, wrap+state(objs, `BININT1 3; `, ``), "NONE; STOP", payload+"STOP"), "MA101 os.system"},
		{"objects that end inside a frame", append(append(text(t, wrap+state(objs, `BININT1 3; `, ``)), frame([]byte("N.xx"))...), '.'), "MA202"},
		{"objects without an end", text(t, wrap+state(objs, `BININT1 3; `, ``), "NONE"), "unread"},
		{"objects whose names pickle.load takes from the memo around them", text(t, `PROTO 4; UNICODE "epoch"; MEMOIZE; POP; `+wrap+state(objs, `BININT1 3; `, ``),
			`PROTO 4; UNICODE "numpy"; MEMOIZE; POP; BINGET 0; SHORT_BINUNICODE "ndarray"; STACK_GLOBAL; STOP`, "STOP"), "clean"},
		{"the same of a module that is known", text(t, `PROTO 4; UNICODE "posix"; MEMOIZE; POP; `+wrap+state(objs, `BININT1 3; `, ``),
			`PROTO 4; UNICODE "collections"; MEMOIZE; POP; BINGET 0; SHORT_BINUNICODE "OrderedDict"; STACK_GLOBAL; STOP`, "STOP"), "MA103 posix.OrderedDict"},
		{"arguments in a list", text(t, wrap+state(u1, `BININT1 1; `, ``), "=\x00", `GLOBAL "os" "system"; EMPTY_LIST; UNICODE "true"; APPEND; REDUCE; STOP`), "MA101 os.system"},
		{"a pickle behind", text(t, wrap+state(u1, `BININT1 1; `, ``), "=\x00", "STOP", payload+"STOP"), "MA101 os.system"},
		{"a joblib stream behind", text(t, "NONE; STOP", `PROTO 2; `+wrap+state(u1, `BININT1 1; `, ``), "=\x00", payload+"STOP"), "MA101 os.system"},
	} {
		t.Run(test.name, func(t *testing.T) { expect(t, scanBytes(t, "m.joblib", test.data), test.want) })
	}
}

// A file beside the pickle is read by joblib and not seen here.
func TestJoblibSiblings(t *testing.T) {
	file := func(name string) []byte {
		return text(t, `GLOBAL "joblib.numpy_pickle" "NDArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "filename"; UNICODE "`+name+
			`"; SETITEM; UNICODE "subclass"; GLOBAL "numpy" "ndarray"; SETITEM; BUILD; STOP`)
	}
	expect(t, scanBytes(t, "m.pkl", file("m.pkl_01.npy")), "unread")
	for _, name := range []string{"../m.npy", "/tmp/m.npy", "a/m.npy", `..\\m.npy`, "c:m.npy", ".."} {
		expect(t, scanBytes(t, "m.pkl", file(name)), "MA112")
	}
}

// joblibTree checks that all of a file is in its tree, but for arrays that are in
// other files, which are refused by their names.
func joblibTree(t *testing.T, path string, r *Result, siblings bool) {
	t.Helper()
	if r.Model == nil {
		t.Errorf("%s: no model", path)
		return
	}
	got, err := r.Model.Tree()
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	if (len(got.Refused) > 0) != siblings {
		t.Errorf("%s: refused %v", path, got.Refused)
	}
	for _, m := range got.Refused {
		if !strings.Contains(m.Reason, "another file, \"") {
			t.Errorf("%s: %v", path, m)
		}
	}
	for i := range got.Tensors {
		if _, err := got.Tensors[i].WriteTo(io.Discard); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestJoblibFiles scans what joblib 0.8 to 1.6 wrote, compressed or not: nothing
// in it is a finding, and all of it is read but for arrays in files of their own.
func TestJoblibFiles(t *testing.T) {
	files, err := filepath.Glob("../../testdata/joblib/*/*.joblib")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, path := range files {
		r, want := scanFile(t, path), "clean"
		text, err := os.ReadFile(path + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `"siblings": []`) {
			want = "unread"
		}
		expect(t, r, want)
		wrappers := strings.Contains(string(text), "ArrayWrapper")
		if f := r.Artifact.Formats; slices.Contains(f, audit.FormatJoblib) != wrappers {
			t.Errorf("%s: formats %v", path, f)
		}
		joblibTree(t, path, r, want == "unread")
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Of very many arrays of objects only the first are kept, and those behind them are
// judged all the same. A list of 30,000 took 450 MiB.
func TestManyArraysOfObjects(t *testing.T) {
	const n = maxHeld/traceBytes + 100
	for whole, want := range map[bool]int{false: maxHeld / traceBytes, true: n} {
		w := &walk{opt: Options{Whole: whole}}
		a, h := &arrays{traces: map[int64]*sym.Trace{}}, &holder{}
		m := &Model{arrays: make([]npyArray, n)}
		for at := range int64(n) {
			if tr := new(sym.Trace); w.room(&a.held, tr) {
				a.traces[at] = tr
			}
			m.arrays[at].pickle = &Checkpoint{Trace: &sym.Trace{}}
		}
		h.release(w, m)
		m.arrays = slices.DeleteFunc(m.arrays, func(a npyArray) bool { return a.pickle == nil })
		if len(a.traces) != want || len(m.arrays) != want {
			t.Errorf("whole %t: %d and %d of %d are kept", whole, len(a.traces), len(m.arrays), n)
		}
	}
	one := text(t, wrap+state(objs, `BININT1 1; `, ``), "NONE; STOP", "POP; ")
	last := text(t, wrap+state(objs, `BININT1 1; `, ``), payload+"STOP", "STOP")
	expect(t, scanBytes(t, "m.joblib", append(bytes.Repeat(one, n), last...)), "MA101 os.system")
}
