package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/modelaudit/action/audit"
)

// An enclosure puts a file into a container.
type enclosure struct {
	name string
	wrap func(testing.TB, []byte) []byte
}

// enclosures lists every container that can be written here. The others have
// files in testdata.
func enclosures() []enclosure {
	through := func(open func(io.Writer) (io.WriteCloser, error)) func(testing.TB, []byte) []byte {
		return func(t testing.TB, data []byte) []byte {
			t.Helper()
			var b bytes.Buffer
			w, err := open(&b)
			if err == nil {
				_, err = w.Write(data)
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	return []enclosure{
		{"gzip", through(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })},
		{"zlib", through(func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })},
		{"zstd", through(func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) })},
		{"lz4", through(func(w io.Writer) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.ConcurrencyOption(1), lz4.BlockSizeOption(lz4.Block64Kb))
		})},
		{"zfile", func(t testing.TB, data []byte) []byte {
			var b bytes.Buffer
			w := zlib.NewWriter(&b)
			_, _ = w.Write(data)
			_ = w.Close()
			return append([]byte(fmt.Sprintf("ZF%-19s", fmt.Sprintf("%#x", len(data)))), b.Bytes()...)
		}},
		{"xz", func(_ testing.TB, data []byte) []byte { return storedXz(data) }},
		{"tar", func(t testing.TB, data []byte) []byte { return tarred(t, "README.txt", data) }},
		{"7z", func(_ testing.TB, data []byte) []byte { return stored7z("data.txt", data) }},
		{"zip", func(t testing.TB, data []byte) []byte { return archive(t, zip.Store, member{"data.txt", data}) }},
		{"deflated zip", func(t testing.TB, data []byte) []byte { return archive(t, zip.Deflate, member{"data.txt", data}) }},
	}
}

func tarred(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644})
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// storedXz is an xz stream whose LZMA2 chunks are not compressed.
func storedXz(data []byte) []byte {
	out := []byte("\xfd7zXZ\x00\x00\x00\xff\x12\xd9\x41")
	header := []byte{2, 0, 0x21, 1, 0, 0, 0, 0}
	out = append(out, header...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(header))
	start := len(out)
	for kind := byte(1); len(data) > 0; kind = 2 {
		n := min(len(data), 1<<16)
		out = append(out, kind, byte((n-1)>>8), byte(n-1))
		out = append(out, data[:n]...)
		data = data[n:]
	}
	out = append(out, 0)
	for (len(out)-start)%4 != 0 {
		out = append(out, 0)
	}
	// The index is not looked at, but for its length.
	return append(out, make([]byte, 4+4+12)...)
}

// stored7z is a 7z archive with one file that is not compressed.
func stored7z(name string, data []byte) []byte {
	number := func(n int) []byte { return append([]byte{0xff}, binary.LittleEndian.AppendUint64(nil, uint64(n))...) }
	dir := []byte{1, 4, 6, 0, 1, 9}
	dir = append(append(dir, number(len(data))...), 0, 7, 0x0b, 1, 0, 1, 1, 0, 0x0c)
	dir = append(append(dir, number(len(data))...), 0, 0, 5, 1)
	names := []byte{0}
	for _, c := range name + "\x00" {
		names = append(names, byte(c), 0)
	}
	dir = append(append(append(dir, 0x11), number(len(names))...), names...)
	dir = append(dir, 0, 0)
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(dir)))
	head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(dir))
	out := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(head))...)
	return append(append(append(out, head...), data...), dir...)
}

// Every container in every other: a payload is found, a harmless file is clean,
// and text is none of ours.
func TestWrapped(t *testing.T) {
	evil, good, text := assemble(t, payload+`STOP`), assemble(t, `PROTO 2; EMPTY_DICT; STOP`), []byte("hello, world\n")
	for _, outer := range enclosures() {
		for _, inner := range append(enclosures(), enclosure{"nothing", func(_ testing.TB, b []byte) []byte { return b }}) {
			t.Run(inner.name+" in "+outer.name, func(t *testing.T) {
				wrap := func(b []byte) []byte { return outer.wrap(t, inner.wrap(t, b)) }
				expect(t, scanBytes(t, "a.dat", wrap(evil)), "MA101 os.system")
				expect(t, scanBytes(t, "model.pkl", wrap(evil)), "MA101 os.system")
				expect(t, scanBytes(t, "a.dat", wrap(good)), "clean")
				want := "skipped"
				for _, n := range []string{inner.name, outer.name} {
					if n == "zip" || n == "deflated zip" {
						want = "clean" // a zip may be anything
					}
				}
				expect(t, scanBytes(t, "a.dat", wrap(text)), want)
				expect(t, scanBytes(t, "model.pkl", wrap(text)), "unread")
			})
		}
	}
}

// rank orders what a scan says from mild to severe.
func rank(r *Result) int {
	switch {
	case len(r.Artifact.Findings) > 0:
		return 3
	case r.Skipped:
		return 0
	case r.Artifact.Verdict == audit.VerdictIncomplete:
		return 2
	}
	return 1
}

// FuzzWrapped: a container makes no verdict milder.
func FuzzWrapped(f *testing.F) {
	for i := range enclosures() {
		f.Add(assemble(f, payload+`STOP`), uint(i), uint(i/2))
		f.Add([]byte("hello, world\n"), uint(i), uint(2*i))
	}
	f.Fuzz(func(t *testing.T, data []byte, outer, inner uint) {
		if len(data) == 0 {
			return // an empty member of an archive is no model
		}
		all := enclosures()
		wrapped := all[outer%uint(len(all))].wrap(t, all[inner%uint(len(all))].wrap(t, data))
		for _, name := range []string{"model.pkl", "a.dat"} {
			plain, got := scanBytes(t, name, data), scanBytes(t, name, wrapped)
			if rank(got) < rank(plain) {
				t.Errorf("%s: %v, wrapped %v (skipped %v), %v", name, found(plain), found(got), got.Skipped, plain.Artifact.Coverage.Unread)
			}
		}
	})
}

// A pickle that begins inside a number of a stream which breaks off is found in torch's
// archive as it is in a file.
func TestBrokenInTorchArchive(t *testing.T) {
	data := append([]byte("}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G"), assemble(t, `PROTO 4; `+payload+`STOP`)...)
	wrapped := archive(t, zip.Store, member{"m/data.pkl", data}, member{"m/version", []byte("3\n")})
	for name, data := range map[string][]byte{"model.pkl": data, "model.pt": wrapped} {
		if got := found(scanBytes(t, name, data)); !slices.Contains(got, "MA101 os.system") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
