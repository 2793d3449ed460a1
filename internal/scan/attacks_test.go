package scan

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// An attack is a pickle that imports and calls what it should not, in one of
// the ways in which scanners are known to be deceived. Payloads are inert.
type attack struct {
	name string
	data []byte
	// names lists the callables of which one must be named, "" meaning any.
	names []string
}

// attacks collects samples; it fails the test if a program does not assemble.
type attacks struct {
	t    testing.TB
	list []attack
}

// program adds a sample that is written in opcodes.
func (a *attacks) program(name, program string, callables ...string) {
	a.t.Helper()
	a.add(name, assemble(a.t, program), callables...)
}

func (a *attacks) add(name string, data []byte, callables ...string) {
	if len(callables) == 0 {
		callables = []string{"os.system"}
	}
	a.list = append(a.list, attack{name, data, callables})
}

// caught says what is wrong with the result for an attack, "" if nothing is.
func (a *attack) caught(r *Result) string {
	if r.Skipped {
		return "skipped"
	}
	if r.Artifact.Verdict != audit.VerdictFindings {
		return fmt.Sprintf("verdict %q, unread %v", r.Artifact.Verdict, r.Artifact.Coverage.Unread)
	}
	named := func(f audit.Finding) bool {
		return f.Rule < "MA200" && (slices.Contains(a.names, f.Callable) || slices.Contains(a.names, ""))
	}
	if !slices.ContainsFunc(r.Artifact.Findings, named) {
		return fmt.Sprintf("found %q", found(r))
	}
	return ""
}

// A wrapping puts a pickle into a container that is read, or beside something.
type wrapping struct {
	name, file string
	wrap       func([]byte) []byte
}

const goodCheckpoint = anOrdered + `UNICODE "w"; ` + aTensor + `SETITEM; STOP`

// legacy is torch's first format but one, up to the pickle with that index.
func legacy(t testing.TB, index int, data []byte) []byte {
	parts := [][]byte{
		assemble(t, `PROTO 2; LONG 119547037146038801333356; STOP`), assemble(t, `PROTO 2; BININT2 1001; STOP`), assemble(t, `PROTO 2; EMPTY_DICT; STOP`),
		assemble(t, `PROTO 2; EMPTY_DICT; STOP`), assemble(t, `PROTO 2; EMPTY_LIST; STOP`),
	}
	parts[index] = data
	return bytes.Join(parts, nil)
}

