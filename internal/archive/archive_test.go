package archive

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// compressedFixtures lists the compressed files of testdata.
func compressedFixtures(t testing.TB) (names []string) {
	t.Helper()
	for _, ending := range []string{"gz", "z", "zf", "bz2", "xz", "lzma", "zst", "lz4"} {
		found, err := filepath.Glob("testdata/*." + ending)
		if err != nil || len(found) == 0 {
			t.Fatalf("no file with %s: %v", ending, err)
		}
		for _, f := range found {
			names = append(names, filepath.Base(f))
		}
	}
	return names
}

func decompress(data []byte) (out []byte, consumed int64, err error) {
	r := NewReader(Sniff(bytes.NewReader(data), int64(len(data))), bytes.NewReader(data), int64(len(data)))
	out, err = io.ReadAll(r)
	return out, r.Consumed(), err
}

// TestFixtures reads what the real libraries wrote, alone and with a tail.
func TestFixtures(t *testing.T) {
	content := fixture(t, "content.raw")
	for _, name := range compressedFixtures(t) {
		data, want := fixture(t, name), content
		if strings.Contains(name, "twice") {
			want = append(bytes.Clone(content), content...)
		}
		for _, tail := range []string{"", "a tail"} {
			got, consumed, err := decompress(append(bytes.Clone(data), tail...))
			if err != nil || !bytes.Equal(got, want) || consumed != int64(len(data)) {
				t.Errorf("%s with %q: %d bytes of %d, %d read of %d, %v", name, tail, len(got), len(want), consumed, len(data), err)
			}
		}
	}
}

// What was decompressed before damage is kept, and damage is an error.
func TestTruncated(t *testing.T) {
	content := fixture(t, "content.raw")
	for _, name := range compressedFixtures(t) {
		if strings.Contains(name, "twice") {
			continue
		}
		data := fixture(t, name)
		last := 0
		for cut := 40; cut < len(data); cut += len(data)/50 + 1 {
			got, _, err := decompress(data[:cut])
			var fe *FormatError
			if slices.Contains([]string{".gz", ".z", ".zf"}, filepath.Ext(name)) { // symbols of a few bits that are not there
				got = got[:max(0, len(got)-32-258)]
			}
			if !errors.As(err, &fe) || !bytes.HasPrefix(content, got) || len(got) < last {
				t.Errorf("%s: %d of %d bytes give %d after %d, %v", name, cut, len(data), len(got), last, err)
			}
			last = len(got)
		}
		// Formats with small blocks give out most of what is there.
		small := !strings.HasSuffix(name, "bz2") && !strings.HasSuffix(name, "zst") && !strings.HasSuffix(name, "lz4")
		if small && last < len(content)*8/10 {
			t.Errorf("%s: all but its end gives %d bytes of %d", name, last, len(content))
		}
	}
}

// TestDictionaryClaims: memory follows what is there, not what a header claims.
func TestDictionaryClaims(t *testing.T) {
	data := fixture(t, "filter-0.lzma")
	copy(data[1:5], "\xff\xff\xff\xff")
	got, _, err := decompress(data)
	if err != nil || !bytes.Equal(got, fixture(t, "content.raw")) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _, _ = decompress(data)
		}
	}).AllocedBytesPerOp()
	if allocated > 4<<20 {
		t.Errorf("%d bytes were allocated", allocated)
	}
}

