package safeio

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"testing"
)

// A countingReader counts its calls, and fails where it is told to.
type countingReader struct {
	*bytes.Reader
	calls int
	bad   int64 // no byte from here on can be read; 0 for none
}

var errBad = errors.New("bad sector")

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	c.calls++
	if c.bad > 0 && off+int64(len(b)) > c.bad {
		return 0, errBad
	}
	return c.Reader.ReadAt(b, off)
}

// A Pager gives what its reader gives, errors included, with fewer calls.
func TestPager(t *testing.T) {
	text := make([]byte, 300<<10+17)
	rnd := rand.New(rand.NewSource(1))
	rnd.Read(text)
	c := &countingReader{Reader: bytes.NewReader(text)}
	p := &Pager{R: c}
	for range 20_000 {
		off, n := rnd.Int63n(int64(len(text)+100)), rnd.Intn(3*PageBytes)
		if rnd.Intn(3) > 0 {
			n = rnd.Intn(64)
		}
		got, want := make([]byte, n), make([]byte, n)
		a, aErr := p.ReadAt(got, off)
		b, bErr := c.Reader.ReadAt(want, off)
		if a != b || aErr != bErr || !bytes.Equal(got[:a], want[:b]) {
			t.Fatalf("%d bytes at %d: %d, %v, expected %d, %v", n, off, a, aErr, b, bErr)
		}
	}
	c.calls = 0
	for off := int64(0); off < 64<<10; off += 64 {
		if _, err := p.ReadAt(make([]byte, 8), off); err != nil {
			t.Fatal(err)
		}
	}
	if c.calls > 16 {
		t.Errorf("%d calls for 64 KiB in pieces of 8 bytes", c.calls)
	}
}

// What lies before a place that cannot be read is read all the same.
func TestPagerBadSector(t *testing.T) {
	c := &countingReader{Reader: bytes.NewReader(make([]byte, 3*PageBytes)), bad: PageBytes + 100}
	p := &Pager{R: c}
	if n, err := p.ReadAt(make([]byte, 50), PageBytes+50); n != 50 || err != nil && err != io.EOF {
		t.Errorf("before it: %d, %v", n, err)
	}
	if _, err := p.ReadAt(make([]byte, 50), PageBytes+90); err != errBad {
		t.Errorf("in it: %v", err)
	}
}
