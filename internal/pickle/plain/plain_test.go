package plain

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
)

func read(data string, window int, opt Options) (Stream, bool) {
	if opt.MaxOps == 0 {
		opt.MaxOps = math.MaxInt64
	}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = 1 << 30
	}
	s := &reader{in: windowOf(data, window), maxOps: opt.MaxOps, room: opt.MaxBytes, frameEnd: math.MaxInt64}
	return s.read()
}

func windowOf(data string, size int) window {
	return window{r: strings.NewReader(data), end: int64(len(data)), size: size}
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, program string
		want          bool
	}{
		{"a number", `BININT1 1; STOP`, true},
		{"no stop", `BININT1 1`, false},
		{"nothing to return", `STOP`, false},
		{"an import", `GLOBAL "os" "system"; STOP`, false},
		{"a name of texts", `PROTO 4; SHORT_BINUNICODE "os"; SHORT_BINUNICODE "system"; STACK_GLOBAL; STOP`, false},
		{"a persistent id", `NONE; BINPERSID; STOP`, false},
		{"a state", `EMPTY_DICT; NONE; BUILD; STOP`, false},
		{"a buffer", `NEXT_BUFFER; STOP`, false},
		{"an extension", `EXT1 1; STOP`, false},
		{"a memo entry that nobody wrote", `BINGET 0; STOP`, false},
		{"one list twice", `EMPTY_LIST; MEMOIZE; MARK; EMPTY_LIST; MEMOIZE; BININT1 1; APPEND; BINGET 1; APPENDS; STOP`, true},
		{"a list in itself", `EMPTY_LIST; MEMOIZE; BINGET 0; APPEND; STOP`, false},
		{"a list that changes inside another", `EMPTY_LIST; EMPTY_LIST; MEMOIZE; APPEND; BINGET 0; BININT1 1; APPEND; STOP`, false},
		{"a key twice", `EMPTY_DICT; MARK; BININT1 1; NONE; NEWTRUE; NONE; SETITEMS; STOP`, false},
		{"a key twice in two batches", `EMPTY_DICT; BININT1 1; EMPTY_DICT; NONE; NONE; SETITEM; SETITEM; BINFLOAT 1.0; NONE; SETITEM; STOP`, false},
		{"one key in two dicts", `EMPTY_DICT; BININT1 1; EMPTY_DICT; BININT1 1; NONE; SETITEM; SETITEM; STOP`, true},
		{"a key twice in a dict that is dropped", `NONE; MARK; BININT1 1; NONE; BININT1 1; NONE; DICT; POP; STOP`, false},
		{"a list for a key", `EMPTY_DICT; EMPTY_LIST; NONE; SETITEM; STOP`, false},
		{"a tuple with a list for a key", `EMPTY_DICT; EMPTY_LIST; TUPLE1; NONE; SETITEM; STOP`, false},
		{"tuples for keys", `EMPTY_DICT; BININT1 1; TUPLE1; NONE; SETITEM; BININT1 2; TUPLE1; NONE; SETITEM; STOP`, true},
		{"append to a dict", `EMPTY_DICT; NONE; APPEND; STOP`, false},
		{"item of a list", `EMPTY_LIST; BININT1 0; NONE; SETITEM; STOP`, false},
		{"a frame", `PROTO 4; FRAME 3; BININT1 1; STOP`, true},
		{"a frame that ends in an opcode", `PROTO 4; FRAME 1; BININT1 1; STOP`, false},
		{"a frame that goes on", `PROTO 4; FRAME 4; BININT1 1; STOP; NONE`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := pickle.Assemble(strings.ReplaceAll(c.program, "; ", "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if _, got := Read(bytes.NewReader(data), 0, int64(len(data)), Options{}); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// What passes a limit is not accepted.
func TestLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("]", n) + strings.Repeat("a", n-1) + "." }
	doubled := func(n int) string {
		return "]" + strings.Repeat("\x94h\x00\x86", 1) + strings.Repeat("\x942\x86", n) + "."
	}
	for name, c := range map[string]struct {
		data string
		opt  Options
		want bool
	}{
		"deep":         {nested(5000), Options{}, true},
		"too deep":     {nested(5001), Options{}, false},
		"paths":        {doubled(20), Options{}, true},
		"many paths":   {doubled(30), Options{}, false},
		"stack":        {strings.Repeat("N", 10_000) + ".", Options{MaxBytes: 100_000}, false},
		"marks":        {strings.Repeat("(", 100_000) + "N.", Options{MaxBytes: 100_000}, false},
		"memo":         {"N" + strings.Repeat("\x94", 20_000) + ".", Options{MaxBytes: 100_000}, false},
		"opcodes":      {strings.Repeat("N0", 100) + "N.", Options{MaxOps: 202}, true},
		"more opcodes": {strings.Repeat("N0", 100) + "N.", Options{MaxOps: 201}, false},
	} {
		if _, got := read(c.data, windowSize, c.opt); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// FuzzRead: the answer does not depend on how the bytes are read, nor a yes on
// what follows.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("../symbolic/testdata/plain/*.pkl")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(string(data[:min(len(data), 3000)]) + "ueu.")
		}
	}
	f.Add("\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00]\x94.")
	f.Add("(lp0\nI1\naF0.5\naVtext\np1\nag1\na.")
	f.Fuzz(func(t *testing.T, data string) {
		whole, ok := read(data, windowSize, Options{})
		if ok && (whole.End > int64(len(data)) || data[whole.End-1] != '.') {
			t.Fatalf("%q ends at %d", data, whole.End)
		}
		if small, yes := read(data, 32, Options{}); yes && (!ok || small != whole) {
			t.Fatalf("%q: %+v through a small window, %+v, %t", data, small, whole, ok)
		}
		if longer, yes := read(data+"N.", windowSize, Options{}); ok && (!yes || longer != whole) {
			t.Fatalf("%q: %+v, and %+v, %t with more behind it", data, whole, longer, yes)
		}
	})
}
