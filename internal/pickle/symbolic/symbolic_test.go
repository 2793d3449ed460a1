package symbolic

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
)

func kindsOf(tr *Trace) (out []EventKind) {
	for _, e := range tr.Events {
		out = append(out, e.Kind)
	}
	return out
}

// Below protocol 3 the unpickler maps the names of Python 2; the protocol is
// what the last PROTO before the name said.
func TestPython2Names(t *testing.T) {
	for _, c := range []struct{ name, program, want string }{
		{"a module", `GLOBAL "commands" "getoutput"; STOP`, "subprocess.getoutput"},
		{"a name", `GLOBAL "__builtin__" "xrange"; STOP`, "builtins.range"},
		{"a name that stays", `GLOBAL "__builtin__" "eval"; STOP`, "builtins.eval"},
		{"inst", `MARK; INST "copy_reg" "_reconstructor"; POP; GLOBAL "os" "system"; STOP`, "copyreg._reconstructor"},
		{"protocol 2", `PROTO 2; GLOBAL "urllib2" "urlopen"; STOP`, "urllib.request.urlopen"},
		{"protocol 3", `PROTO 3; GLOBAL "urllib2" "urlopen"; STOP`, "urllib2.urlopen"},
		{"protocol 4 before", `NONE; PROTO 4; GLOBAL "commands" "x"; STOP`, "commands.x"},
		{"protocol 0 in the middle", `PROTO 4; NONE; PROTO 0; GLOBAL "commands" "x"; STOP`, "subprocess.x"},
		{"stack_global at protocol 0", `UNICODE "__builtin__"; UNICODE "exec"; STACK_GLOBAL; STOP`, "builtins.exec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := runBytes(assemble(t, c.program), Options{})
			if tr.Failure != nil || len(tr.Events) == 0 || tr.Events[0].Node.FullName() != c.want {
				t.Errorf("got %v, %v, want %s", tr.Events, tr.Failure, c.want)
			}
		})
	}
}

// What depends on the loader is an event, and reading goes on.
func TestLoaderDependent(t *testing.T) {
	for _, c := range []struct {
		name, program string
		want          []EventKind
	}{
		{"extension", `EXT1 240; EMPTY_TUPLE; REDUCE; STOP`, []EventKind{EventExtension, EventCall}},
		{"buffer", `PROTO 5; NEXT_BUFFER; READONLY_BUFFER; STOP`, []EventKind{EventBuffer}},
		{"computed module", `PROTO 4; GLOBAL "m" "f"; EMPTY_TUPLE; REDUCE; UNICODE "x"; STACK_GLOBAL; STOP`,
			[]EventKind{EventImport, EventCall, EventUnresolved}},
		{"name from a persistent id", `PROTO 4; UNICODE "os"; PERSID "x"; STACK_GLOBAL; STOP`, []EventKind{EventPersistent, EventUnresolved}},
		{"name of 5,000 characters", `PROTO 4; UNICODE "os"; BINUNICODE "` + strings.Repeat("path.os.", 625) + `"; STACK_GLOBAL; STOP`, []EventKind{EventUnresolved}},
		{"python 2 string that is no ascii", `GLOBAL "m" "f"; SHORT_BINSTRING "\xff"; TUPLE1; REDUCE; STOP`, []EventKind{EventImport, EventCall}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := runBytes(assemble(t, c.program), Options{})
			if got := kindsOf(tr); tr.Failure != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, tr.Failure, c.want)
			}
		})
	}
}

// A change of what a call or BUILD was given is an event, once for each time.
func TestLateChanges(t *testing.T) {
	tr := runBytes(assemble(t, `GLOBAL "m" "f"; EMPTY_LIST; BINPUT 0; TUPLE1; REDUCE; POP; BINGET 0; NONE; APPEND; NONE; APPEND; STOP`), Options{})
	if got := kindsOf(tr); !slices.Equal(got, []EventKind{EventImport, EventCall, EventLate}) {
		t.Errorf("events %v", got)
	}
	call := tr.Events[1].Node.Call()
	if len(call.Args[0].Items()) != 0 || len(call.Live[0].Items()) != 2 || call.Live[0] != tr.Root {
		t.Errorf("the call got %d elements, in the end there are %d", len(call.Args[0].Items()), len(call.Live[0].Items()))
	}
}

// One Unpickler keeps its memo, and MEMOIZE goes on counting in it.
func TestInheritedMemo(t *testing.T) {
	first := runBytes(assemble(t, `PROTO 4; UNICODE "os"; MEMOIZE; UNICODE "system"; MEMOIZE; STOP`), Options{})
	second := assemble(t, `PROTO 4; UNICODE "collections"; MEMOIZE; UNICODE "OrderedDict"; MEMOIZE; BINGET 0; BINGET 1; STACK_GLOBAL; STOP`)
	for want, memo := range map[string]*Memo{"collections.OrderedDict": nil, "os.system": first.Memo} {
		tr := runBytes(second, Options{Memo: memo})
		if tr.Root == nil || tr.Root.FullName() != want || tr.Gets != 2 {
			t.Errorf("got %v after %d GETs, want %s", tr.Root, tr.Gets, want)
		}
	}
	if first.Memo.Len() != 4 {
		t.Errorf("%d memo entries after both, want 4", first.Memo.Len())
	}
	missing := runBytes(assemble(t, `BINGET 9; STOP`), Options{})
	if missing.Failure == nil || !missing.Failure.MissingMemo {
		t.Errorf("failure %v, want a missing memo entry", missing.Failure)
	}
}

