package pipeline

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stateDict writes what torch.save makes of so many float32 tensors, which are
// views of numel elements each.
func stateDict(b testing.TB, name string, tensors, numel int, shape, stride string) {
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	record := func(name string) io.Writer {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		if err != nil {
			b.Fatal(err)
		}
		return w
	}
	// Protocol 0, so that the opcodes can be read here.
	var p strings.Builder
	p.WriteString("(d")
	for i := range tensors {
		fmt.Fprintf(&p, "Vt%d\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nFloatStorage\nV%d\nVcpu\nI%d\ntQI0\n(%st(%stI00\nccollections\nOrderedDict\n(tRtRs", i, i, numel, shape, stride)
	}
	p.WriteString(".")
	if _, err := io.WriteString(record("data.pkl"), p.String()); err != nil {
		b.Fatal(err)
	}
	for i := range tensors {
		if _, err := record(fmt.Sprintf("data/%d", i)).Write(make([]byte, 4*numel)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := io.WriteString(record("version"), "3\n"); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkConvert256MB audits, converts and proves a checkpoint of 16 tensors.
func BenchmarkConvert256MB(b *testing.B) {
	benchmarkConvert(b, 16, 4_000_000)
}

// BenchmarkConvert10000Tensors is about the work for each tensor.
func BenchmarkConvert10000Tensors(b *testing.B) {
	benchmarkConvert(b, 10_000, 16)
}

func benchmarkConvert(b *testing.B, tensors, numel int) {
	name := filepath.Join(b.TempDir(), "model.pt")
	stateDict(b, name, tensors, numel, fmt.Sprintf("I%d\n", numel), "I1\n")
	src, f, err := Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.SetBytes(src.Size)
	convertLoop(b, &Auditor{}, src, tensors)
}

// convertLoop audits, converts and proves a source of so many tensors.
func convertLoop(b *testing.B, auditor *Auditor, src Source, tensors int) {
	b.ReportAllocs()
	for b.Loop() {
		a, err := auditor.Audit(b.Context(), src)
		if err != nil {
			b.Fatal(err)
		}
		conv, err := Convert(b.Context(), a, ConvertOptions{Dir: b.TempDir(), Perm: 0o600})
		if err != nil {
			b.Fatal(err)
		}
		if conv.Tensors != tensors {
			b.Fatalf("%d tensors", conv.Tensors)
		}
		if err := conv.Discard(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConvertTiny audits, converts and proves 400,000 tensors of two elements, of
// which the graph of the pickle has no room for.
func BenchmarkConvertTiny(b *testing.B) {
	const tensors = 400_000
	name := filepath.Join(b.TempDir(), "tiny.pt")
	if err := os.WriteFile(name, manyArchive(b, tensors, false), 0o600); err != nil {
		b.Fatal(err)
	}
	src, f, err := Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	convertLoop(b, &Auditor{Keep: true}, src, tensors)
}

// BenchmarkScanTree looks at 2,000 files that are no models.
func BenchmarkScanTree(b *testing.B) {
	dir := b.TempDir()
	text := []byte(strings.Repeat("import os\n", 300))
	for i := range 2000 {
		d := filepath.Join(dir, fmt.Sprint(i/20))
		if err := errors.Join(os.MkdirAll(d, 0o700), os.WriteFile(filepath.Join(d, fmt.Sprintf("%d.py", i)), text, 0o600)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		files, err := Walk([]string{dir})
		if err != nil {
			b.Fatal(err)
		}
		if r, err := (&Auditor{}).ScanFiles(b.Context(), files, 0); err != nil || r.Summary.Skipped != 2000 {
			b.Fatalf("%v, %v", r, err)
		}
	}
}
