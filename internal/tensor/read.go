package tensor

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

const (
	blockSize = 16 << 20  // bytes of output that are gathered at a time
	tileSize  = 272 << 10 // bytes of storage that a worker holds at a time
	workers   = 2         // that gather a block
	shareFrom = 1 << 20   // bytes of a block that more than one gathers
	copySize  = 64 << 10  // bytes that a plain tensor is copied by
	chunkCopy = 1 << 20   // bytes that one of chunks is: each read goes to many of them
)

// WriteTo writes the tensor's elements in C order, little-endian, with lazy
// conjugation and negation applied. The tensor must have passed Check. It
// holds at most a constant number of bytes, whatever the tensor's size.
func (t *Tensor) WriteTo(w io.Writer) (int64, error) { return t.WriteWith(w, new(Scratch)) }

// A Scratch is memory that tensors written one after another use again.
type Scratch struct {
	out   []byte          // a block
	tiles [workers][]byte // what is read for it
}

// WriteWith is WriteTo with the memory of s, which nobody else uses meanwhile.
func (t *Tensor) WriteWith(w io.Writer, s *Scratch) (int64, error) {
	n := t.Bytes()
	if n == 0 {
		return 0, nil
	}
	info, _ := t.DType.Info()
	if t.Plain() {
		return t.copyTo(w, t.Offset*info.Size, n)
	}
	g := newGatherer(t, info, s)
	var written int64
	for lo := range g.blocks {
		out := s.out[:lo.elements*info.Size]
		if err := g.gather(lo, out); err != nil {
			return written, err
		}
		t.resolve(out, info)
		m, err := w.Write(out)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// copyTo copies n bytes of the storage from off.
func (t *Tensor) copyTo(w io.Writer, off, n int64) (int64, error) {
	size := int64(copySize)
	if t.Storage.Chunks != nil {
		size = chunkCopy
	}
	r := io.NewSectionReader(t.Storage.Data, off, n)
	m, err := io.CopyBuffer(w, r, make([]byte, min(size, n)))
	if err == nil && m != n {
		err = t.short(off+m, nil)
	}
	return m, err
}

// short is the error of a storage that ends at off before its Size.
func (t *Tensor) short(off int64, err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("storage %q at %d: %w", t.Storage.Key, off, err)
}

// A gatherer reads a strided view block by block. A block is a run of the
// output, and a box of the view; its elements are read in the order in which
// the storage holds them, as many at a time as lie close together.
type gatherer struct {
	t     *Tensor
	item  int64   // bytes of an element
	shape []int64 // of the view, without dimensions of one element
	from  []int64 // elements between neighbours in the storage
	to    []int64 // elements between neighbours in the output
	order []int   // the dimensions, largest stride in the storage first
	*Scratch
}

func newGatherer(t *Tensor, info DTypeInfo, s *Scratch) *gatherer {
	g := &gatherer{t: t, item: info.Size, Scratch: s}
	for d, n := range t.Shape {
		last := len(g.shape) - 1
		switch {
		case n == 1:
		case last >= 0 && g.from[last] == n*t.Strides[d]: // one dimension as two
			g.shape[last] *= n
			g.from[last] = t.Strides[d]
		default:
			g.shape, g.from = append(g.shape, n), append(g.from, t.Strides[d])
		}
	}
	g.to = ContiguousStrides(g.shape)
	for d := range g.shape {
		g.order = append(g.order, d)
	}
	slices.SortStableFunc(g.order, func(a, b int) int { return int(max(min(g.from[b]-g.from[a], 1), -1)) })
	if n := min(blockSize, t.Bytes()); int64(len(s.out)) < n {
		s.out = make([]byte, n)
	}
	return g
}

// A box is a part of the view: where it begins and its size in each dimension.
type box struct {
	lo, size []int64
	elements int64
}

// blocks yields the boxes of the output, in its order: whole inner dimensions,
// a stretch of the one that does not fit, single steps of those outside it.
func (g *gatherer) blocks(yield func(box) bool) {
	most := blockSize / g.item
	size, elements := make([]int64, len(g.shape)), int64(1)
	for d := len(g.shape) - 1; d >= 0; d-- {
		size[d] = max(min(g.shape[d], most/elements), 1)
		elements *= size[d]
		if size[d] < g.shape[d] {
			most = 0
		}
	}
	whole := box{lo: make([]int64, len(g.shape)), size: g.shape}
	inOrder := make([]int, len(g.shape))
	for d := range inOrder {
		inOrder[d] = d
	}
	whole.split(size, inOrder, yield)
}

// split yields the boxes of at most the given size that make up b, the
// dimensions in the given order, outermost first.
func (b box) split(size []int64, order []int, yield func(box) bool) {
	part := box{lo: slices.Clone(b.lo), size: make([]int64, len(size))}
	for {
		part.elements = 1
		for d := range size {
			part.size[d] = min(size[d], b.lo[d]+b.size[d]-part.lo[d])
			part.elements *= part.size[d]
		}
		if !yield(part) {
			return
		}
		i := len(order) - 1
		for ; i >= 0; i-- {
			d := order[i]
			if part.lo[d] += size[d]; part.lo[d] < b.lo[d]+b.size[d] {
				break
			}
			part.lo[d] = b.lo[d]
		}
		if i < 0 {
			return
		}
	}
}

// gather reads the elements of a block into out. Where the storage has them in
// another order, which takes longer than reading them, a large block is shared.
func (g *gatherer) gather(b box, out []byte) error {
	p := g.plan(b)
	if len(g.shape) < 2 || len(out) < shareFrom {
		return g.share(b, out, p, 0, 1)
	}
	var wg sync.WaitGroup
	var errs [workers]error
	for i := range errs {
		wg.Go(func() { errs[i] = g.share(b, out, p, i, workers) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// share gathers every tile of a block whose number is i modulo n.
func (g *gatherer) share(b box, out []byte, p *tiling, i, n int) (err error) {
	if g.tiles[i] == nil {
		g.tiles[i] = make([]byte, tileSize)
	}
	number := 0
	b.split(p.size, g.order, func(part box) bool {
		if number++; (number-1)%n != i {
			return true
		}
		err = g.read(g.tiles[i], part, p)
		if err == nil {
			into := int64(0)
			for d := range part.lo {
				into += (part.lo[d] - b.lo[d]) * g.to[d]
			}
			scatter(out[into*g.item:], g.tiles[i], p.steps(part, g.to, g.item), g.item)
		}
		return err == nil
	})
	return err
}

// position is where in the storage an element lies.
func (g *gatherer) position(index []int64) int64 {
	pos := g.t.Offset
	for d, i := range index {
		pos += i * g.from[d]
	}
	return pos
}
