//go:build interop

package scan

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A loading is what testdata/torchload.py says of one file.
type loading struct {
	File  string
	Error string
	Loads []struct {
		Bytes          string // in hexadecimal
		Imports, Calls []string
	}
}

// TestTorchLoads damages archives and older checkpoints in which each pickle
// calls a name of its own, and lets torch load them: what it unpickles is what
// was scanned, and what it calls was found.
func TestTorchLoads(t *testing.T) {
	for _, variable := range []string{"MODELAUDIT_PYTHON", "MODELAUDIT_PYTHON_OLD"} {
		t.Run(variable, func(t *testing.T) {
			files := 2000
			if s := os.Getenv("MODELAUDIT_ORACLE_FILES"); s != "" {
				_, _ = fmt.Sscan(s, &files)
			}
			var seed uint64 = 5
			if s := os.Getenv("MODELAUDIT_ORACLE_SEED"); s != "" {
				_, _ = fmt.Sscan(s, &seed)
			}
			checkTorchLoads(t, os.Getenv(variable), rand.New(rand.NewPCG(seed, 8)), files)
		})
	}
}

func checkTorchLoads(t *testing.T, python string, rng *rand.Rand, files int) {
	dir := t.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.pt", i)), damaged(t, rng), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loads, calls, bad := 0, 0, 0
	for _, l := range torchLoads(t, python, dir) {
		data, err := os.ReadFile(filepath.Join(dir, l.File))
		if err != nil {
			t.Fatal(err)
		}
		r := scanBytes(t, l.File, data)
		for _, load := range l.Loads {
			loads, calls = loads+1, calls+len(load.Calls)
		}
		if msg := missed(t, &l, data, r); msg != "" && bad < 10 {
			bad++
			t.Errorf("%s\nverdict %q, found %q, unread %v\n%s", msg, r.Artifact.Verdict, found(r), r.Artifact.Coverage.Unread, hex.Dump(data[:min(len(data), 900)]))
		}
	}
	t.Logf("%d files, %d pickles loaded, %d calls", files, loads, calls)
	if loads < files/4 || calls < files/8 {
		t.Error("torch loads too few: the test shows nothing")
	}
}

