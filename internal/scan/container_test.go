package scan

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

func glue(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// tarEntry is a header with a fitting checksum, and data in whole blocks.
func tarEntry(name string, kind byte, data []byte) []byte {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:], fmt.Sprintf("%011o\x0000000000000\x00", len(data)))
	b[156] = kind
	sum := 8 * 32
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	b = append(b, data...)
	return append(b, make([]byte, -len(b)&511)...)
}

// TestCompressed: padding in front, damage, streams behind, names.
func TestCompressed(t *testing.T) {
	evil, plain := assemble(t, payload+`STOP`), assemble(t, `PROTO 2; EMPTY_DICT; STOP`)
	text := []byte(strings.Repeat("hello, world\n", 500))
	gz := func(b []byte) []byte { return gzipped(t, b) }
	stored := func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := gzip.NewWriterLevel(&out, gzip.NoCompression)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	}
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"zeros in front", "x.pkl.gz", gz(glue(make([]byte, 5000), evil)), "MA101 os.system"},
		{"zeros in front, any name", "x.gz", gz(glue(make([]byte, 5000), evil)), "MA101 os.system"},
		{"a member in front", "x.pkl.gz", glue(gz(make([]byte, 5000)), gz(evil)), "MA101 os.system"},
		{"a member of junk in front", "x.pkl.gz", glue(gz(bytes.Repeat([]byte("junk"), 1250)), gz(assemble(t, `PROTO 2; `+payload+`STOP`))), "MA101 os.system"},
		{"zeros between members", "x.gz", glue(gz(plain), make([]byte, 700), gz(evil)), "MA101 os.system"},
		{"a truncated file", "x.gz", stored(glue(evil, text))[:1000], "MA101 os.system"},
		{"a wrong checksum", "x.gz", glue(gz(evil)[:len(gz(evil))-8], make([]byte, 8)), "MA101 os.system"},
		{"a wrong checksum and harmless", "x.pkl.gz", glue(gz(plain)[:len(gz(plain))-8], make([]byte, 8)), "unread"},
		{"damage in an ordinary file", "x.gz", gz(text)[:50], "unread"},
		{"a pickle behind", "x.gz", glue(gz(text), evil), "MA101 os.system"},
		{"a tail", "x.pkl.gz", glue(gz(plain), []byte("tail")), "unread"},
		{"a tail of an ordinary file", "x.json.gz", glue(gz(text), []byte("tail")), "skipped"},
		{"zeros behind", "x.pkl.gz", glue(gz(plain), make([]byte, 512)), "clean"},
		{"nothing inside", "x.pkl.gz", gz(nil), "unread"},
		{"text under a promising name", "x.joblib.z", gz(text), "unread"},
		{"an ordinary tar.gz", "x.tar.gz", gz(tarred(t, "README", text)), "skipped"},
		{"a model in a tar.gz", "x.tar.gz", gz(tarred(t, "a/b/data.txt", evil)), "MA101 os.system"},
		{"a name that promises in a tar.gz", "x.tar.gz", gz(tarred(t, "x.pkl", text)), "unread"},
		{"text like zlib", "x.txt", []byte("x^2 + y^2"), "skipped"},
		{"text like bzip2", "x.txt", []byte("BZhello"), "skipped"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, c.file, c.data), c.want) })
	}
}

// TestTars: what readers differ in is read by all of them.
func TestTars(t *testing.T) {
	evil, text := assemble(t, payload+`STOP`), []byte("hello, world\n")
	end := make([]byte, 1024)
	one := tarEntry("README", '0', text)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"ordinary", glue(one, end), "skipped"},
		{"behind 10,001 empty members", glue(bytes.Repeat(tarEntry("a", '0', nil), 10_001), tarEntry("b", '0', evil), end), "MA101 os.system"},
		{"one name twice", glue(tarEntry("a", '0', evil), tarEntry("a", '0', text), end), "MA101 os.system"},
		{"behind the end", glue(one, end, tarEntry("a", '0', evil)), "MA101 os.system"},
		{"behind zeros", glue(make([]byte, 2048), tarEntry("a", '0', evil)), "MA101 os.system"},
		{"a type that is unknown", glue(tarEntry("a", 'Z', evil), end), "MA101 os.system"},
		{"a truncated member", glue(one, tarEntry("a", '0', glue(evil, text))[:512+len(evil)]), "MA101 os.system"},
		{"a raw pickle behind", glue(one, end, evil), "MA101 os.system"},
		{"links and directories", glue(tarEntry("a", '1', nil), tarEntry("b", '2', nil), tarEntry("d/", '5', nil), one, end), "skipped"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "x.tar", c.data), c.want) })
	}
}

