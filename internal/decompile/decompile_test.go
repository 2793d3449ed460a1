package decompile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// assemble turns a program into a stream; "; " ends a line.
func assemble(t testing.TB, program string) []byte {
	t.Helper()
	data, err := pickle.Assemble(strings.ReplaceAll(program, "; ", "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, program)
	}
	return data
}

func written(t testing.TB, data []byte, opt Options) string {
	t.Helper()
	tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxOps: 2_000_000})
	opt.Data = bytes.NewReader(data)
	opt.Storage = func(*sym.Node) bool { return true }
	j := rules.Pickle(tr, rules.PickleContext{Data: opt.Data, Storage: opt.Storage})
	var out bytes.Buffer
	if err := Write(&out, tr, j, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const (
	system    = `GLOBAL "os" "system"; `
	arg       = `UNICODE "true"; TUPLE1; REDUCE; `
	namespace = `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; REDUCE; `
	storage   = `MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "0"; UNICODE "cpu"; BININT1 6; TUPLE; BINPERSID; `
	tensor    = `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + `BININT1 0; BININT1 2; BININT1 3; TUPLE2; BININT1 3; BININT1 1; TUPLE2; NEWFALSE; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; TUPLE; REDUCE; `
	array     = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 1; TUPLE1; GLOBAL "numpy" "dtype"; UNICODE "f4"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "<"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; NEWFALSE; SHORT_BINBYTES "\x00\x00\x00\x00"; TUPLE; BUILD; `
)

// Each step that matters has a line, and the result stands last.
func TestWrite(t *testing.T) {
	for _, tt := range []struct{ name, program, want string }{
		{"call", system + arg + `STOP`, `
  v1 = os.system("true")  # called at 0x12, MA101 critical: runs commands
  result = v1
`},
		{"dropped call, plain result", system + arg + `POP; EMPTY_DICT; UNICODE "epoch"; BININT1 3; SETITEM; STOP`, `
  v1 = os.system("true")  # called at 0x12, MA101 critical: runs commands
  result = {"epoch": 3}
`},
		{"tensor and array", `EMPTY_DICT; MARK; UNICODE "w"; ` + tensor + `UNICODE "a"; ` + array + `SETITEMS; STOP`, `
  result = {"w": tensor(float32 [2, 3], storage 0), "a": array(f4 [1])}
`},
		{"import", `GLOBAL "acme" "f"; STOP`, `
  import acme.f  # imported at 0x0, MA103 medium
  result = acme.f
`},
		{"planted method", namespace + `EMPTY_DICT; UNICODE "append"; ` + system + `SETITEM; BUILD; NONE; APPEND; STOP`, `
  v1 = argparse.Namespace()  # called at 0x15
  import os.system  # imported at 0x1f, MA103 critical: runs commands
  v1.__setstate__({"append": os.system})  # BUILD at 0x2b
  v1.append(None)  # APPEND at 0x2d, MA106 high
  result = v1
`},
		{"computed name", `PROTO 4; GLOBAL "_codecs" "decode"; SHORT_BINBYTES "os"; TUPLE1; REDUCE; UNICODE "system"; STACK_GLOBAL; ` + arg + `STOP`, `
  v1 = _codecs.decode(b"os")  # called at 0x17, MA102 high
  v2 = import_by_name(v1, "system")  # at 0x20, MA105 critical
  v3 = v2("true")  # called at 0x28, MA105 high
  result = v3
`},
		{"object of a class", `PROTO 2; GLOBAL "acme" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "lr"; FLOAT 0.5; SETITEM; BUILD; STOP`, `
  v1 = acme.Net.__new__()  # called at 0xd, MA110 medium
  v1.__setstate__({"lr": 0.5})  # BUILD at 0x19
  result = v1
`},
		{"change of a module", `GLOBAL "json" "decoder"; UNICODE "k"; BININT1 1; SETITEM; STOP`, `
  import json.decoder  # imported at 0x0, MA103 medium
  json.decoder["k"] = 1  # SETITEM at 0x13, MA107 critical
  result = json.decoder
`},
		{"broken off", system + arg + `RAW 58ffffff7f`, `
  v1 = os.system("true")  # called at 0x12, MA101 critical: runs commands
  # it breaks off at 0x13: argument of 2147483647 bytes, but the input has 0
  # there is no result
`},
		{"hostile names", `GLOBAL "a\x1b[31m" "b ##[error]"; UNICODE "\u202e##\x07"; TUPLE1; REDUCE; STOP`, `
  v1 = global("a\x1b[31m", "b #\x23[error]")("\u202e#\x23\a")  # called at 0x20, MA102 high
  result = v1
`},
		{"nested pickle", `GLOBAL "_pickle" "loads"; SHORT_BINBYTES "\x80\x04cos\nsystem\nVtrue\n\x85R."; TUPLE1; REDUCE; STOP`, `
  v1 = _pickle.loads(b"\x80\x04cos\nsystem\nVtrue\n\x85R.")  # called at 0x28, MA101 critical: unpickles other data
    # the pickle among the arguments calls os.system("true")
  result = v1
`},
		{"code", `GLOBAL "builtins" "exec"; UNICODE "import os\nos.system('true')\n"; TUPLE1; REDUCE; STOP`, `
  v1 = builtins.exec("import os\nos.system('true')\n")  # called at 0x38, MA101 critical: runs or builds code
    # text:
    # | import os
    # | os.system('true')
  result = v1
`},
		{"cycle", `EMPTY_LIST; BINPUT 0; BINGET 0; APPEND; STOP`, `
  result = [
    [[[...1]]],
  ]
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := "\n" + written(t, assemble(t, tt.program), Options{}); got != tt.want {
				t.Errorf("got%swant%s", got, tt.want)
			}
		})
	}
}

// Without All the output is short; with it every step has a line.
func TestWriteBounds(t *testing.T) {
	program := `GLOBAL "acme" "f"; BINPUT 0; POP; ` + strings.Repeat(`BINGET 0; EMPTY_TUPLE; REDUCE; POP; `, 5000) + `EMPTY_LIST; MARK; ` + strings.Repeat(`NONE; `, 5000) + `APPENDS; STOP`
	data := assemble(t, program)
	short := written(t, data, Options{})
	if n := strings.Count(short, "\n"); n > 400 || !strings.Contains(short, "# and 4700 more steps like these\n") {
		t.Errorf("%d lines\n%s", n, short[len(short)-300:])
	}
	if n := strings.Count(written(t, data, Options{All: true}), "acme.f()"); n != 5000 {
		t.Errorf("%d calls are written, want 5000", n)
	}
	if n := strings.Count(written(t, data, Options{All: true}), "None"); n != 5000 {
		t.Errorf("%d elements are written, want 5000", n)
	}
}

// A small stream with a value on very many paths is written in few lines.
func TestWriteShared(t *testing.T) {
	data := []byte("\x80\x02]" + strings.Repeat("2\x86", 300) + ".")
	if got := written(t, data, Options{All: true}); len(got) > 200_000 {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzWrite(f *testing.F) {
	for _, program := range []string{system + arg + `STOP`, tensor + `STOP`, array + `STOP`, namespace + `EMPTY_DICT; BUILD; NONE; APPEND; STOP`, `EXT1 1; PERSID "x"; NEXT_BUFFER; STOP`} {
		f.Add(assemble(f, program), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, all bool) {
		out := written(t, data, Options{All: all})
		for i, r := range out {
			if r != '\n' && (r < ' ' || r > '~') {
				t.Fatalf("%q at %d", r, i)
			}
		}
		if !all && len(out) > 1<<20 {
			t.Fatalf("%d bytes", len(out))
		}
	})
}

func ExampleValue() {
	fmt.Println(Value(&sym.Node{Kind: sym.String, Text: "a\nb"}, 80))
	// Output: "a\nb"
}

// What is noted of an opcode that imports and calls stands in its line once.
func TestStatementsOfInst(t *testing.T) {
	data := assemble(t, `MARK; STRING "true"; INST "os" "system"; STOP`)
	tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxOps: 100})
	var lines []string
	Statements(tr, rules.Pickle(tr, rules.PickleContext{Data: bytes.NewReader(data)}), Options{}, func(s Statement) bool {
		lines = append(lines, s.Text)
		return true
	})
	if text := strings.Join(lines, "; "); strings.Count(text, "MA101") != 1 || !strings.HasPrefix(text, "import os.system; calls ") {
		t.Errorf("%q", lines)
	}
}

// Values that stand in one another as deep as the stream is long are written as
// deep as others.
func TestStatementsDeep(t *testing.T) {
	for program, want := range map[string]string{
		`GLOBAL "acme" "f"; ` + strings.Repeat(`EMPTY_TUPLE; REDUCE; `, 9): "...()()()()()",
		`NONE; ` + strings.Repeat(`BINPERSID; `, 9):                        "persistent_load(persistent_load(persistent_load(persistent_load(persistent_load(...)))))",
	} {
		data := assemble(t, program+`STOP`)
		tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxOps: 100})
		var last string
		Statements(tr, rules.Pickle(tr, rules.PickleContext{Data: bytes.NewReader(data)}), Options{}, func(s Statement) bool {
			last = s.Text
			return true
		})
		if !strings.Contains(last, want) || strings.Contains(last, "."+want) {
			t.Errorf("%q", last)
		}
	}
}