func torchLoads(t *testing.T, python, dir string) (out []loading) {
	cmd := exec.Command(python, "testdata/torchload.py", dir)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(answer))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var l loading
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// missed says what torch did and the scan did not see.
func missed(t *testing.T, l *loading, data []byte, r *Result) string {
	for _, load := range l.Loads {
		for _, name := range append(load.Imports, load.Calls...) {
			if !strings.HasPrefix(name, "marker") {
				continue
			}
			if !slices.ContainsFunc(r.Artifact.Findings, func(f audit.Finding) bool { return f.Rule < "MA200" && f.Callable == name }) {
				return fmt.Sprintf("%s: torch imports or calls %s", l.File, name)
			}
		}
	}
	if r.Artifact.Verdict == audit.VerdictClean && len(l.Loads) > 0 && r.Model == nil {
		return l.File + ": clean, but torch loads a pickle and there is no model"
	}
	if r.Model == nil || r.Model.Pickles[0].Zip == nil || len(l.Loads) == 0 {
		return ""
	}
	if strings.HasPrefix(l.Loads[0].Bytes, hex.EncodeToString(data[:4])) && !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return "" // to torch the file is a pickle, and no archive
	}
	got, err := io.ReadAll(io.NewSectionReader(r.Model.Pickles[0].Stream, 0, min(r.Model.Pickles[0].Trace.End, 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(l.Loads[0].Bytes, hex.EncodeToString(got)) {
		return fmt.Sprintf("%s: torch loads %s, the scan read %x", l.File, l.Loads[0].Bytes, got)
	}
	return ""
}

// damaged is a checkpoint of several pickles, each of which calls another name,
// with headers that lie and bytes that are changed.
func damaged(t *testing.T, rng *rand.Rand) []byte {
	if rng.IntN(8) == 0 {
		return mutateBytes(rng, legacy(t, rng.IntN(5), marked(t, rng, 0)))
	}
	names := []string{"a/data.pkl", "A/DATA.PKL", "a/Data.pkl", "b/data.pkl", "data.pkl", "a/data.pkl/", "a\\data.pkl", "a/data.txt", "a//data.pkl", "a/data.pkl\x00x", "./a/data.pkl", "é/data.pkl"}
	var members []member
	for i := range 1 + rng.IntN(3) {
		members = append(members, member{names[min(rng.IntN(len(names)), rng.IntN(len(names)), rng.IntN(len(names)), rng.IntN(len(names)))], marked(t, rng, i)})
	}
	members = append(members, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")})
	if rng.IntN(3) == 0 {
		members = append(members, member{[]string{"a/byteorder", "A/VERSION", "b/version", "version", "a/.format_version"}[rng.IntN(5)], []byte("little")})
	}
	rng.Shuffle(len(members), func(i, k int) { members[i], members[k] = members[k], members[i] })
	var data []byte
	switch rng.IntN(5) {
	case 0:
		data = archive(t, zip.Deflate, slices.DeleteFunc(members, func(m member) bool { return strings.HasSuffix(m.name, "/") })...)
	default:
		data = storedArchive(members...)
	}
	data = headers(rng, data)
	switch rng.IntN(20) {
	case 0:
		data = append([]byte("#!/bin/sh\n"), data...)
	case 1:
		data = append(data, storedArchive(member{"a/data.pkl", marked(t, rng, 7)}, member{"a/version", []byte("3\n")})...)
	case 2:
		data = append(data, make([]byte, rng.IntN(5000))...)
	case 3:
		data = append(marked(t, rng, 8), data...)
	case 4:
		data = data[:len(data)-rng.IntN(60)]
	}
	if rng.IntN(4) == 0 {
		data = mutateBytes(rng, data)
	}
	return data
}

// marked is a pickle that calls a name with that number.
func marked(t *testing.T, rng *rand.Rand, i int) []byte {
	name := fmt.Sprintf("marker%d", i)
	return assemble(t, []string{
		fmt.Sprintf(`PROTO 2; GLOBAL %q "f"; EMPTY_TUPLE; REDUCE; STOP`, name),
		fmt.Sprintf(`PROTO 4; FRAME auto; UNICODE %q; UNICODE "f"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, name),
		fmt.Sprintf(`MARK; INST %q "f"; STOP`, name),
		`PROTO 2; EMPTY_DICT; UNICODE "w"; ` + aTensor + fmt.Sprintf(`SETITEM; POP; GLOBAL %q "f"; EMPTY_TUPLE; REDUCE; STOP`, name),
	}[rng.IntN(4)])
}

// headers makes some fields of some headers lie.
func headers(rng *rand.Rand, data []byte) []byte {
	for range min(rng.IntN(4), rng.IntN(3)) {
		which := []string{"data.pkl", "", "version", "DATA", "a/"}[rng.IntN(5)]
		local, central, width := 0, 0, 2
		switch rng.IntN(7) {
		case 0:
			local, central = 6, 8 // flags
		case 1:
			local, central, width = 14, 16, 4 // checksum
		case 2:
			local, central, width = 18, 20, 4 // compressed size
		case 3:
			local, central, width = 22, 24, 4 // size
		case 4:
			local, central = 8, 10 // method
		case 5:
			local, central = 4, 6 // version
		default:
			local, central = 30, 46 // the name
		}
		value, only := rng.Uint32(), rng.IntN(3)
		if rng.IntN(2) == 0 {
			value = []uint32{0, 1, 8, 0x20, 0x40, 0x801, 0xffff, 0xffffffff, 12, 99}[rng.IntN(10)]
		}
		data = patch(data, which, func(h []byte, c bool) {
			if only == 1 && c || only == 2 && !c {
				return
			}
			at := map[bool]int{true: central, false: local}[c]
			if width == 2 {
				binary.LittleEndian.PutUint16(h[at:], uint16(value))
			} else {
				binary.LittleEndian.PutUint32(h[at:], value)
			}
		})
	}
	return data
}

func mutateBytes(rng *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(data))
		switch rng.IntN(5) {
		case 0:
			data = slices.Delete(data, at, max(at, min(at+1+rng.IntN(20), len(data)-1)))
		case 1:
			data = slices.Insert(data, at, make([]byte, 1+rng.IntN(40))...)
		case 2:
			data[at] ^= 1 << rng.IntN(8)
		default:
			data[at] += byte(rng.IntN(9)) - 4
		}
	}
	return data
}
