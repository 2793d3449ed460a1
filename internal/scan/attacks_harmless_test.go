package scan

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// The harmless neighbours of the attacks: the same bytes and containers with a
// callable that a listed use has, or with nothing that is called.
func TestHarmlessPickles(t *testing.T) {
	if testing.Short() {
		t.Skip("many samples")
	}
	ordered := `EMPTY_TUPLE; REDUCE; STOP`
	programs := map[string]string{
		"text about os.system":  `PROTO 4; EMPTY_DICT; UNICODE "os.system"; UNICODE "cos\\nsystem\\n(S'true'\\ntR."; SETITEM; UNICODE "eval"; UNICODE "__import__('os').system('true')"; SETITEM; STOP`,
		"bytes of a payload":    fmt.Sprintf(`PROTO 4; SHORT_BINBYTES %q; STOP`, assemble(t, payload+`STOP`)),
		"python 2 name":         `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; STOP`,
		"a second PROTO's twin": `PROTO 2; NONE; STOP`,
		"numbers":               `PROTO 2; MARK; BININT1 1; LONG 5; BINFLOAT 1.5; INT true; TUPLE; STOP`,
		"frames":                `PROTO 4; FRAME auto; EMPTY_LIST; MEMOIZE; MARK; NONE; NONE; APPENDS; STOP`,
		"a nested pickle":       fmt.Sprintf(`GLOBAL "torch.storage" "_load_from_bytes"; BINBYTES %q; TUPLE1; REDUCE; STOP`, legacy(t, 3, assemble(t, `PROTO 2; EMPTY_DICT; STOP`))),
		"items that are set":    `PROTO 2; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; MARK; UNICODE "append"; NONE; UNICODE "__setstate__"; NONE; SETITEMS; STOP`,
		"a set and a frozenset": `PROTO 4; EMPTY_SET; MARK; BININT1 1; ADDITEMS; MARK; NONE; FROZENSET; TUPLE2; STOP`,
	}
	for i, module := range spellings("collections") {
		for k, name := range spellings("OrderedDict") {
			programs[fmt.Sprintf("spellings %d and %d", i, k)] = `PROTO 4; ` + module + name + `STACK_GLOBAL; ` + ordered
		}
	}
	for _, d := range detours() {
		programs["by "+d] = `PROTO 4; UNICODE "collections"; ` + d + `UNICODE "OrderedDict"; STACK_GLOBAL; ` + ordered
	}
	for i, gap := range gaps {
		programs[fmt.Sprintf("gap %d", i)] = `PROTO 4; UNICODE "collections"; ` + gap + `UNICODE "OrderedDict"; ` + gap + `STACK_GLOBAL; ` + gap + ordered
	}
	for name, program := range programs {
		data := assemble(t, program)
		for _, file := range []string{"m.pt", "m.pkl", "m.bin"} {
			expectNamed(t, name+" as "+file, file, data)
		}
		for _, w := range append(wrappings(t), packings(t)...) {
			if !ambiguousArchive[w.name] {
				expectNamed(t, name+" in "+w.name, w.file, w.wrap(data))
			}
		}
	}
}

// ambiguousArchive names the containers that are a finding whatever is in them,
// and those that take no pickle of that kind.
var ambiguousArchive = map[string]bool{"a second record of that name": true, "a record in capitals": true, "a pickle before an archive": true,
	"the storage keys of torch's older format": true, "the system of torch's older format": true, "a member behind a folder's slash": true, "behind a harmless checkpoint's pickle": true,
	"half a gzip": true, "torch's first format": true}

func expectNamed(t *testing.T, name, file string, data []byte) {
	t.Helper()
	if r := scanBytes(t, file, data); len(r.Artifact.Findings) > 0 || r.Artifact.Verdict != "clean" || r.Skipped {
		t.Errorf("%s: verdict %q, skipped %v, found %q, unread %v", name, r.Artifact.Verdict, r.Skipped, found(r), r.Artifact.Coverage.Unread)
	}
}

// Oddities that mean nothing are no findings.
func TestHarmlessOddities(t *testing.T) {
	good := assemble(t, goodCheckpoint)
	plain := []member{{"a/data.pkl", good}, {"a/byteorder", []byte("little")}, {"a/data/0", make([]byte, 16)}, {"a/version", []byte("3\n")}}
	whole := storedArchive(plain...)
	with := func(more ...member) []byte { return storedArchive(append(plain[:len(plain):len(plain)], more...)...) }
	for name, data := range map[string][]byte{
		"as it is":                whole,
		"zeros behind it":         append(bytes.Clone(whole), make([]byte, 4096)...),
		"checksums of 0":          patch(whole, "data", func(h []byte, c bool) { binary.LittleEndian.PutUint32(h[map[bool]int{true: 16, false: 14}[c]:], 0) }),
		"a text beside it":        with(member{"a/README.md", []byte("a text about os.system\n")}),
		"json beside it":          with(member{"a/config.json", []byte(`{"a": 1}`)}),
		"a serialization id":      with(member{"a/.data/serialization_id", []byte("0123456789")}),
		"an alignment":            with(member{"a/.storage_alignment", []byte("64")}),
		"a second clean pickle":   with(member{"a/extra.pkl", assemble(t, `PROTO 4; EMPTY_DICT; STOP`)}),
		"an empty record":         with(member{"a/empty", nil}),
		"deflated":                archive(t, zip.Deflate, plain...),
		"a checkpoint in a zip":   storedArchive(member{"m.pt", whole}),
		"a source file beside it": with(member{"a/model.py", []byte("import os\nos.system('true')\n")}),
	} {
		for _, file := range []string{"m.pt", "m.bin", "m.ckpt"} {
			expectNamed(t, name+" as "+file, file, data)
		}
	}
	two := append(assemble(t, `PROTO 4; EMPTY_DICT; STOP`), assemble(t, `PROTO 4; EMPTY_LIST; STOP`)...)
	expectNamed(t, "two pickles", "m.pkl", two)
	expectNamed(t, "two pickles and zeros", "m.pkl", append(two, make([]byte, 100)...))
	for _, text := range []string{"import os\nos.system('true')\n", "cos\nsystem\n is how a payload begins\n", "# (S'true'\\nios\\nsystem\\n.\n", "c\nd\ne\n", strings.Repeat("N0", 100) + " is padding\n"} {
		if r := scanBytes(t, "notes.md", []byte(text)); !r.Skipped || len(r.Artifact.Findings) > 0 {
			t.Errorf("%q: %q", text, found(r))
		}
	}
}
