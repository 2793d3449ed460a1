package inflate

import (
	"errors"
	"slices"
	"testing"
)

// A bitWriter packs bits as DEFLATE does: the lowest first, codes with their first bit first.
type bitWriter struct {
	out []byte
	n   int
}

func (w *bitWriter) bits(v, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

func (w *bitWriter) code(s string) {
	for _, c := range s {
		w.bits(int(c-'0'), 1)
	}
}

// dynamicBlock begins a block whose codes for literals are given by their lengths, up
// to 3 bits, without one that ends it and without matches.
func dynamicBlock(lengths map[byte]int) *bitWriter {
	w := &bitWriter{}
	w.bits(0b100, 3) // not the last one, brings its codes
	w.bits(0, 5)     // 257 of them
	w.bits(0, 5)     // 1 for distances
	w.bits(18-4, 4)
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1}
	for _, symbol := range order { // 0 to 3 as 2 bits each
		w.bits(2*min(1, max(0, 4-symbol)), 3)
	}
	for symbol := range 257 + 1 {
		n := 0
		if symbol < 256 {
			n = lengths[byte(symbol)]
		}
		w.code([]string{"00", "01", "10", "11"}[n])
	}
	return w
}

// TestLoose: what zlib refuses and miniz takes is given out to torch's reader.
func TestLoose(t *testing.T) {
	endless := dynamicBlock(map[byte]int{'a': 1, 'b': 1})
	endless.code("0110" + "0000")
	lone := dynamicBlock(map[byte]int{'a': 3})
	lone.code("000" + "000" + "000")
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"no end", "abbaaaaa", slices.Concat(endless.out, make([]byte, 64))},
		{"one long code", "aaa", slices.Concat(lone.out, make([]byte, 64))},
	} {
		if got, _, err := inflated(c.data, true, int64(len(c.want))); err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if got, _, err := inflated(c.data, false, 8); !errors.Is(err, errCodes) || len(got) > 0 {
			t.Errorf("%s: zlib would refuse it, this gives %q, %v", c.name, got, err)
		}
	}
}
