package tensor

import (
	"fmt"
	"io"
	"slices"
)

// chunk is how many bytes a non-contiguous read gathers at a time.
const chunk = 256 << 10

// WriteTo writes the tensor's elements in C order, little-endian, with lazy
// conjugation and negation applied. The tensor must have passed Check. It
// holds at most a constant number of bytes, whatever the tensor's size.
func (t *Tensor) WriteTo(w io.Writer) (int64, error) {
	if t.Bytes() == 0 {
		return 0, nil
	}
	info, _ := t.DType.Info()
	if t.Plain() {
		n, err := io.CopyBuffer(w, io.NewSectionReader(t.Storage.Data, t.Offset*info.Size, t.Bytes()), make([]byte, min(chunk, t.Bytes())))
		if err == nil && n != t.Bytes() {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	g := gatherer{t: t, info: info, out: make([]byte, 0, chunk), index: make([]int64, len(t.Shape))}
	return g.run(w)
}

// A gatherer walks a strided view run by run. A run is the longest stretch of
// elements along the innermost dimension.
type gatherer struct {
	t     *Tensor
	info  DTypeInfo
	out   []byte
	index []int64
	win   []byte // bytes of the storage from winOff
	off   int64
}

func (g *gatherer) run(w io.Writer) (int64, error) {
	total, _ := g.t.Elements()
	var written int64
	for i := int64(0); i < total; i++ {
		elem, err := g.element(g.position())
		if err != nil {
			return written, err
		}
		g.out = append(g.out, elem...)
		g.finish(g.out[len(g.out)-len(elem):])
		if len(g.out)+int(g.info.Size) > cap(g.out) || i == total-1 {
			n, err := w.Write(g.out)
			written += int64(n)
			if err != nil {
				return written, err
			}
			g.out = g.out[:0]
		}
		g.advance()
	}
	return written, nil
}

// position is the element offset that the index stands for.
func (g *gatherer) position() int64 {
	pos := g.t.Offset
	for d, i := range g.index {
		pos += i * g.t.Strides[d]
	}
	return pos
}

// advance moves the index to the next element in C order.
func (g *gatherer) advance() {
	for d := len(g.index) - 1; d >= 0; d-- {
		if g.index[d]++; g.index[d] < g.t.Shape[d] {
			return
		}
		g.index[d] = 0
	}
}

// element returns the bytes of the element at pos. It reads a window of the
// storage, which covers neighbouring elements of a permuted view.
func (g *gatherer) element(pos int64) ([]byte, error) {
	at := pos * g.info.Size
	if at < g.off || at+g.info.Size > g.off+int64(len(g.win)) {
		if err := g.fill(at); err != nil {
			return nil, err
		}
	}
	return g.win[at-g.off:][:g.info.Size], nil
}

// window is how much of a storage a strided read holds. A transposed matrix
// jumps through the whole of its storage, so that small storages are held whole.
const window = 16 << 20

func (g *gatherer) fill(at int64) error {
	size := g.t.Storage.Size
	start := int64(0)
	n := size
	if size > window {
		// Far jumps: a page's worth around the element, not a whole window.
		start, n = at, min(64<<10, size-at)
	}
	if int64(cap(g.win)) < n {
		g.win = make([]byte, n)
	}
	g.win = g.win[:n]
	m, err := g.t.Storage.Data.ReadAt(g.win, start)
	if int64(m) != n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("storage %q at %d: %w", g.t.Storage.Key, start, err)
	}
	g.off = start
	return nil
}

// finish turns one gathered element into its final bytes, in place.
func (g *gatherer) finish(e []byte) {
	unit := int(g.info.Swap)
	if g.t.Storage.BigEndian && unit > 1 {
		for i := 0; i < len(e); i += unit {
			slices.Reverse(e[i : i+unit])
		}
	}
	if !g.t.Conj && !g.t.Neg {
		return
	}
	if g.t.DType.Integer() {
		negate(e)
		return
	}
	// After the swap the sign is the top bit of each component's last byte.
	// Neg flips both parts of a complex number, Conj the imaginary one.
	for i := unit - 1; i < len(e); i += unit {
		imaginary := i >= unit
		if g.t.Neg != (g.t.Conj && imaginary) {
			e[i] ^= 0x80
		}
	}
}

// negate is two's complement negation of a little-endian integer, in place.
func negate(e []byte) {
	carry := byte(1)
	for i := range e {
		e[i] = ^e[i] + carry
		if e[i] != 0 {
			carry = 0
		}
	}
}
