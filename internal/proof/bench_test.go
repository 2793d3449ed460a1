package proof

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// benchmarkView compares one view of n float32 from a file with its copy.
func benchmarkView(b *testing.B, shape, strides []int64, copied func(i int) int) {
	n := int(product(shape))
	src, seed := make([]byte, 4*n), rand.NewChaCha8([32]byte{})
	if _, err := seed.Read(src); err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 4*n)
	for i := range n {
		copy(data[4*i:4*i+4], src[4*copied(i):])
	}
	dst := safetensorsFile(stTensor{"x", "F32", shape, data})
	files := [2]*os.File{}
	for i, content := range [][]byte{src, dst} {
		name := filepath.Join(b.TempDir(), "f")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			b.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	claims := []Claim{{Name: "x", Region: &Region{Len: int64(len(src))}, DType: tensor.F32, Shape: shape, Strides: strides}}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compare(b.Context(), files[0], int64(len(src)), claims, files[1], int64(len(dst)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContiguous256MB(b *testing.B) {
	benchmarkView(b, []int64{8192, 8192}, []int64{8192, 1}, func(i int) int { return i })
}

func BenchmarkTransposed64MB(b *testing.B) {
	benchmarkView(b, []int64{4096, 4096}, []int64{1, 4096}, func(i int) int { return i%4096*4096 + i/4096 })
}

func BenchmarkChannelsLast64MB(b *testing.B) {
	const o, in, k = 1024, 1820, 3
	benchmarkView(b, []int64{o, in, k, k}, []int64{in * k * k, 1, k * in, in}, func(i int) int {
		w, h, c, n := i%k, i/k%k, i/k/k%in, i/k/k/in
		return ((n*k+h)*k+w)*in + c
	})
}

// BenchmarkTiny compares 100,000 tensors of 8 bytes each.
func BenchmarkTiny(b *testing.B) {
	const n = 100_000
	claims, head, data := make([]Claim, n), []byte("{"), []byte(nil)
	for i := range n {
		c := &claims[i]
		*c = Claim{Name: fmt.Sprintf("layer.%d.w", i), Region: &Region{Off: 8 * int64(i), Len: 8}, DType: tensor.F32, Shape: []int64{2}, Strides: []int64{1}}
		head = fmt.Appendf(head, `"%s":{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]},`, c.Name, 8*i, 8*i+8)
		data = binary.LittleEndian.AppendUint64(data, uint64(i))
	}
	head[len(head)-1] = '}'
	dst := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head, data)
	src := bytes.NewReader(data)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compare(b.Context(), src, src.Size(), claims, bytes.NewReader(dst), int64(len(dst)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
