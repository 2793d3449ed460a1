package tensor

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// benchmarkView writes a float32 view of a file of 256 MB.
func benchmarkView(b *testing.B, shape, strides []int64) {
	const size = 256_000_000
	f, err := os.Create(filepath.Join(b.TempDir(), "storage"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for range size / 1_000_000 {
		if _, err := f.Write(make([]byte, 1_000_000)); err != nil {
			b.Fatal(err)
		}
	}
	v := &Tensor{DType: F32, Shape: shape, Strides: strides, Storage: &Storage{Data: f, Size: size}}
	if err := v.Check(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(v.Bytes())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContiguous256MB(b *testing.B) {
	benchmarkView(b, []int64{8000, 8000}, []int64{8000, 1})
}

func BenchmarkTransposed256MB(b *testing.B) {
	benchmarkView(b, []int64{8000, 8000}, []int64{1, 8000})
}

// BenchmarkTransposedWide256MB: few long rows, which lie apart.
func BenchmarkTransposedWide256MB(b *testing.B) {
	benchmarkView(b, []int64{500, 128_000}, []int64{1, 500})
}

func BenchmarkChannelsLast256MB(b *testing.B) {
	benchmarkView(b, []int64{2048, 3472, 3, 3}, []int64{31248, 1, 10416, 3472})
}

// BenchmarkReversed256MB reverses three dimensions, the worst of permutations.
func BenchmarkReversed256MB(b *testing.B) {
	benchmarkView(b, []int64{400, 400, 400}, []int64{1, 400, 160_000})
}

func BenchmarkEverySecond128MB(b *testing.B) {
	benchmarkView(b, []int64{32_000_000}, []int64{2})
}
