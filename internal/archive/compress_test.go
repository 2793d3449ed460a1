package archive

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// TestNewWriter: what each method writes is what its reader reads, and is the
// same every time.
func TestNewWriter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rng.IntN(7) * rng.IntN(40))
	}
	for _, m := range []Method{Gzip, Zlib, Bzip2, Xz, LZMA, Zstd, LZ4, ZFile} {
		for _, data := range [][]byte{[]byte("\x80\x04N."), noise} {
			var out [2]bytes.Buffer
			for i := range out {
				w, err := NewWriter(m, &out[i], int64(len(data)))
				if err != nil {
					t.Fatalf("%s: %v", m, err)
				}
				if _, err := w.Write(data); err != nil {
					t.Fatalf("%s: %v", m, err)
				}
				if err := w.Close(); err != nil {
					t.Fatalf("%s: %v", m, err)
				}
			}
			if !bytes.Equal(out[0].Bytes(), out[1].Bytes()) {
				t.Errorf("%s: two runs give different bytes", m)
			}
			b := out[0].Bytes()
			if got := Sniff(bytes.NewReader(b), int64(len(b))); got != m {
				t.Errorf("%s looks like %q", m, got)
			}
			got, err := io.ReadAll(NewReader(m, bytes.NewReader(b), int64(len(b))))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes became %d, %v", m, len(data), len(got), err)
			}
		}
	}
}
