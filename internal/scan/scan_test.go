package scan

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

func TestVerdicts(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	plain := assemble(t, `PROTO 4; NONE; STOP`)
	zeros := func(n int) []byte { return make([]byte, n) }
	junk := func(n int) []byte { return bytes.Repeat([]byte("\xffjunk"), n/5) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"a pickle", "m.pkl", plain, "clean"},
		{"a payload", "m.pkl", evil, "MA101 os.system"},
		{"a payload without a model's name", "notes.txt", evil, "MA101 os.system"},
		{"a payload behind padding without a model's name", "x.json", join(bytes.Repeat([]byte("N0"), 100_000), evil), "MA101 os.system"},
		{"a payload behind a harmless pickle without a model's name", "x", join([]byte("I1\n."), evil), "MA101 os.system"},
		{"a payload named safetensors", "m.safetensors", evil, "MA204"},
		{"a second pickle", "m.pkl", join(plain, evil), "MA101 os.system"},
		{"a second pickle behind zeros", "m.pkl", join(plain, zeros(100_000), evil), "MA101 os.system"},
		{"a second pickle behind junk", "m.pkl", join(plain, junk(300), []byte("\x80\x02"), evil), "MA101 os.system"},
		{"a second pickle behind 1 MB of junk", "m.pkl", join(plain, junk(1_000_000), []byte("\x80\x02"), evil), "MA101 os.system"},
		{"two harmless pickles", "m.pkl", join(plain, plain), "clean"},
		{"zeros behind", "m.pkl", join(plain, zeros(5000)), "clean"},
		{"junk behind", "m.pkl", join(plain, junk(100)), "unread"},
		{"ten thousand pickles", "m.pkl", bytes.Repeat(plain, 10_001), "MA501"},
		{"no stop", "m.pkl", plain[:3], "unread"},
		{"empty", "m.pkl", nil, "unread"},
		{"one byte", "m.pkl", []byte{0x80}, "unread"},
		{"zeros", "m.pkl", zeros(1000), "unread"},
		{"text named pkl", "m.pkl", []byte("hello, world\n"), "unread"},
		{"text", "README.md", []byte("# Notes\n\nNothing here.\n"), "skipped"},
		{"empty text", "README.md", nil, "skipped"},
		{"a length of 2^63", "m.pkl", assemble(t, `PROTO 4; RAW 8effffffffffffff7f; STOP`), "unread"},
		{"100,000 nested lists", "m.pkl", []byte(strings.Repeat("]", 100_000) + strings.Repeat("a", 99_999) + "."), "MA501"},
		{"a list that doubles a hundred times", "m.pkl", []byte("\x80\x02]" + strings.Repeat("2\x86", 100) + "."), "MA501"},
		{"a payload behind a line of 70,000 characters", "notes.txt", join([]byte("V"+strings.Repeat("a", 70_000)+"\n0"), evil), "MA101 os.system"},
		{"an import and an append, no call", "readme.txt", []byte("csys\npath_hooks\ncos\nsystem\na0."), "MA103 sys.path_hooks"},
		{"a comma behind the unit of a numpy time", "m.pkl", []byte("\x80\x03cnumpy\ndtype\nX\x09\x00\x00\x00M8[ns],Oi\x89\x88\x87R."), "MA104 numpy.dtype"},
		{"a memo index of 2^28", "m.pkl", []byte("\x80\x02]r\xff\xff\xff\x0f."), "MA501"},
		{"too many opcodes", "m.pkl", join(bytes.Repeat([]byte("N0"), 2_000_000), evil), "MA501"},
		{"a limit is unread", "m.pkl", bytes.Repeat([]byte("]"), 4_000_000), "MA501"},
		{"gzip", "m.joblib", gzipped(t, plain), "clean"},
		{"gzip of a pickle under any name", "m.gz", gzipped(t, plain), "clean"},
		{"gzip of text", "notes.gz", gzipped(t, []byte("hello, world\n")), "skipped"},
		{"7z", "m.pt", []byte("7z\xbc\xaf\x27\x1c\x00\x04 and so on"), "unread"},
		{"numpy", "m.npy", []byte("\x93NUMPY\x01\x00"), "unread"},
		{"an LFS pointer", "m.pt", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), "unread"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, c.file, c.data), c.want) })
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	good := anOrdered + `UNICODE "w"; ` + aTensor + `SETITEM; STOP`
	nested := archive(t, zip.Store, member{"x/evil.bin", evil})
	for range 3 {
		nested = archive(t, zip.Deflate, member{"inner.zip", nested})
	}
	broken := archive(t, zip.Deflate, member{"a/data.pkl", append(assemble(t, payload+strings.Repeat(`UNICODE "abcdefg"; POP; `, 50)), make([]byte, 5000)...)})
	broken[len("PK..........................a/data.pkl")+120] ^= 0xff
	bomb := archive(t, zip.Deflate, member{"a.pkl", bytes.Repeat([]byte{0}, 40<<20)})
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"a checkpoint", "m.pt", checkpoint(t, good), "clean"},
		{"a payload in it", "m.pt", checkpoint(t, payload+good), "MA101 os.system"},
		{"a payload behind it", "m.pt", checkpoint(t, good+"\n"+payload+`STOP`), "MA101 os.system"},
		{"a payload in an odd member", "m.pt", checkpoint(t, good, member{"a/data.txt", evil}), "MA101 os.system"},
		{"a payload in a record of torch's own", "m.pt", checkpoint(t, good, member{"a/.data/serialization_id", evil}), "MA101 os.system"},
		{"a payload in the version", "m.pt", archive(t, zip.Store, member{"a/data.pkl", assemble(t, good)}, member{"a/version", evil}), "MA101 os.system"},
		{"a payload in a storage that nobody claims", "m.pt", checkpoint(t, good, member{"a/data/7", evil}), "MA101 os.system"},
		{"two members of one name", "m.pt", checkpoint(t, good, member{"a/data.pkl", evil}), "MA101 os.system"},
		{"names that differ in case", "m.pt", checkpoint(t, good, member{"A/DATA.PKL", evil}), "MA101 os.system"},
		{"a member that is not understood", "m.zip", archive(t, zip.Store, member{"m.pkl", []byte("\xffjunk")}), "unread"},
		{"an archive of text", "m.zip", archive(t, zip.Deflate, member{"README.md", []byte("hello, world\n")}), "clean"},
		{"archives in archives", "m.zip", nested, "MA101 os.system"},
		{"a broken record", "m.pt", broken, "MA101 os.system"},
		{"a large member of zeros", "m.zip", bomb, "unread"},
		{"a pickle before the archive", "m.pt", append(evil, checkpoint(t, good)...), "MA101 os.system"},
		{"a script before the archive", "m.pt", append([]byte("#!/bin/sh\n"), checkpoint(t, payload+good)...), "MA101 os.system"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, c.file, c.data), c.want) })
	}
}