func wrappings(t testing.TB) []wrapping {
	good := assemble(t, goodCheckpoint)
	record := func(name string) func([]byte) []byte {
		return func(b []byte) []byte { return checkpoint(t, goodCheckpoint, member{name, b}) }
	}
	bundle := func(method uint16, name string) func([]byte) []byte {
		return func(b []byte) []byte {
			return archive(t, method, member{"README.md", []byte("text\n")}, member{name, b})
		}
	}
	return []wrapping{
		{"bare", "m.pkl", func(b []byte) []byte { return b }},
		{"the record of a checkpoint", "m.pt", func(b []byte) []byte {
			return archive(t, zip.Store, member{"a/data.pkl", b}, member{"a/version", []byte("3\n")})
		}},
		{"the deflated record of a checkpoint", "m.pt", func(b []byte) []byte {
			return archive(t, zip.Deflate, member{"a/data.pkl", b}, member{"a/version", []byte("3\n")})
		}},
		{"a second record of that name", "m.pt", record("a/data.pkl")},
		{"a record in capitals", "m.pt", record("A/DATA.PKL")},
		{"a record of torch's own", "m.pt", record("a/.data/serialization_id")},
		{"a storage that nobody claims", "m.pt", record("a/data/7")},
		{"a record with a harmless name", "m.bin", record("a/data.txt")},
		{"a member without extension", "m.zip", bundle(zip.Store, "x/weights")},
		{"a member named json", "m.zip", bundle(zip.Deflate, "config.json")},
		{"a member behind a folder's slash", "m.zip", func(b []byte) []byte {
			return bytes.ReplaceAll(bundle(zip.Store, "folder!")(b), []byte("folder!"), []byte("folder/"))
		}},
		{"an archive in an archive", "m.zip", func(b []byte) []byte {
			return archive(t, zip.Deflate, member{"inner", archive(t, zip.Store, member{"m", archive(t, zip.Deflate, member{"x", b})})})
		}},
		{"a pickle before an archive", "m.pt", func(b []byte) []byte { return append(bytes.Clone(b), checkpoint(t, goodCheckpoint)...) }},
		{"the object of torch's older format", "m.pt", func(b []byte) []byte { return legacy(t, 3, b) }},
		{"the storage keys of torch's older format", "m.pt", func(b []byte) []byte { return legacy(t, 4, b) }},
		{"the system of torch's older format", "m.pt", func(b []byte) []byte { return legacy(t, 2, b) }},
		{"behind a harmless pickle", "m.pkl", func(b []byte) []byte { return append(assemble(t, `PROTO 4; NONE; STOP`), b...) }},
		{"behind a harmless checkpoint's pickle", "m.pt", func(b []byte) []byte {
			return archive(t, zip.Store, member{"a/data.pkl", append(bytes.Clone(good), b...)}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")})
		}},
		{"nested bytes", "m.pkl", func(b []byte) []byte {
			return assemble(t, `GLOBAL "torch.storage" "_load_from_bytes"; `+fmt.Sprintf("BINBYTES %q", b)+`; TUPLE1; REDUCE; STOP`)
		}},
		{"nested bytes as text", "m.pkl", func(b []byte) []byte {
			runes := make([]rune, len(b))
			for i, c := range b {
				runes[i] = rune(c)
			}
			return assemble(t, `GLOBAL "torch.storage" "_load_from_bytes"; GLOBAL "_codecs" "encode"; `+fmt.Sprintf("BINUNICODE %q", string(runes))+
				`; UNICODE "latin1"; TUPLE2; REDUCE; TUPLE1; REDUCE; STOP`)
		}},
		{"nested bytes in a checkpoint's record", "m.pt", func(b []byte) []byte {
			return checkpoint(t, `GLOBAL "torch.storage" "_load_from_bytes"; `+fmt.Sprintf("BINBYTES %q", b)+`; TUPLE1; REDUCE; STOP`)
		}},
	}
}

// everywhere demands that each attack is caught under every name and in every
// container. A short run takes every twentieth.
func (a *attacks) everywhere() {
	t := a.t.(*testing.T)
	t.Helper()
	for i, s := range a.list {
		if testing.Short() && i%20 != 0 {
			continue
		}
		a.names(s)
		a.wrapped(s)
		if t.Failed() {
			t.Logf("the sample is %q", s.data[:min(len(s.data), 300)])
			return
		}
	}
	t.Logf("%d samples", len(a.list))
}

func (a *attacks) names(s attack) {
	for _, file := range []string{"m.pt", "m.bin", "M.PKL", "m.joblib", "m.json", "m.onnx", "m.h5", "m", ".metadata", "m.txt"} {
		if msg := s.caught(scanBytes(a.t, file, s.data)); msg != "" {
			a.t.Errorf("%s as %s: %s", s.name, file, msg)
		}
	}
}

func (a *attacks) wrapped(s attack) {
	for _, w := range append(wrappings(a.t), packings(a.t)...) {
		if msg := s.caught(scanBytes(a.t, w.file, w.wrap(s.data))); msg != "" {
			a.t.Errorf("%s in %s: %s", s.name, w.name, msg)
		}
	}
}

// spellings writes a text by each opcode that makes a str; the last ones with
// escapes.
func spellings(text string) []string {
	var out []string
	for _, op := range []string{"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"} {
		out = append(out, fmt.Sprintf("%s %q; ", op, text))
	}
	raw := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("RAW %q; ", fmt.Sprintf(format, args...)))
	}
	raw("S\"%s\"\n", text)
	raw("S'\\x%02x%s'\n", text[0], text[1:])
	raw("S'%s\\%03o'\n", text[:len(text)-1], text[len(text)-1])
	raw("V\\u%04x%s\n", text[0], text[1:])
	raw("V%s\\U%08x\n", text[:len(text)-1], text[len(text)-1])
	return out
}

// The gaps leave the stack as it is.
var gaps = []string{"", "DUP; POP; ", "MARK; NONE; NONE; POP_MARK; ", "MARK; POP; ", "NONE; POP; ", "EMPTY_LIST; MARK; UNICODE \"x\"; APPENDS; POP; ",
	"MEMOIZE; ", "PUT 7; ", "DUP; DUP; POP; POP; ", "MARK; MARK; POP_MARK; POP_MARK; "}

// detour takes the value on top by way of the memo.
func detours() []string {
	var out []string
	for _, put := range []string{"PUT 5", "BINPUT 5", "LONG_BINPUT 5", "MEMOIZE"} {
		for _, get := range []string{"GET %d", "BINGET %d", "LONG_BINGET %d"} {
			at := 5
			if put == "MEMOIZE" {
				at = 0
			}
			out = append(out, put+"; POP; "+fmt.Sprintf(get, at)+"; ")
		}
	}
	return out
}

var callForms = []string{"EMPTY_TUPLE; REDUCE; STOP", "UNICODE \"true\"; TUPLE1; REDUCE; STOP", "MARK; UNICODE \"true\"; TUPLE; REDUCE; STOP", "EMPTY_TUPLE; NEWOBJ; STOP",
	"EMPTY_TUPLE; EMPTY_DICT; NEWOBJ_EX; STOP", "BINPUT 9; POP; MARK; BINGET 9; UNICODE \"true\"; OBJ; STOP", "EMPTY_TUPLE; REDUCE; POP; NONE; STOP"}

// programLines makes opcodes of what a fuzzer or a table holds.
func programLines(p string) ([]byte, error) {
	return pickle.Assemble(strings.ReplaceAll(p, "; ", "\n"))
}
