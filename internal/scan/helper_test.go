package scan

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/safeio"
)

// assemble turns programs into one stream each, one behind the other; "; "
// ends a line.
func assemble(t testing.TB, programs ...string) (out []byte) {
	t.Helper()
	for _, p := range programs {
		data, err := pickle.Assemble(strings.ReplaceAll(p, "; ", "\n"))
		if err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
		out = append(out, data...)
	}
	return out
}

func scanBytes(t testing.TB, name string, data []byte) *Result {
	t.Helper()
	return Scan(t.Context(), bytes.NewReader(data), int64(len(data)), name, Options{Limits: safeio.Limits{MaxOpcodes: 3_000_000}})
}

func scanFile(t testing.TB, path string) *Result {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return scanBytes(t, path, data)
}

// found lists the findings as "RULE callable".
func found(r *Result) (out []string) {
	for _, f := range r.Artifact.Findings {
		out = append(out, strings.TrimSpace(f.Rule+" "+f.Callable))
	}
	return out
}

// expect demands one finding; "unread" is unread coverage without any finding,
// "clean" a clean verdict and "skipped" that the file is none of ours.
func expect(t *testing.T, r *Result, want string) {
	t.Helper()
	got := found(r)
	a := r.Artifact
	ok := false
	switch want {
	case "clean":
		ok = a.Verdict == audit.VerdictClean && !r.Skipped
	case "skipped":
		ok = r.Skipped && len(got) == 0
	case "unread":
		ok = a.Verdict == audit.VerdictIncomplete && len(got) == 0
	default:
		ok = a.Verdict == audit.VerdictFindings && slices.Contains(got, want)
	}
	if !ok {
		t.Errorf("verdict %q, skipped %v, found %q, unread %v; want %s", a.Verdict, r.Skipped, got, a.Coverage.Unread, want)
	}
}

// A member is one entry of an archive: stored, as torch writes it.
type member struct {
	name string
	data []byte
}

func archive(t testing.TB, method uint16, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkpoint is a torch archive with one storage of four floats and the given
// pickle.
func checkpoint(t testing.TB, program string, more ...member) []byte {
	t.Helper()
	var floats []byte
	for i := range 4 {
		floats = binary.LittleEndian.AppendUint32(floats, uint32(i)*0x3f800000)
	}
	all := append([]member{{"a/data.pkl", assemble(t, program)}, {"a/byteorder", []byte("little")}, {"a/data/0", floats}, {"a/version", []byte("3\n")}}, more...)
	return archive(t, zip.Store, all...)
}

// Parts of programs.
const (
	payload   = `GLOBAL "os" "system"; UNICODE "true"; TUPLE1; REDUCE; `
	anOrdered = `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
	storage   = `MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "0"; UNICODE "cpu"; BININT1 4; TUPLE; BINPERSID; `
	layout    = `BININT1 0; BININT1 2; BININT1 2; TUPLE2; BININT1 2; BININT1 1; TUPLE2; NEWFALSE; ` + anOrdered
	aTensor   = `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + layout + `TUPLE; REDUCE; `
)
