//go:build interop

package zipfile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// A reading is what testdata/readers.py prints for one archive.
type reading struct {
	File   string
	Torch  map[string]*string // record name to bytes in hex; null: refused
	Python [][2]*string       // member name and bytes in hex
}

// What torch or Python reads from an archive, however damaged, is what this
// package hands out for it.
func TestAgreesWithTorchAndPython(t *testing.T) {
	dir := t.TempDir()
	seeds := interopSeeds(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		b := seeds[i%len(seeds)]
		if i >= len(seeds) {
			b = mutate(rng, b)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d", i)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	torch, python, records := 0, 0, 0
	for _, got := range readers(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, got.File))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
		if err != nil {
			f = &File{}
		}
		if got.Torch != nil {
			torch++
		}
		if got.Python != nil {
			python++
		}
		if msg := checkTorch(f, got, &records); msg != "" {
			t.Errorf("%s: torch: %s\n%s", got.File, msg, hex.Dump(b[:min(len(b), 600)]))
		}
		if msg := checkSilence(f, got); msg != "" {
			t.Errorf("%s: no anomaly, but %s\n%s", got.File, msg, hex.Dump(b[:min(len(b), 600)]))
		}
		if msg := checkPython(f, got); msg != "" {
			t.Errorf("%s: Python: %s\n%s", got.File, msg, hex.Dump(b[:min(len(b), 600)]))
		}
	}
	t.Logf("torch listed %d archives and read %d records, Python listed %d", torch, records, python)
	if torch < 400 || python < 800 {
		t.Error("too few archives were readable: the test shows nothing")
	}
}

func interopSeeds(t *testing.T) [][]byte {
	deflate := func(m *member) { m.deflate, m.descriptor = true, true }
	evil := with(pkl, func(m *member) { m.data = []byte("evil pickle") })
	upper := with(evil, func(m *member) { m.name = "A/DATA.PKL" })
	storage := member{name: "a/data/0", data: bytes.Repeat([]byte("0123"), 10)}
	seeds := [][]byte{
		build(of(pkl, version, storage)),
		build(of(with(pkl, deflate), version, with(storage, deflate))),
		build(of(pkl, evil, version)),
		build(of(pkl, upper, version)),
		build(of(upper, version, pkl, storage)),
		build(of(pkl, evil, upper, version, pkl, storage)),
		build(archive{members: []member{pkl, version, storage}, zip64: true}),
		build(of(with(pkl, func(m *member) { m.zip64 = true }), version)),
		build(archive{prefix: []byte("junk"), members: []member{pkl, version}}),
		build(archive{prefix: []byte("junk"), adjust: true, members: []member{pkl, version}}),
		append(build(of(pkl, version)), build(of(evil, version))...),
		build(archive{members: []member{pkl, version, evil}, count: -1}),
		build(of(brokenStream(), version)),
		build(archive{members: []member{pkl, version}, comment: []byte("comment")}),
		build(archive{members: []member{pkl, version}, tail: make([]byte, 5000)}),
		build(of(with(pkl, func(m *member) { m.localName, m.local = "a/other.pkl", 1 }), version)),
	}
	for n := 2; n < 12; n++ { // duplicates in every place of the heap sort
		var a archive
		for i := range n {
			a.members = append(a.members, with(pkl, func(m *member) { m.data = []byte{byte('0' + i)} }), member{name: fmt.Sprintf("a/%d", i*7%5)})
		}
		a.members = append(a.members, version)
		seeds = append(seeds, build(a))
	}
	paths, err := filepath.Glob("testdata/*.[pz][ti]*")
	if err != nil || len(paths) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return seeds
}

func mutate(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(b))
		// Most facts stand in headers: aim at one of them.
		if sigs := []string{sigLocal, sigCentral, sigEnd}; rng.IntN(3) > 0 {
			if i := bytes.Index(b[at:], []byte(sigs[rng.IntN(len(sigs))])); i >= 0 {
				at = min(at+i+rng.IntN(60), len(b)-1)
			}
		}
		switch rng.IntN(8) {
		case 0:
			b = append(b[:at], b[min(at+1+rng.IntN(40), len(b)-1):]...)
		case 1:
			b = append(b[:at:at], append(make([]byte, 1+rng.IntN(40)), b[at:]...)...)
		case 2:
			b[at] = 0
		case 3:
			b[at] ^= 1 << rng.IntN(8)
		default:
			b[at] += byte(rng.IntN(9)) - 4
		}
	}
	return b
}

func readers(t *testing.T, dir string) []reading {
	python := os.Getenv("MODELAUDIT_PYTHON")
	if python == "" {
		python = "python3"
	}
	cmd := exec.Command(python, "testdata/readers.py", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s with torch: %v", python, err)
	}
	var list []reading
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r reading
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// checkTorch compares every record that torch read with TorchLookup and Open.
func checkTorch(f *File, got reading, records *int) string {
	for name, want := range got.Torch {
		if want == nil {
			continue
		}
		*records++
		e, ok := f.TorchLookup(name)
		if !ok {
			return name + " is not found"
		}
		if e.directory || strings.HasSuffix(e.Name, "/") || e.CompressedSize == 0 {
			continue // torch reads nothing and returns what was in memory
		}
		b, n, err := f.Open(e)
		if msg := equalBytes(b, n, err, *want); msg != "" {
			return name + ": " + msg
		}
	}
	return ""
}

// checkPython finds an entry with the same bytes for every member that Python
// read.
func checkPython(f *File, got reading) string {
	for _, m := range got.Python {
		if m[1] == nil {
			continue
		}
		msgs := []string{"no such entry"}
		for e := range f.All() {
			if name := cutNUL(e.Name); isASCII(name) != isASCII(*m[0]) || isASCII(name) && name != *m[0] {
				continue // names that are not ASCII are decoded by Python: any may be meant
			}
			b, n, err := f.Open(e)
			if e.Method == methodStored {
				n = min(n, e.CompressedSize) // all that Python takes
			}
			msg := equalBytes(b, n, err, *m[1])
			if msg == "" || errors.Is(err, safeio.ErrLimit) || *m[1] == "" && e.DataOffset < 0 {
				msgs = nil
				break
			}
			msgs = append(msgs, msg)
		}
		if len(msgs) > 0 {
			return *m[0] + ": " + strings.Join(msgs, "; ")
		}
	}
	return ""
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 126 }) < 0
}

// checkSilence holds that in an archive without anomalies torch and Python read
// the same bytes under one name.
func checkSilence(f *File, got reading) string {
	root, err := f.TorchRoot()
	if err != nil || len(f.Anomalies) > 0 {
		return ""
	}
	for _, m := range got.Python {
		record, ok := strings.CutPrefix(*m[0], root+"/")
		if want := got.Torch[record]; ok && m[1] != nil && want != nil && *m[1] != *want {
			return fmt.Sprintf("%s is %s to torch and %s to Python", *m[0], *want, *m[1])
		}
	}
	return ""
}

// equalBytes compares what Open gave with hex. A stream that broke must still
// give the beginning.
func equalBytes(r io.ReaderAt, n int64, err error, want string) string {
	var fe *FormatError
	if err != nil && (!errors.As(err, &fe) || r == nil) {
		return err.Error()
	}
	b, rerr := io.ReadAll(io.NewSectionReader(r, 0, n))
	if rerr != nil {
		return rerr.Error()
	}
	if got := hex.EncodeToString(b); got != want && !(err != nil && strings.HasPrefix(want, got)) {
		return fmt.Sprintf("%s (%v), want %s", got, err, want)
	}
	return ""
}
