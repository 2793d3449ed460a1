package detect

import (
	"archive/tar"
	"bytes"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/audit"
)

func formats(t testing.TB, data, name string) []audit.Format {
	t.Helper()
	got, err := Formats(strings.NewReader(data), int64(len(data)), name)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFormats(t *testing.T) {
	zeros := strings.Repeat("\x00", 300)
	end := "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x2e\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct {
		name, file, data string
		want             []audit.Format
	}{
		{"protocol 4", "x", "\x80\x04N.", []audit.Format{audit.FormatPickle}},
		{"protocol 9", "x", "\x80\x09N.", nil},
		{"protocol and no opcode", "x", "\x80\x04\x00.", nil},
		{"protocol 0 with a call", "notes.txt", "cos\nsystem\n(S'true'\ntR.", []audit.Format{audit.FormatPickle}},
		{"protocol 0 with inst", "x", "(S'true'\nios\nsystem\n.", []audit.Format{audit.FormatPickle}},
		{"an import that ends", "x", "cos\nsystem\n.", []audit.Format{audit.FormatPickle}},
		{"an import of any name that ends", "x", "cmy module\nno name\n.", []audit.Format{audit.FormatPickle}},
		{"a call of a module frozen into CPython, and text", "x", "cos\x00x\nsystem\n(S'true'\ntR.TH", []audit.Format{audit.FormatPickle}},
		{"an import of any name in text", "x", "cmy module\nno name\n.TH", nil},
		{"an import before the end of the file", "x", "cantigravity\nx\n0N", []audit.Format{audit.FormatPickle}},
		{"an import and what is none", "x", "cantigravity\nx\n0N\xff", nil},
		{"an import and much that makes sense", "x", "cantigravity\nx\n" + strings.Repeat("0N", 10) + "\xff", []audit.Format{audit.FormatPickle}},
		{"an import, a call and no name", "x", "cos\nsystem\n)Rcno name\nx\n", []audit.Format{audit.FormatPickle}},
		{"an import that ends before white space", "x", "cantigravity\nx\n.\r\n\x00", []audit.Format{audit.FormatPickle}},
		{"an import that ends before bytes", "x", "cantigravity\nx\n.\x01\x02\x03\x04", []audit.Format{audit.FormatPickle}},
		{"an import, more, and text behind the end", "x", "cantigravity\nx\n0N.env\n", []audit.Format{audit.FormatPickle}},
		{"an import that ends before a pickle of text", "x", "cantigravity\nx\n.cos\nsystem\n)R.", []audit.Format{audit.FormatPickle}},
		{"a list of names", ".gitignore", "coverage\ndist\n.env\n.cache\n", nil},
		{"two lines", "x", "cantigravity\nx\n", nil},
		{"a call without stop", "x", "cos\nsystem\n)R", []audit.Format{audit.FormatPickle}},
		{"a call of nothing", "x", "cos\nsystem\nR.", nil},
		{"plain values", "x.pkl", "(lp0\nI1\na.", []audit.Format{audit.FormatPickle}},
		{"plain values without a model's name", "x", "(lp0\nI1\na.", nil},
		{"padding before the call", "x.json", strings.Repeat("N0", 50_000) + "cos\nsystem\n)R.", []audit.Format{audit.FormatPickle}},
		{"a second pickle", "x.txt", "N.N.cos\nsystem\n)R.", []audit.Format{audit.FormatPickle}},
		{"a long line that is taken from an empty stack", "x", "p" + strings.Repeat("a", 17<<20) + "\ncos\nsystem\n(S'true'\ntR.", nil},
		{"a long line before a call", "x", "I" + strings.Repeat("1", 17<<20) + "\n0cos\nsystem\n(S'true'\ntR.", []audit.Format{audit.FormatPickle}},
		{"a million opcodes", "x.txt", strings.Repeat("N0", 1_000_000), []audit.Format{audit.FormatPickle}},
		{"zip", "x", "PK\x03\x04" + zeros + end, []audit.Format{audit.FormatZip}},
		{"zip behind something", "x", "#!/bin/sh\n" + zeros + end, []audit.Format{audit.FormatZip}},
		{"zip behind a pickle", "x", "\x80\x04N." + zeros + end, []audit.Format{audit.FormatPickle, audit.FormatZip}},
		{"zip with a comment", "x", zeros + end[:20] + "\x03\x00abc", []audit.Format{audit.FormatZip}},
		{"safetensors", "x.safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}", []audit.Format{audit.FormatSafetensors}},
		{"safetensors under another name", "x", "\x02\x00\x00\x00\x00\x00\x00\x00{}", []audit.Format{audit.FormatSafetensors}},
		{"a pickle named safetensors", "x.safetensors", "\x80\x04N.", []audit.Format{audit.FormatPickle}},
		{"numpy", "x", "\x93NUMPY\x01\x00", []audit.Format{audit.FormatNumpy}},
		{"hdf5", "x", "\x89HDF\r\n\x1a\n", []audit.Format{audit.FormatHDF5}},
		{"hdf5 behind a user block", "x", strings.Repeat("\x00", 1024) + "\x89HDF\r\n\x1a\n", []audit.Format{audit.FormatHDF5}},
		{"gguf", "x", "GGUF\x03\x00", []audit.Format{audit.FormatGGUF}},
		{"tar", "x", tarball(t, tar.FormatUSTAR, "a"), []audit.Format{audit.FormatTar}},
		{"tar without magic", "x", old(tarball(t, tar.FormatUSTAR, "a")), []audit.Format{audit.FormatTar}},
		{"gzip", "x", "\x1f\x8b\x08\x00", []audit.Format{audit.FormatGzip}},
		{"bzip2", "x", "BZh9", []audit.Format{audit.FormatBzip2}},
		{"xz", "x", "\xfd7zXZ\x00\x00", []audit.Format{audit.FormatXz}},
		{"zstd", "x", "\x28\xb5\x2f\xfd\x00", []audit.Format{audit.FormatZstd}},
		{"lz4", "x", "\x04\x22\x4d\x18\x00", []audit.Format{audit.FormatLZ4}},
		{"7z", "x", "7z\xbc\xaf\x27\x1c\x00", []audit.Format{audit.Format7z}},
		{"zlib under a model's name", "x.joblib", "\x78\x9c\x03\x00", []audit.Format{audit.FormatZlib}},
		{"zlib", "x", "\x78\x9c\x03\x00", nil},
		{"lfs pointer behind white space", "x.dat", "\n \r\nversion https://hawser.github.com/spec/v1\r\noid sha256:0\n", []audit.Format{audit.FormatLFSPointer}},
		{"lfs pointer", "x.pt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", []audit.Format{audit.FormatLFSPointer}},
		{"empty", "x.pt", "", nil},
		{"one byte", "x.pt", "\x80", nil},
		{"zeros", "x.pt", zeros, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, formats(t, c.data, c.file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The first name of a tar archive may begin with any letter; a pickle is what
// imports something that there is, or calls it.
func TestTarNames(t *testing.T) {
	for name, want := range map[string]bool{
		"config.json": false, "checkpoints/": false, "cfg": false, "code/inference.py": false, "classes.txt": false, "N.txt": false,
		"M12.json": false, "K1.npy": false, "].txt": false, "(i.txt": false, "Vocab.txt": false, "c" + strings.Repeat("x", 99): false,
		"cos": true, "cimportlib.util": true, "cos\nsystem\n(S'true'\ntR.": true, "cantigravity\nx\n": true, "cantigravity.json": true,
		"cunittest.__main__.py": true, "(S'true'\nios\nsystem\n.": true, "N.cos\nsystem\n)R.": true,
	} {
		for _, file := range []string{"m.tar", "m.pth.tar", "m.pt"} {
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			_ = w.WriteHeader(&tar.Header{Name: name, Size: 12, Mode: 0o644, Format: tar.FormatGNU})
			_, _ = w.Write([]byte("a\nb\n0N0N0N0N"))
			_ = w.Close()
			got := formats(t, b.String(), file)
			if slices.Contains(got, audit.FormatPickle) != want || !slices.Contains(got, audit.FormatTar) {
				t.Errorf("%s with %q: %v", file, name, got)
			}
		}
	}
}

func tarball(t testing.TB, f tar.Format, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, n := range names {
		if err := w.WriteHeader(&tar.Header{Name: n, Size: 1, Mode: 0o644, Format: f}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// old takes the magic out of the first header, as the first tar wrote it.
func old(tarball string) string {
	b := []byte(tarball)
	copy(b[257:], make([]byte, 8))
	sum := 0
	for i, c := range b[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return string(b)
}

// Files of a programmer's machine that are no models are none, whatever their
// names: the sources of Go, and documents and libraries where there are some.
func TestOrdinaryMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads thousands of files")
	}
	seen := 0
	for _, root := range []string{filepath.Join(build.Default.GOROOT, "src"), filepath.Join(build.Default.GOROOT, "test"), "/usr/share/doc", "/usr/lib/python3"} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || ModelName(path) || seen%11 != 0 && strings.HasSuffix(path, ".go") {
				seen++
				return nil
			}
			seen++
			data, err := os.ReadFile(path)
			if err != nil || len(data) > 1<<20 {
				return nil
			}
			if got := formats(t, string(data), path); slices.Contains(got, audit.FormatPickle) && !strings.HasPrefix(string(data), "\x80") {
				t.Errorf("%s is taken for a pickle", path)
			}
			return nil
		})
	}
	if seen < 1000 {
		t.Skipf("only %d files are here", seen)
	}
}

// Ordinary files are of no format, whatever they are called.
func TestOrdinaryFiles(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "../*/*.go", "../../*.md", "../../go.*", "../../testdata/*.py", "../../testdata/torch/*/*.json", "../../testdata/pickle/*/*.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files", len(files))
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := formats(t, string(data), f); len(got) > 0 {
			t.Errorf("%s: %v", f, got)
		}
	}
	for _, text := range []string{"import os\nimport sys\n", "cover\nletter\n", "(a, b)\n", "#include <stdio.h>\n", "MIT License\n", "1,2,3\n4,5,6\n",
		"{\"a\": 1}\n", "]\n", "2024-01-01 00:00:00 INFO start\n", "N.B. this\n", "I\n", "S'quoted'\n", "Vx\ny\n", "0000000000", "2222222222", "c\n\n", "%PDF-1.4\n", "\x89PNG\r\n\x1a\n", "BZhello", "GIF89a"} {
		for _, name := range []string{"x.txt", "x"} {
			if got := formats(t, text, name); len(got) > 0 && !slices.Equal(got, []audit.Format{audit.FormatBzip2}) {
				t.Errorf("%q: %v", text, got)
			}
		}
	}
}

func TestModelName(t *testing.T) {
	for name, want := range map[string]bool{"a.pt": true, "a/B.PTH": true, "x.pth.tar": true, ".metadata": true, "a.safetensors": true,
		"a.txt": false, "pt": false, "metadata": false, "a.tar": false, "a.pt.md": false} {
		if got := ModelName(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzFormats(f *testing.F) {
	f.Add([]byte("\x80\x04N."), "m.pkl")
	f.Add([]byte("cos\nsystem\n)R."), "m")
	f.Add([]byte(tarball(f, tar.FormatUSTAR, "a")), "m")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		got := formats(t, string(data), name)
		// A model's name only ever adds.
		for _, want := range got {
			if !slices.Contains(formats(t, string(data), "model.pt"), want) {
				t.Fatalf("%v under %q, %v as a model", got, name, formats(t, string(data), "model.pt"))
			}
		}
	})
}

func TestCompressedModelName(t *testing.T) {
	for name, want := range map[string]bool{
		"a/x.PKL.gz": true, "x.joblib.z": true, "x.pt.xz.zst": true, "x.pth.tar": true, ".metadata": true, "x.keras": true,
		"x.tar.gz": false, "x.json.gz": false, "pkl.gz": false, "x.pkl.txt": false, "": false,
	} {
		if got := ModelName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// A pickle that imports and ends where the file ends is one, whatever it
// imports and whatever its file is called: the module has run by then.
func FuzzImportThatEnds(f *testing.F) {
	f.Add("antigravity", "x", "notes.txt")
	f.Add("my module", "", "README")
	f.Add("\u00e9", "1", "x.go")
	f.Fuzz(func(t *testing.T, module, name, file string) {
		if module == "" || strings.ContainsAny(module+name, "\r\n") || !utf8.ValidString(module) || !utf8.ValidString(name) || len(module)+len(name) > 1000 {
			return
		}
		if got := formats(t, "c"+module+"\n"+name+"\n.", file); !slices.Contains(got, audit.FormatPickle) {
			t.Errorf("%q", got)
		}
	})
}