// Hostile streams are read in time and memory that their size does not drive.
func TestLimits(t *testing.T) {
	rep := strings.Repeat
	laughs := "]q\x00" + rep("(h\x00h\x00h\x00lq\x00", 100_000) + "."
	for _, c := range []struct {
		name, stream string
		limit        bool
	}{
		{"100,000 nested lists", rep("]", 100_000) + rep("a", 99_999) + ".", false},
		{"100,000 nested tuples as keys", "})" + rep("\x85", 100_000) + "Ns.", false},
		{"billion laughs", laughs, false},
		{"billion laughs as key", "})q\x00" + rep("0(h\x00h\x00tq\x00", 100_000) + "Ns.", false},
		{"memo bomb", "Nr\xff\xff\xff\x7f" + "r\xfe\xff\xff\x7f.", false},
		{"empty lists", rep("]", 3_000_000), true},
		{"dups", "N" + rep("2", 3_000_000), true},
		{"marks", rep("(", 3_000_000), true},
		{"globals", rep("cos\nsystem\n", 600_000), true},
		{"calls with one long tuple", "cos\nsystem\nq\x00(" + rep("N", 100_000) + "tq\x01" + rep("h\x00h\x01R0", 100_000) + ".", true},
		{"calls with one long list", "cos\nsystem\nq\x00](" + rep("N", 100_000) + "e\x85q\x01" + rep("h\x00h\x01R0", 100_000) + ".", true},
		{"builds with one long dict", "cos\nsystem\n)Rq\x00}(" + numbers(100_000) + "uq\x01" + rep("h\x00h\x01b0", 100_000) + ".", true},
		{"dict changed between calls", "cos\nsystem\nq\x00}(" + numbers(50_000) + "uq\x01" + rep("h\x00h\x01\x85R0h\x01K\x01Ns0", 20_000) + ".", true},
		{"texts", rep("X\xff\x0f\x00\x00"+rep("a", 4095), 40_000), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := strings.NewReader(c.stream)
			before := heap()
			tr := Run(in, 0, in.Size(), Options{})
			if got := tr.Failure != nil && tr.Failure.Limit; got != c.limit {
				t.Errorf("failure %v, want a limit: %v", tr.Failure, c.limit)
			}
			if held := heap() - before; held > 160<<20 {
				t.Errorf("%d MiB are held", held>>20)
			}
			runtime.KeepAlive(tr)
		})
	}
}

// heap is what is held in memory.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// numbers is n pairs of an integer and None.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("J" + string([]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}) + "N")
	}
	return b.String()
}

func TestMaxBytes(t *testing.T) {
	tr := runBytes([]byte(strings.Repeat("]", 1000)+"."), Options{MaxBytes: 10_000})
	if tr.Failure == nil || !tr.Failure.Limit || tr.Ops > 200 {
		t.Errorf("failure %v after %d opcodes", tr.Failure, tr.Ops)
	}
	tr = runBytes([]byte(strings.Repeat("N0", 300)+"N."), Options{MaxOps: 100})
	if tr.Failure == nil || !tr.Failure.Limit {
		t.Errorf("failure %v", tr.Failure)
	}
}

func TestReachVisitsOnce(t *testing.T) {
	tr := runBytes([]byte("]q\x00"+strings.Repeat("(h\x00h\x00lq\x00", 5000)+"."), Options{})
	visits := 0
	Reach(func(*Node) bool { visits++; return true }, tr.Root, tr.Root)
	if visits != 5001 {
		t.Errorf("%d visits, want 5001", visits)
	}
}

func FuzzRun(f *testing.F) {
	for _, c := range semantics {
		if data, err := pickle.Assemble(strings.ReplaceAll(c.program, "; ", "\n")); err == nil {
			f.Add(data)
		}
	}
	f.Add(tensors(6, "."))
	f.Add(scalars(40, "."))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, thin := range []bool{false, true} {
			folded := runBytes(data, Options{Fold: true, Thin: thin, Pack: &shelf{}, foldFrom: 2})
			if less := lessOf(runBytes(data, Options{}), folded); less != "" {
				t.Fatalf("thin %v: it %s", thin, less)
			}
		}
		tr := runBytes(data, Options{MaxBytes: 1 << 20})
		if tr.End > int64(len(data)) || (tr.Root == nil) != (tr.Failure != nil) {
			t.Fatalf("end %d of %d, root %v, failure %v", tr.End, len(data), tr.Root, tr.Failure)
		}
		visits := 0
		Reach(func(*Node) bool { visits++; return true }, tr.Root)
		if visits > 2*len(data)+4 {
			t.Fatalf("%d nodes from %d bytes", visits, len(data))
		}
		// What is executed does not depend on what follows.
		longer := runBytes(append(slices.Clone(data), ".NNNN."...), Options{MaxBytes: 1 << 20})
		if tr.Root != nil && !slices.Equal(events(tr), events(longer)) {
			t.Fatalf("%v became %v", events(tr), events(longer))
		}
	})
}

func events(tr *Trace) (out []string) {
	for _, e := range tr.Events {
		if e.Kind != EventAnomaly {
			out = append(out, fmt.Sprint(e.Kind, e.Pos, e.End))
		}
	}
	return out
}
