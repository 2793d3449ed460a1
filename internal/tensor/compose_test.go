package tensor

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// cutUp returns a tensor's elements in C order and chunks of random boxes that
// fill it, each with dimensions in an order of its own.
func cutUp(rng *rand.Rand, shape []int64, d DType) ([]byte, []Chunk) {
	info, _ := d.Info()
	n := info.Size
	for _, s := range shape {
		n *= s
	}
	all := make([]byte, n)
	for i := range all {
		all[i] = byte(rng.Uint32())
	}
	var chunks []Chunk
	var cut func(lo, ext []int64, depth int)
	cut = func(lo, ext []int64, depth int) {
		for d := range ext {
			if ext[d] > 1 && depth > 0 && rng.IntN(2) == 0 {
				at := 1 + rng.Int64N(ext[d]-1)
				low, high := slices.Clone(ext), slices.Clone(ext)
				low[d], high[d] = at, ext[d]-at
				next := slices.Clone(lo)
				next[d] += at
				cut(lo, low, depth-1)
				cut(next, high, depth-1)
				return
			}
		}
		chunks = append(chunks, stored(rng, all, shape, lo, ext, d))
	}
	cut(make([]int64, len(shape)), shape, 6)
	return all, chunks
}

// stored copies a box of all into a storage of its own.
func stored(rng *rand.Rand, all []byte, shape, lo, ext []int64, d DType) Chunk {
	info, _ := d.Info()
	order := rng.Perm(len(shape))
	strides, step := make([]int64, len(shape)), int64(1)
	for _, k := range order {
		strides[k] = step
		step *= ext[k]
	}
	offset := rng.Int64N(3)
	data := make([]byte, (offset+step)*info.Size)
	from := ContiguousStrides(shape)
	var walk func(k int, src, dst int64)
	walk = func(k int, src, dst int64) {
		if k == len(shape) {
			copy(data[dst*info.Size:][:info.Size], all[src*info.Size:])
			return
		}
		for i := range ext[k] {
			walk(k+1, src+(lo[k]+i)*from[k], dst+i*strides[k])
		}
	}
	walk(0, 0, offset)
	return Chunk{Lo: lo, Tensor: &Tensor{DType: d, Shape: ext, Strides: strides, Offset: offset, Storage: &Storage{Data: bytes.NewReader(data), Size: int64(len(data))}}}
}

// TestCompose: what is read of a composed tensor, at any place and length, is
// what was cut up.
func TestCompose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][]int64{{}, {1}, {7}, {5, 6}, {1, 9, 1}, {4, 3, 5}, {2, 3, 4, 5}, {0, 3}, {3, 0}} {
		for range 10 {
			d := []DType{U8, I16, F32, C128}[rng.IntN(4)]
			all, chunks := cutUp(rng, shape, d)
			s, err := Compose("x", d, shape, chunks)
			if err != nil {
				t.Fatalf("%v: %v", shape, err)
			}
			whole := &Tensor{DType: d, Shape: shape, Strides: ContiguousStrides(shape), Storage: s}
			var out bytes.Buffer
			if _, err := whole.WriteTo(&out); err != nil || !bytes.Equal(out.Bytes(), all) {
				t.Fatalf("%v of %d chunks: %v, %x, want %x", shape, len(chunks), err, out.Bytes(), all)
			}
			for range 10 {
				from := rng.IntN(len(all) + 1)
				p := make([]byte, rng.IntN(len(all)+4))
				want := all[from:min(from+len(p), len(all))]
				n, err := s.Data.ReadAt(p, int64(from))
				if !bytes.Equal(p[:n], want) || n < len(p) && err != io.EOF || n == len(p) && n > 0 && err != nil {
					t.Fatalf("%v [%d,+%d): %d, %v, %x, want %x", shape, from, len(p), n, err, p[:n], want)
				}
			}
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	box := func(d DType, lo, size []int64) Chunk {
		return Chunk{Lo: lo, Tensor: &Tensor{DType: d, Shape: size, Strides: ContiguousStrides(size), Storage: &Storage{Size: 1 << 20, Data: strings.NewReader("")}}}
	}
	two := func(a, b int64) []int64 { return []int64{a, b} }
	tests := []struct {
		name   string
		shape  []int64
		chunks []Chunk
		want   string
	}{
		{"no chunk", two(2, 2), nil, "lack 4"},
		{"a hole", two(2, 2), []Chunk{box(F32, two(0, 0), two(1, 2)), box(F32, two(1, 0), two(1, 1))}, "lack 1"},
		{"overlap", two(3, 2), []Chunk{box(F32, two(0, 0), two(2, 2)), box(F32, two(1, 0), two(1, 2))}, "overlap"},
		{"twice as many", two(2, 2), []Chunk{box(F32, two(0, 0), two(2, 2)), box(F32, two(0, 0), two(2, 2))}, "overlap"},
		{"too far", two(2, 2), []Chunk{box(F32, two(1, 0), two(2, 2))}, "not inside"},
		{"negative", two(2, 2), []Chunk{box(F32, two(-1, 0), two(2, 2))}, "not inside"},
		{"far away", two(2, 2), []Chunk{box(F32, two(1<<62, 0), two(2, 2))}, "not inside"},
		{"another type", two(2, 2), []Chunk{box(I32, two(0, 0), two(2, 2))}, "type"},
		{"another rank", two(2, 2), []Chunk{box(F32, []int64{0}, []int64{4})}, "dimensions"},
		{"overflow", two(1<<40, 1<<40), nil, "overflows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Compose("x", F32, tt.shape, tt.chunks); !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