// TestTorchTar: every pickle of torch's first format, between raw data.
func TestTorchTar(t *testing.T) {
	const key, bad = `BININT1 7; `, payload + `POP; `
	number := func(before string, n int) []byte {
		return assemble(t, fmt.Sprintf(`PROTO 2; %sBININT1 %d; STOP`, before, n))
	}
	floats := glue([]byte{2, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8))
	geometry := glue([]byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8))
	file := func(a, b, c, d, e, f string, last string) []byte {
		storages := glue(number(a, 1), assemble(t, `PROTO 2; `+b+key+`UNICODE "cpu"; GLOBAL "torch" "FloatStorage"; TUPLE3; STOP`), floats,
			assemble(t, `PROTO 2; `+c+`EMPTY_LIST; STOP`))
		tensors := glue(number(d, 1), assemble(t, `PROTO 2; `+e+`BININT1 9; `+key+`NONE; TUPLE3; STOP`), geometry)
		object := assemble(t, `PROTO 2; `+f+last+`STOP`)
		return glue(tarEntry("sys_info", '0', number("", 1)), tarEntry("storages", '0', storages), tarEntry("tensors", '0', tensors), tarEntry("pickle", '0', object), make([]byte, 1024))
	}
	const (
		known     = `BININT1 9; BINPERSID; `
		ordered   = `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
		parameter = `GLOBAL "torch._utils" "_rebuild_parameter"; ` + known + `NEWTRUE; ` + ordered + `TUPLE3; REDUCE; `
		variable  = `GLOBAL "torch.nn.parameter" "Parameter"; ` + known + `TUPLE1; REDUCE; NEWTRUE; NEWFALSE; ` + ordered + `TUPLE3; BUILD; `
		storage   = `GLOBAL "torch.nn.parameter" "Parameter"; BININT1 7; BINPERSID; TUPLE1; REDUCE; `
	)
	for name, want := range map[string]struct {
		data []byte
		err  string
	}{
		"harmless":           {file("", "", "", "", "", "", known), ""},
		"a call beside":      {file("", "", "", "", "", bad, known), ""},
		"a call in storages": {file("", bad, "", "", "", "", known), "does more than that"},
		"a call in tensors":  {file("", "", "", "", bad, "", known), "does more than that"},
		"a storage itself":   {file("", "", "", "", "", "", `BININT1 7; BINPERSID; `), ""},
		"a parameter":        {file("", "", "", "", "", "", parameter), ""},
		"one of torch 0.1":   {file("", "", "", "", "", "", variable), ""},
		"one key for both":   {bytes.Replace(file("", "", "", "", "", "", known), []byte("K\x09K\x07"), []byte("K\x07K\x07"), 1), "stands for two"},
		"two long":           {bytes.Replace(file("", "", "", "", "", "", known), geometry, glue(geometry[:8], []byte{3}, geometry[9:]), 1), "needs 3 elements"},
	} {
		tr, err := scanBytes(t, "x.pt", want.data).Model.Tree()
		if !strings.Contains(fmt.Sprint(err), want.err) || want.err == "" && (err != nil || len(tr.Tensors) != 1 || tr.Tensors[0].Shape[0] != 2) {
			t.Errorf("%s: %v, want %q", name, err, want.err)
		}
	}
	if tr, err := scanBytes(t, "x.pt", file("", "", "", "", "", "", storage)).Model.Tree(); err != nil || len(tr.Refused) != 1 || len(tr.Tensors) != 0 {
		t.Errorf("a parameter of a storage, which torch does not make: %v, %v", tr, err)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"harmless", file("", "", "", "", "", "", known), "clean"},
		{"a parameter", file("", "", "", "", "", "", parameter), "clean"},
		{"one of torch 0.1", file("", "", "", "", "", "", variable), "clean"},
		{"the number of storages", file(bad, "", "", "", "", "", known), "MA101 os.system"},
		{"a storage", file("", bad, "", "", "", "", known), "MA101 os.system"},
		{"the views", file("", "", bad, "", "", "", known), "MA101 os.system"},
		{"the number of tensors", file("", "", "", bad, "", "", known), "MA101 os.system"},
		{"a tensor", file("", "", "", "", bad, "", known), "MA101 os.system"},
		{"the object", file("", "", "", "", "", bad, known), "MA101 os.system"},
		{"a key that is not there", file("", "", "", "", "", "", `BININT1 8; BINPERSID; `), "MA108"},
		{"storages alone", tarEntry("storages", '0', number(bad, 0)), "MA101 os.system"},
		{"a link", glue(tarEntry("storages", '2', nil), tarEntry("tensors", '0', number("", 0)), tarEntry("pickle", '0', number("", 0))), "MA203"},
		{"another file of that name", glue(tarEntry("storages", '0', []byte("list of storages\n")), make([]byte, 1024)), "skipped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"x.pt", "x"} {
				if name == "x" || c.want != "skipped" {
					expect(t, scanBytes(t, name, c.data), c.want)
				}
			}
		})
	}
}

// TestSevenZips reads what py7zr wrote, and says what it could not read.
func TestSevenZips(t *testing.T) {
	for name, want := range map[string]string{"default": "skipped", "ppmd": "unread", "encrypted": "unread", "encrypted-names": "unread"} {
		data, err := os.ReadFile(filepath.Join("../archive/testdata", name+".7z"))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, scanBytes(t, name+".7z", data), want)
	}
}

// A compressed member of a zip that is too large for memory is read all the
// same, to its end.
func TestLargeMember(t *testing.T) {
	noise := make([]byte, 20<<20)
	for i := range noise {
		noise[i] = byte(i*i>>7 ^ i>>11)
	}
	evil := assemble(t, fmt.Sprintf(`PROTO 3; BINBYTES %q; POP; `, "x")+payload+`STOP`)
	large := glue([]byte("\x80\x03B"), []byte{0, 0, 0x40, 1}, noise, []byte("0"), evil[2:])
	expect(t, scanBytes(t, "x.zip", archive(t, 8, member{"data.txt", large})), "MA101 os.system")
}

// TestExpansion: what expands too far is a finding, and what came before is
// audited. Nothing is left behind.
func TestExpansion(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	evil := assemble(t, payload+`STOP`)
	bomb := gzipped(t, glue(evil, make([]byte, 40<<20)))
	deep := evil
	for range 12 {
		deep = gzipped(t, deep)
	}
	for _, c := range []struct {
		name string
		data []byte
		lim  safeio.Limits
		want []string
	}{
		{"a ratio", bomb, safeio.Limits{MaxRatio: 100}, []string{"MA502", "MA101 os.system"}},
		{"a size", bomb, safeio.Limits{MaxExpand: 20 << 20}, []string{"MA502", "MA101 os.system"}},
		{"neither", bomb, safeio.Limits{}, []string{"MA101 os.system"}},
		{"a bomb in a bomb", gzipped(t, bomb), safeio.Limits{}, []string{"MA502", "MA101 os.system"}},
		{"layers", deep, safeio.Limits{}, []string{"MA501"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Scan(t.Context(), bytes.NewReader(c.data), int64(len(c.data)), "x.gz", Options{Limits: c.lim})
			for _, want := range c.want {
				expect(t, r, want)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("left in the temporary directory: %v, %v", left, err)
			}
		})
	}
}
