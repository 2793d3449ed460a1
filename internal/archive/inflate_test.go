package archive

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// inflate decompresses with an inflater whose input ends as soon as its buffer does, and
// says how many bytes it read.
func inflate(data []byte) ([]byte, int64, error) {
	in := newInput(bytes.NewReader(data), 0, int64(len(data)))
	got, err := io.ReadAll(newInflater(in))
	return got, in.pos(), err
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
		got, n, err := inflate(append(bytes.Clone(packed), "behind the end of it"...))
		if err != nil || n != int64(len(packed)) || !bytes.Equal(got, content) {
			t.Fatalf("%d of %d bytes, %d of %d read, %v", len(got), len(content), n, len(packed), err)
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
		got, _, err = inflate(packed[:cut])
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(content, got) {
			t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
	})
}

// FuzzInflate compares with the standard library, which accepts more: codes without one
// that ends the block. Where it reads a stream to its end, or this does, both give the same.
func FuzzInflate(f *testing.F) {
	for _, name := range []string{"plain.gz", "plain.z"} {
		f.Add(fixture(f, name)[10:])
		f.Add(fixture(f, name)[2:])
	}
	f.Add([]byte{3, 0})
	f.Add([]byte{5, 0xe0, 0x81, 8, 0, 0, 0, 0, 0x20, 0x7f, 0xeb, 3, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		std := flate.NewReader(r)
		want, werr := io.ReadAll(io.LimitReader(std, 1<<20))
		in := newInput(bytes.NewReader(data), 0, int64(len(data)))
		got, err := io.ReadAll(io.LimitReader(newInflater(in), 1<<20))
		if err == nil && (werr != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%d bytes; the standard library: %d, %v", len(got), len(want), werr)
		}
		if err == nil && len(got) < 1<<20 && in.pos() != int64(len(data)-r.Len()) {
			t.Fatalf("the end is at %d; the standard library: %d", in.pos(), len(data)-r.Len())
		}
		if werr == nil && err != nil && !errors.Is(err, errCodes) {
			t.Fatalf("%v; the standard library: %d bytes", err, len(want))
		}
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Fatal("different bytes")
		}
	})
}
