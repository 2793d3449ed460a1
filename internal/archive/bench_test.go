package archive

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// BenchmarkDecompress measures each method on the content of testdata, in
// bytes that come out.
func BenchmarkDecompress(b *testing.B) {
	size := int64(len(fixture(b, "content.raw")))
	for _, name := range []string{"plain.gz", "plain.z", "plain.bz2", "filter-2.xz", "filter-2.lzma", "plain.zst", "plain.lz4"} {
		data := fixture(b, name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				r := bytes.NewReader(data)
				if _, err := io.Copy(io.Discard, NewReader(Sniff(r, r.Size()), r, r.Size())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSpool measures what random access costs beside the decompression:
// 64 MiB through memory into a file.
func BenchmarkSpool(b *testing.B) {
	const size = 64 << 20
	b.SetBytes(size)
	for b.Loop() {
		budget := Budget{Limits: safeio.Limits{}.WithDefaults(), Size: size}
		s, err := budget.Spool(b.Context(), io.LimitReader(zeroReader{}, size), func() int64 { return size })
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkWeights measures xz on random weights of float32, whose low bytes no
// compressor makes smaller: 1 MiB.
func BenchmarkWeights(b *testing.B) {
	rnd, raw := rand.New(rand.NewPCG(1, 2)), make([]byte, 0, 1<<20)
	for len(raw) < cap(raw) {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(rnd.NormFloat64())))
	}
	var packed bytes.Buffer
	w, err := NewWriter(Xz, &packed, int64(len(raw)))
	if err == nil {
		_, err = w.Write(raw)
	}
	if err != nil || w.Close() != nil {
		b.Fatal(err)
	}
	r := bytes.NewReader(packed.Bytes())
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, NewReader(Xz, r, r.Size())); err != nil {
			b.Fatal(err)
		}
	}
}
