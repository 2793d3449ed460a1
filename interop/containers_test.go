//go:build interop

package interop

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/safeio"
)

// damaged returns variants of a file: cut, changed, doubled, with something
// between and behind.
func damaged(rng *rand.Rand, data []byte) (out [][]byte) {
	add := func(parts ...[]byte) { out = append(out, bytes.Join(parts, nil)) }
	add(data)
	add(data, data)
	add(data, make([]byte, 512), data)
	add(data, []byte("tail"))
	add(data, []byte("t"))
	add(data, data[:len(data)/2])
	for range 12 {
		add(data[:rng.IntN(len(data))])
		b := bytes.Clone(data)
		b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
		add(b)
		at := rng.IntN(len(data))
		add(data[:at], data[min(len(data), at+1+rng.IntN(8)):])
	}
	return out
}

// TestDecompress: what Python's modules hand to a loader, up to whatever error
// they end in, is what is scanned, or the beginning of it.
func TestDecompress(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	methods := map[string]archive.Method{".gz": archive.Gzip, ".z": archive.Zlib, ".bz2": archive.Bzip2, ".xz": archive.Xz, ".lzma": archive.LZMA}
	var names []string
	var input [][2]string
	files, err := filepath.Glob("../internal/archive/testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		method, ok := methods[filepath.Ext(f)]
		if !ok {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range damaged(rng, data) {
			names = append(names, filepath.Base(f))
			input = append(input, [2]string{string(method), hex.EncodeToString(b)})
		}
	}
	var answer []string
	python(t, newPython, "containers.py", input, &answer, "compressed")
	if len(answer) != len(input) || len(input) < 500 {
		t.Fatalf("%d answers to %d files", len(answer), len(input))
	}
	for i, a := range answer {
		theirs, err := hex.DecodeString(a)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := hex.DecodeString(input[i][1])
		ours, rerr := io.ReadAll(io.LimitReader(archive.NewReader(archive.Method(input[i][0]), bytes.NewReader(data), int64(len(data))), 2<<20))
		if !bytes.HasPrefix(ours, theirs) {
			at := 0
			for at < min(len(ours), len(theirs)) && ours[at] == theirs[at] {
				at++
			}
			t.Errorf("%s, variant %d (%d bytes): Python has %d bytes, we %d (%v), equal up to %d", names[i], i, len(data), len(theirs), len(ours), rerr, at)
		}
	}
}

// TestTarMembers: every member that tarfile finds, in any of its modes, with
// its content, is listed.
func TestTarMembers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var input []string
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i, name := range []string{"a", "dir/b", strings.Repeat("long/", 30) + "c", "d"} {
			if format == tar.FormatUSTAR && i == 2 {
				name = "c"
			}
			data := bytes.Repeat([]byte{byte('a' + i)}, 300*i)
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644, Format: format}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			for _, v := range damaged(rng, b.Bytes()) {
				input = append(input, hex.EncodeToString(v))
			}
			for range 30 { // fields of headers, with the checksum mended
				v := bytes.Clone(b.Bytes())
				at := 512 * rng.IntN(len(v)/512)
				copy(v[at+rng.IntN(500):at+500], []string{"\x00", " ", "0o7", "\x80\x00", "-1", "+2", "_", "x", "L", "S", "7", "\xff"}[rng.IntN(12)])
				mend(v[at : at+512])
				input = append(input, hex.EncodeToString(v))
			}
		}
	}
	var answer [][][2]*string
	python(t, newPython, "containers.py", input, &answer, "tar")
	missing := 0
	for i, theirs := range answer {
		data, _ := hex.DecodeString(input[i])
		a := archive.ReadTar(bytes.NewReader(data), int64(len(data)), safeio.Limits{}.WithDefaults())
		var ours []string
		for j := range a.Members {
			m := &a.Members[j]
			if m.Regular() {
				r, n, _ := a.Open(m)
				b, err := io.ReadAll(io.NewSectionReader(r, 0, min(n, 1<<16)))
				if err != nil {
					t.Fatal(err)
				}
				ours = append(ours, hex.EncodeToString(b))
			}
		}
		for _, m := range theirs {
			if m[1] != nil && !slices.ContainsFunc(ours, func(o string) bool { return strings.HasPrefix(o, *m[1]) }) {
				missing++
				t.Errorf("variant %d: tarfile reads %q with %d bytes, which is not listed (%v)", i, *m[0], len(*m[1])/2, a.Err)
			}
		}
	}
	if missing == 0 && len(answer) < 300 {
		t.Errorf("only %d variants", len(answer))
	}
}

// TestTorchTar: in torch's first format every pickle that torch.load runs is
// scanned, and the harmless file is clean.
func TestTorchTar(t *testing.T) {
	t.Parallel()
	for _, interpreter := range []string{newPython, oldPython} {
		var printed map[string]string
		python(t, interpreter, "containers.py", t.TempDir(), &printed, "torch")
		if len(printed) < 7 {
			t.Fatalf("%v", printed)
		}
		for path, text := range printed {
			harmless := filepath.Base(path) == "harmless.tar"
			if harmless != (text == "") {
				t.Errorf("torch printed %q for %s", text, filepath.Base(path))
			}
			r := run(t, "", cleanEnv(), program("modelaudit"), "scan", path)
			if harmless && r.code != 0 || !harmless && (r.code != 1 || !strings.Contains(r.stdout, "builtins.print")) {
				t.Errorf("%s: exit %d\n%s", filepath.Base(path), r.code, r.stdout)
			}
		}
	}
}

// mend makes the checksum of a header fit.
func mend(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:156], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
}
