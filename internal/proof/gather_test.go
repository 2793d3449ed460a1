package proof

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestGather compares what is gathered of boxes of many tiles with the definition, for
// views that are permuted, stepped, expanded and overlapping, and checks that equal says
// the same of the elements as they are and with one byte changed.
func TestGather(t *testing.T) {
	storage := make([]byte, 8<<20)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(storage); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := box{item: rapid.SampledFrom([]int64{1, 2, 4, 8, 16}).Draw(t, "item")}
		room, left := int64(len(storage))/b.item, int64(120_000)
		for range rapid.IntRange(1, 4).Draw(t, "rank") {
			b.ext = append(b.ext, rapid.Int64Range(1, min(left, rapid.SampledFrom([]int64{3, 70, 1100}).Draw(t, "most"))).Draw(t, "extent"))
			left /= b.ext[len(b.ext)-1]
		}
		// Dense in some order, or with gaps, or as it comes.
		b.strides = make([]int64, len(b.ext))
		step := rapid.SampledFrom([]int64{1, 1, 1, 2, 0}).Draw(t, "first")
		for _, d := range rapid.Permutation(dims(len(b.ext))).Draw(t, "order") {
			b.strides[d] = step
			step = step*b.ext[d] + rapid.SampledFrom([]int64{0, 0, 0, 1, 256, 1000}).Draw(t, "gap")
		}
		for last(b) >= room {
			b.strides[slices.Index(b.strides, slices.Max(b.strides))] /= 2
		}
		b.base = rapid.Int64Range(0, room-1-last(b)).Draw(t, "base")
		want := naive(storage, Claim{Offset: b.base, Shape: b.ext, Strides: b.strides}, b.item)
		got, tile, r := make([]byte, len(want)), make([]byte, tileBytes), bytes.NewReader(storage)
		if err := b.gather(r, got, tile); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%+v: gathered others, %v", b, err)
		}
		direct := b.plan(cOrder(b.ext)).direct
		if same, err := b.equal(r, got, tile); same == direct || err != nil {
			t.Fatalf("%+v, direct %t: equal says %t, %v", b, direct, same, err)
		}
		got[rapid.IntRange(0, len(got)-1).Draw(t, "flip")] ^= 1
		if same, err := b.equal(r, got, tile); same || err != nil {
			t.Fatalf("%+v: a changed byte: %t, %v", b, same, err)
		}
	})
}

func dims(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// last is the element of a box that lies farthest.
func last(b box) int64 {
	n := int64(0)
	for i := range b.ext {
		n += (b.ext[i] - 1) * b.strides[i]
	}
	return n
}

// TestAlikeEveryByte: of a matrix that is transposed, any byte that is another is noticed,
// whatever bits its neighbours have.
func TestAlikeEveryByte(t *testing.T) {
	for _, item := range []int64{1, 2, 4, 8} {
		for _, ext := range [][]int64{{2, 2}, {3, 3}, {4, 5}, {5, 4}, {7, 9}} {
			for _, fill := range []byte{0, 0xff, 0x5a} {
				b := box{ext: ext, strides: []int64{1, ext[0]}, item: item}
				source := bytes.Repeat([]byte{fill}, int(product(ext)*item))
				r, tile := bytes.NewReader(source), make([]byte, tileBytes)
				for i := range source {
					for bit := range 8 {
						got := slices.Clone(source)
						got[i] ^= 1 << bit
						if same, err := b.equal(r, got, tile); same || err != nil {
							t.Fatalf("%d bytes, %v of %#x: bit %d of byte %d: %t, %v", item, ext, fill, bit, i, same, err)
						}
					}
				}
			}
		}
	}
}