func TestBudget(t *testing.T) {
	zeros := func(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }
	lim := safeio.Limits{MaxExpand: 300 << 20}.WithDefaults()
	for _, c := range []struct {
		name  string
		size  int64
		used  int64
		n     int64
		limit bool
	}{
		{"a small file of zeros", 1000, 0, 30 << 20, false},
		{"a bomb", 1000, 0, 40 << 20, true},
		{"a large file", 1 << 20, 0, 1_900_000, false},
		{"more than the artifact may expand to", 1 << 20, 300 << 20, 1 << 20, true},
		{"a bomb of zeros as DEFLATE packs them", 1 << 16, 250 << 20, 10 << 20, true},
		{"a bomb in layers", 1000, 60 << 20, 1 << 20, true},
		{"many zeros", 1 << 19, 257 << 20, 11 << 20, true},
		{"an array of zeros", 1 << 19, 257 << 20, 11 << 20, false},
		{"an array of zeros as LZMA packs them", 1 << 13, 0, 55 << 20, false},
		{"an array of more zeros than that", 1 << 13, 0, 70 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := Budget{Limits: lim, Size: c.size, Used: c.used}
			packed, in := int64(1000), zeros(c.n)
			if c.size == 1<<19 {
				packed = 20_000
			}
			if c.size == 1<<13 {
				packed = c.size
			}
			if strings.HasPrefix(c.name, "an array") {
				in = io.MultiReader(strings.NewReader("\x93NUMPY"), zeros(c.n-6))
			}
			s, err := b.Spool(t.Context(), in, func() int64 { return packed })
			t.Cleanup(func() { s.Close() })
			if errors.Is(err, safeio.ErrLimit) != c.limit || !c.limit && (err != nil || s.Size() != c.n) {
				t.Errorf("%d bytes, %v", s.Size(), err)
			}
		})
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSevenZip(t *testing.T) {
	lim := safeio.Limits{}.WithDefaults()
	want := map[string]string{"a.txt": "hello\n", "empty": "", "dir/content.dat": string(fixture(t, "content.raw"))}
	for _, name := range []string{"default", "lzma", "bzip2", "deflate", "copy", "zstd", "delta"} {
		data := fixture(t, name+".7z")
		z, err := ReadSevenZip(bytes.NewReader(data), int64(len(data)), lim)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files := 0
		for i := range z.Folders {
			in, _, err := z.Open(&z.Folders[i])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, f := range z.Folders[i].Files {
				got := make([]byte, f.Size)
				if _, err := io.ReadFull(in, got); err != nil || string(got) != want[f.Name] {
					t.Errorf("%s: %s: %d bytes, %v", name, f.Name, len(got), err)
				}
				files++
			}
		}
		if files != len(want) {
			t.Errorf("%s: %d files", name, files)
		}
	}
	for _, name := range []string{"ppmd", "encrypted", "encrypted-names"} {
		data := fixture(t, name+".7z")
		z, err := ReadSevenZip(bytes.NewReader(data), int64(len(data)), lim)
		if err == nil {
			_, _, err = z.Open(&z.Folders[0])
		}
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecompress: garbage ends, with an error or not, without a panic; reading
// in small pieces gives the same.
func FuzzDecompress(f *testing.F) {
	for _, name := range compressedFixtures(f) {
		f.Add(fixture(f, name), byte(0))
	}
	methods := []Method{"", Gzip, Zlib, Bzip2, Xz, LZMA, Zstd, LZ4, ZFile}
	f.Fuzz(func(t *testing.T, data []byte, which byte) {
		r := bytes.NewReader(data)
		m := methods[int(which)%len(methods)]
		if m == "" {
			m = Sniff(r, r.Size())
		}
		const most = 1 << 20
		in := NewReader(m, r, r.Size())
		want, werr := io.ReadAll(io.LimitReader(in, most))
		if c := in.Consumed(); c < 0 || c > r.Size() {
			t.Fatalf("%d bytes consumed of %d", c, r.Size())
		}
		got, gerr := io.ReadAll(io.LimitReader(oneByte{NewReader(m, r, r.Size())}, most))
		if !bytes.Equal(want, got) || (werr == nil) != (gerr == nil) {
			t.Fatalf("%d bytes, %v; in pieces %d, %v", len(want), werr, len(got), gerr)
		}
	})
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }

// FuzzSevenZip: whatever a directory claims, reading it ends within its bounds.
func FuzzSevenZip(f *testing.F) {
	for _, name := range []string{"default", "copy", "encrypted-names", "ppmd"} {
		f.Add(fixture(f, name+".7z"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &sevenParser{b: data, size: int64(len(data)), members: 1000}
		folders := p.header()
		lim := safeio.Limits{MaxMembers: 1000}.WithDefaults()
		z, err := ReadSevenZip(bytes.NewReader(data), int64(len(data)), lim)
		if err != nil {
			z = &SevenZip{Folders: folders, r: bytes.NewReader(data), size: int64(len(data))}
		}
		files := 0
		for i := range z.Folders {
			files += len(z.Folders[i].Files)
			if in, _, err := z.Open(&z.Folders[i]); err == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(in, 1<<20))
			}
		}
		if files > 1000+len(data) {
			t.Fatalf("%d files in %d bytes", files, len(data))
		}
	})
}
