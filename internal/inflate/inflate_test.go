package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// inflated decompresses up to a number of bytes, and says where in data that ends.
func inflated(data []byte, loose bool, most int64) ([]byte, int, error) {
	left := bytes.NewReader(data)
	in := bufio.NewReader(left)
	r := NewReader(in)
	r.Loose = loose
	got, err := io.ReadAll(io.LimitReader(r, most))
	return got, len(data) - left.Len() - in.Buffered(), err
}

// deflated content of several kinds, in blocks that end where Flush is called.
func deflate(t *rapid.T) (content, packed []byte) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, rapid.SampledFrom([]int{flate.HuffmanOnly, 0, 1, 6, 9}).Draw(t, "level"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for range rapid.IntRange(0, 4).Draw(t, "blocks") {
		symbols := rapid.SampledFrom([]int{1, 2, 30, 256}).Draw(t, "symbols")
		part := make([]byte, rapid.SampledFrom([]int{0, 1, 20, 3000, 70_000, 200_000}).Draw(t, "size"))
		for i := range part {
			if part[i] = byte(rng.IntN(symbols)); rng.IntN(symbols) > 20 { // long codes for the others
				part[i] = byte(rng.IntN(3))
			}
		}
		if n := len(part); n > 100 && rng.IntN(2) == 0 { // matches from afar
			copy(part[n/2:], part[:n/3])
		}
		content = append(content, part...)
		if _, err := w.Write(part); err != nil || w.Flush() != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return content, b.Bytes()
}

// TestInflate compares with what was compressed, whole and cut: what comes out of a cut
// stream is the beginning, and no byte behind the end is read.
func TestInflate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content, packed := deflate(t)
		got, n, err := inflated(append(bytes.Clone(packed), "behind the end of it"...), false, 1<<30)
		if err != nil || n != len(packed) || !bytes.Equal(got, content) {
			t.Fatalf("%d of %d bytes, %d of %d read, %v", len(got), len(content), n, len(packed), err)
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
		got, _, err = inflated(packed[:cut], false, 1<<30)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(content, got) {
			t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
	})
}

// FuzzInflate compares with the standard library, which accepts more: codes without one
// that ends the block. Where it reads a stream to its end, or this does, both give the same.
func FuzzInflate(f *testing.F) {
	for _, level := range []int{flate.HuffmanOnly, flate.BestSpeed, flate.BestCompression} {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, level)
		if err != nil {
			f.Fatal(err)
		}
		for i := range 3000 {
			fmt.Fprintf(w, "line %d of %x\n", i, i*i)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{3, 0})
	f.Add([]byte{5, 0xe0, 0x81, 8, 0, 0, 0, 0, 0x20, 0x7f, 0xeb, 3, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		std := flate.NewReader(r)
		want, werr := io.ReadAll(io.LimitReader(std, 1<<20))
		got, at, err := inflated(data, false, 1<<20)
		if err == nil && (werr != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%d bytes; the standard library: %d, %v", len(got), len(want), werr)
		}
		if err == nil && len(got) < 1<<20 && at != len(data)-r.Len() {
			t.Fatalf("the end is at %d; the standard library: %d", at, len(data)-r.Len())
		}
		if werr == nil && err != nil && !errors.Is(err, errCodes) {
			t.Fatalf("%v; the standard library: %d bytes", err, len(want))
		}
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Fatal("different bytes")
		}
	})
}
