package gitindex

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// realPackIndex packs a few objects with git and returns the index and what
// `git show-index` reads from it: the offset of every id.
func realPackIndex(tb testing.TB) (idx []byte, offsets map[string]int64) {
	tb.Helper()
	base := tb.TempDir()
	do := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env, cmd.Stdin = base, isolated(base), strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			tb.Fatalf("git %q: %v", args, err)
		}
		return string(out)
	}
	do("", "init", "-q")
	var paths string
	for i := range 300 {
		name := filepath.Join(base, fmt.Sprint(i))
		if err := os.WriteFile(name, fmt.Append(nil, i), 0o600); err != nil {
			tb.Fatal(err)
		}
		paths += name + "\n"
	}
	ids := do(paths, "hash-object", "-w", "--stdin-paths")
	name := strings.TrimSpace(do(ids, "pack-objects", "-q", "pack"))
	idx, err := os.ReadFile(filepath.Join(base, "pack-"+name+".idx"))
	if err != nil {
		tb.Fatal(err)
	}
	offsets = map[string]int64{}
	for line := range strings.SplitSeq(strings.TrimSpace(do(string(idx), "show-index")), "\n") {
		f := strings.Fields(line)
		if offsets[f[1]], err = strconv.ParseInt(f[0], 10, 64); err != nil {
			tb.Fatal(err)
		}
	}
	return idx, offsets
}

func TestFindInIndex(t *testing.T) {
	idx, offsets := realPackIndex(t)
	for oid, want := range offsets {
		id, _ := hex.DecodeString(oid)
		if got, ok := findInIndex(bytes.NewReader(idx), id); got != want || !ok {
			t.Errorf("%s: offset %d, %v; git says %d", oid, got, ok, want)
		}
		id[19] ^= 1
		if got, ok := findInIndex(bytes.NewReader(idx), id); ok {
			t.Errorf("an id that is not there: offset %d", got)
		}
	}
}

// Whatever the index says, an id is found only if its bytes stand in the file.
func FuzzFindInIndex(f *testing.F) {
	idx, offsets := realPackIndex(f)
	id, _ := hex.DecodeString(slices.Min(slices.Collect(maps.Keys(offsets)))) // the same in every run
	f.Add(idx, id)
	f.Add(idx[:len(idx)/2], id)
	f.Fuzz(func(t *testing.T, data, id []byte) {
		if len(id) != 20 {
			return
		}
		if off, ok := findInIndex(bytes.NewReader(data), id); ok && (off <= 0 || !bytes.Contains(data, id)) {
			t.Errorf("found %x at %d", id, off)
		}
	})
}

// A record that is accepted says what its text says.
func FuzzParseListed(f *testing.F) {
	f.Add("100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\ta\nb\tc")
	f.Add("160000 4b825dc642cb6eb9a060e54bf8d69288fbee4904 3\t\xff")
	r := &Repo{ObjectFormat: "sha1"}
	f.Fuzz(func(t *testing.T, rec string) {
		e, err := r.parseListed(rec)
		if err != nil {
			return
		}
		mode, rest, _ := strings.Cut(rec, " ")
		if back := fmt.Sprintf("%s %d\t%s", e.OID, e.Stage, e.Path); back != rest {
			t.Errorf("%q becomes %q", rest, back)
		}
		if m, err := strconv.ParseUint(mode, 8, 32); err != nil || uint32(m) != e.Mode {
			t.Errorf("mode %q becomes %o", mode, e.Mode)
		}
	})
}

// FuzzParseCombined checks that a record of any bytes is an error or an entry
// whose sides are as the record says.
func FuzzParseCombined(f *testing.F) {
	a, b, zero := strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("0", 40)
	f.Add(":100644 100755 " + a + " " + b + " M")
	f.Add(":000000 100644 " + zero + " " + b + " A")
	f.Add("::100644 100644 100644 " + a + " " + a + " " + b + " MM")
	f.Add("::100644 100644 000000 " + a + " " + a + " " + zero + " DD")
	f.Add(":::::")
	r := &Repo{ObjectFormat: "sha1"}
	f.Fuzz(func(t *testing.T, rec string) {
		e, err := r.parseCombined(rec)
		if err != nil {
			return
		}
		if e.OID == "" && e.Status != 'D' || e.OID != "" && !strings.Contains(rec, " "+e.OID+" ") {
			t.Errorf("%q gives %+v", rec, e)
		}
	})
}
