package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// cut is a tensor of random bytes, of which the source has boxes, one behind
// the other, and the candidate all in C order.
func cut(rng *rand.Rand, shape []int64, item int64) (src, dst []byte, claim Claim) {
	claim = Claim{Name: "x", DType: tensor.F32, Shape: shape, Pieces: []Claim{}}
	n := item * product(shape)
	all := make([]byte, n)
	for i := range all {
		all[i] = byte(rng.Uint32())
	}
	to := cOrder(shape)
	var split func(lo, ext []int64)
	split = func(lo, ext []int64) {
		d := rng.IntN(len(ext))
		if ext[d] > 1 && rng.IntN(4) > 0 {
			at := 1 + rng.Int64N(ext[d]-1)
			low, high, next := slices.Clone(ext), slices.Clone(ext), slices.Clone(lo)
			low[d], high[d], next[d] = at, ext[d]-at, lo[d]+at
			split(lo, low)
			split(next, high)
			return
		}
		start := int64(len(src))
		index, dims := make([]int64, len(ext)), make([]int, len(ext))
		for i := range dims {
			dims[i] = i
		}
		for {
			at := (dot(lo, to) + dot(index, to)) * item
			src = append(src, all[at:at+item]...)
			if !advance(index, ext, dims) {
				break
			}
		}
		claim.Pieces = append(claim.Pieces, Claim{Lo: lo, Shape: ext, Strides: cOrder(ext), Region: &Region{Off: 0, Len: int64(len(src)) - start},
			Layers: []tensor.Layer{{Kind: tensor.LayerRange, Start: start, End: int64(len(src))}}})
	}
	split(make([]int64, len(shape)), shape)
	head, _ := json.Marshal(map[string]any{"x": map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int64{0, n}}})
	dst = binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return src, append(append(dst, head...), all...), claim
}

func TestPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, shape := range [][]int64{{9}, {5, 6}, {3, 4, 5}, {1, 7, 1, 2}} {
		for range 20 {
			src, dst, claim := cut(rng, shape, 4)
			res, err := compareBytes(src, dst, claim)
			if err != nil || res.Tensors != 1 || res.BytesCompared != 4*product(shape) {
				t.Fatalf("%v: %v, %+v", shape, err, res)
			}
			// One byte of the candidate is another: the element is found.
			at := rng.IntN(int(4 * product(shape)))
			dst[len(dst)-int(4*product(shape))+at] ^= 1
			_, err = compareBytes(src, dst, claim)
			var diff *Difference
			if !errors.As(err, &diff) || dot(diff.Index, cOrder(shape)) != int64(at/4) {
				t.Fatalf("%v: byte %d: %v", shape, at, err)
			}
		}
	}
}

func compareBytes(src, dst []byte, claim Claim) (Result, error) {
	return Compare(context.Background(), bytes.NewReader(src), int64(len(src)), []Claim{claim}, bytes.NewReader(dst), int64(len(dst)), Options{})
}

// TestPiecesRefused: pieces that do not make the tensor up are no proof.
func TestPiecesRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Claim)
		want   string
	}{
		{"one missing", func(c *Claim) { c.Pieces = c.Pieces[1:] }, "elements"},
		{"one twice", func(c *Claim) { c.Pieces = append(c.Pieces, c.Pieces[0]) }, "overlap"},
		{"one for another", func(c *Claim) { c.Pieces[0] = c.Pieces[1] }, "overlap"},
		{"none", func(c *Claim) { c.Pieces = []Claim{} }, "elements"},
		{"outside", func(c *Claim) { c.Pieces[0].Lo = []int64{3} }, "not inside"},
		{"another rank", func(c *Claim) { c.Pieces[0].Lo = []int64{0, 0} }, "dimensions"},
		{"beyond the source", func(c *Claim) { c.Pieces[0].Layers[0].End = 99 }, "bytes [0,99) of 16"},
		{"longer than its place", func(c *Claim) { c.Pieces[0].Layers[0].End = 4 }, "lies outside"},
	}
	head := `{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`
	dst := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), make([]byte, 16)...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claim := Claim{Name: "x", DType: tensor.F32, Shape: []int64{4}}
			for i := range int64(2) {
				claim.Pieces = append(claim.Pieces, Claim{Lo: []int64{2 * i}, Shape: []int64{2}, Strides: []int64{1}, Region: &Region{Len: 8},
					Layers: []tensor.Layer{{Kind: tensor.LayerRange, Start: 8 * i, End: 8*i + 8}}})
			}
			if _, err := compareBytes(make([]byte, 16), dst, claim); err != nil {
				t.Fatal(err)
			}
			tt.change(&claim)
			if _, err := compareBytes(make([]byte, 16), dst, claim); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