// No prefix of a malicious file is clean, and none makes the scan panic.
func TestTruncation(t *testing.T) {
	for name, data := range map[string][]byte{
		"m.pkl":    assemble(t, `PROTO 4; UNICODE "a"; MEMOIZE; POP; `+payload+`STOP`),
		"m.pt":     checkpoint(t, payload+`STOP`),
		"old.pt":   assemble(t, `PROTO 2; LONG 119547037146038801333356; STOP`, `PROTO 2; BININT2 1001; STOP`, `PROTO 2; EMPTY_DICT; STOP`, payload+`STOP`, `EMPTY_LIST; STOP`),
		"deep.pkl": assemble(t, `GLOBAL "torch.storage" "_load_from_bytes"; SHORT_BINBYTES "cos\nsystem\n)R."; TUPLE1; REDUCE; STOP`),
	} {
		for n := range len(data) {
			r := scanBytes(t, name, data[:n])
			if r.Artifact.Verdict == audit.VerdictClean {
				t.Errorf("%s: the first %d of %d bytes are clean", name, n, len(data))
			}
			for _, u := range r.Artifact.Coverage.Unread {
				if strings.Contains(u.Reason, "internal error") {
					t.Errorf("%s: the first %d bytes: %s", name, n, u.Reason)
				}
			}
		}
		if r := scanBytes(t, name, data); r.Artifact.Verdict != audit.VerdictFindings {
			t.Errorf("%s: %s", name, r.Artifact.Verdict)
		}
	}
}

// Random damage never makes the scan panic.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	data := checkpoint(t, anOrdered+`UNICODE "w"; `+aTensor+`SETITEM; STOP`)
	for range 2000 {
		d := bytes.Clone(data)
		for range 1 + rng.IntN(4) {
			d[rng.IntN(len(d))] = byte(rng.IntN(256))
		}
		r := scanBytes(t, "m.pt", d)
		for _, u := range r.Artifact.Coverage.Unread {
			if strings.Contains(u.Reason, "internal error") {
				t.Fatalf("%s\n%q", u.Reason, d)
			}
		}
		if r.Model != nil {
			if _, err := r.Model.Tree(); err != nil {
				continue
			}
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	data := assemble(t, `NONE; STOP`)
	expect(t, Scan(ctx, bytes.NewReader(data), int64(len(data)), "m.pkl", Options{}), "unread")
}

// A reader that panics or fails must not let the file pass.
func TestReaderFails(t *testing.T) {
	expect(t, Scan(t.Context(), broken{}, 100, "m.pkl", Options{}), "unread")
	expect(t, Scan(t.Context(), panics{}, 100, "m.pkl", Options{}), "unread")
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

type panics struct{}

func (panics) ReadAt([]byte, int64) (int, error) { panic("no") }

// executes reports whether a finding says that something is executed.
func executes(r *Result) bool {
	return slices.ContainsFunc(r.Artifact.Findings, func(f audit.Finding) bool { return f.Rule < "MA200" })
}

// What is appended to a file never takes back that it executes something.
func FuzzAppend(f *testing.F) {
	for _, p := range []string{payload + `STOP`, `NONE; STOP`, anOrdered + `STOP`, `PROTO 4; EMPTY_LIST; MEMOIZE; STOP`} {
		data, err := pickle.Assemble(strings.ReplaceAll(p, "; ", "\n"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte("N."))
		f.Add(data, data)
	}
	f.Fuzz(func(t *testing.T, data, more []byte) {
		before := scanBytes(t, "m.pkl", data)
		after := scanBytes(t, "m.pkl", append(bytes.Clone(data), more...))
		if before.Model == nil || before.Model.Pickles[0].Trace.Failure != nil {
			return // without a STOP the bytes behind are part of the stream
		}
		if executes(before) && !executes(after) {
			t.Errorf("%q became %q", found(before), found(after))
		}
	})
}
