package tensor

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Chunk is a box of a tensor that is stored as a tensor of its own.
type Chunk struct {
	Lo     []int64 // the first index of the box, one for each dimension
	Tensor *Tensor // what is in it; its shape is the box's size
}

// Compose returns a storage with the elements of a tensor of that type and
// shape in C order, little-endian, that are read from its chunks whenever they
// are asked for. The chunks must have passed Check; they must fill the shape,
// without hole or overlap.
func Compose(key string, d DType, shape []int64, chunks []Chunk) (*Storage, error) {
	whole := &Tensor{DType: d, Shape: shape, Strides: ContiguousStrides(shape)}
	info, ok := d.Info()
	n, err := whole.Elements()
	switch {
	case !ok:
		return nil, fmt.Errorf("unknown dtype %q", d)
	case err != nil:
		return nil, err
	case n > (1<<62)/info.Size:
		return nil, fmt.Errorf("shape %v overflows", shape)
	}
	for i := range chunks {
		if err := inside(&chunks[i], d, shape); err != nil {
			return nil, err
		}
	}
	if err := fills(chunks, n); err != nil {
		return nil, err
	}
	c := &composed{shape: shape, to: whole.Strides, item: info.Size, chunks: chunks}
	return &Storage{Key: key, Data: c, Size: n * info.Size, Chunks: chunks}, nil
}

// inside reports a chunk that is no part of a tensor of that type and shape.
func inside(c *Chunk, d DType, shape []int64) error {
	t := c.Tensor
	if t.DType != d {
		return fmt.Errorf("a chunk has the type %s, the tensor %s", t.DType, d)
	}
	if len(c.Lo) != len(shape) || len(t.Shape) != len(shape) {
		return fmt.Errorf("a chunk of %d dimensions at %d in a tensor of %d", len(t.Shape), len(c.Lo), len(shape))
	}
	for i, lo := range c.Lo {
		if lo < 0 || lo > shape[i] || t.Shape[i] > shape[i]-lo {
			return fmt.Errorf("a chunk of the shape %v at %v is not inside the shape %v", t.Shape, c.Lo, shape)
		}
	}
	return nil
}

// maxOverlaps is how many pairs of chunks are compared: those of a grid of
// 10,000 are a million.
const maxOverlaps = 20_000_000

// fills reports chunks that do not have n elements together, or that overlap.
func fills(chunks []Chunk, n int64) error {
	sorted := make([]*Chunk, 0, len(chunks))
	left := n
	for i := range chunks {
		have, err := chunks[i].Tensor.Elements()
		if err != nil || have > left {
			return errors.New("the chunks have more elements than the tensor: they overlap")
		}
		if left -= have; have > 0 {
			sorted = append(sorted, &chunks[i])
		}
	}
	if left > 0 {
		return fmt.Errorf("the chunks lack %d of the tensor's %d elements", left, n)
	}
	dim := mostCut(sorted)
	slices.SortFunc(sorted, func(a, b *Chunk) int { return slices.Compare(a.Lo[dim:], b.Lo[dim:]) })
	pairs := 0
	for i, a := range sorted {
		for _, b := range sorted[i+1:] {
			if len(a.Lo) > 0 && b.Lo[dim] >= a.Lo[dim]+a.Tensor.Shape[dim] {
				break
			}
			if pairs++; pairs > maxOverlaps {
				return errors.New("too many chunks to tell whether they overlap")
			}
			if _, _, ok := meet(a.Lo, a.Tensor.Shape, b.Lo, b.Tensor.Shape); ok {
				return fmt.Errorf("the chunks at %v and %v overlap", a.Lo, b.Lo)
			}
		}
	}
	return nil
}

// mostCut is the dimension in which chunks begin at the most places.
func mostCut(chunks []*Chunk) (dim int) {
	most := 0
	for d := 0; len(chunks) > 0 && d < len(chunks[0].Lo); d++ {
		starts := map[int64]bool{}
		for _, c := range chunks {
			starts[c.Lo[d]] = true
		}
		if len(starts) > most {
			dim, most = d, len(starts)
		}
	}
	return dim
}

// meet is the box that two boxes have in common; ok says that there is one.
func meet(lo, size, lo2, size2 []int64) (at, ext []int64, ok bool) {
	at, ext = make([]int64, len(lo)), make([]int64, len(lo))
	for i := range lo {
		at[i] = max(lo[i], lo2[i])
		if ext[i] = min(lo[i]+size[i], lo2[i]+size2[i]) - at[i]; ext[i] <= 0 {
			return nil, nil, false
		}
	}
	return at, ext, true
}

// composed reads the elements of a tensor of chunks in C order.
type composed struct {
	shape, to []int64
	item      int64
	chunks    []Chunk
}

// ReadAt implements io.ReaderAt. It holds no more bytes than p has.
func (c *composed) ReadAt(p []byte, off int64) (int, error) {
	first, last := off/c.item, (off+int64(len(p))+c.item-1)/c.item
	size := c.item
	for _, n := range c.shape {
		size *= n
	}
	switch {
	case off < 0:
		return 0, errors.New("negative offset")
	case off >= size:
		return 0, io.EOF
	}
	last = min(last, size/c.item)
	whole := p
	if off%c.item != 0 || (last-first)*c.item != int64(len(p)) {
		whole = make([]byte, (last-first)*c.item)
	}
	var err error
	boxes(c.shape, nil, first, last, func(lo, ext []int64, at int64) bool {
		err = c.read(whole[(at-first)*c.item:], lo, ext)
		return err == nil
	})
	if err != nil {
		return 0, err
	}
	if n := len(p); len(whole) != n || off%c.item != 0 {
		if n = copy(p, whole[off%c.item:]); n < len(p) {
			return n, io.EOF
		}
	}
	return len(p), nil
}

// boxes yields the boxes that the elements first to last of a C-ordered tensor
// make up, each with its first element's number.
func boxes(shape, above []int64, first, last int64, yield func(lo, ext []int64, at int64) bool) bool {
	inner := int64(1)
	for _, n := range shape[min(1, len(shape)):] {
		inner *= n
	}
	base := int64(0)
	part := func(row, from, to int64) bool {
		return boxes(shape[1:], append(above[:len(above):len(above)], row), from, to, func(lo, ext []int64, at int64) bool {
			return yield(lo, ext, base+row*inner+at)
		})
	}
	if len(shape) == 0 {
		ones := make([]int64, len(above))
		for i := range ones {
			ones[i] = 1
		}
		return first >= last || yield(above, ones, 0)
	}
	if row := first / inner; first%inner != 0 && first < last {
		end := min(last, (row+1)*inner)
		if !part(row, first%inner, end-row*inner) {
			return false
		}
		first = end
	}
	if rows := (last - first) / inner; rows > 0 {
		lo, ext := append(slices.Clone(above), first/inner), make([]int64, 0, len(above)+len(shape))
		for range above {
			ext = append(ext, 1)
		}
		ext = append(append(ext, rows), shape[1:]...)
		lo = append(lo, make([]int64, len(shape)-1)...)
		if !yield(lo, ext, first) {
			return false
		}
		first += rows * inner
	}
	return first >= last || part(first/inner, 0, last-first)
}

// read reads a box into out, in C order.
func (c *composed) read(out []byte, lo, ext []int64) error {
	for i := range c.chunks {
		k := &c.chunks[i]
		at, size, ok := meet(lo, ext, k.Lo, k.Tensor.Shape)
		if !ok {
			continue
		}
		view := *k.Tensor
		view.Shape = size
		into := int64(0)
		for d := range at {
			view.Offset += (at[d] - k.Lo[d]) * view.Strides[d]
			into += (at[d] - lo[d]) * c.to[d]
		}
		s := &scattering{out: out[into*c.item:], steps: c.steps(size)}
		if _, err := view.WriteTo(s); err != nil {
			return err
		}
	}
	return nil
}

// steps are the dimensions of a part of the output, the longest run that the
// output has in one piece as the last one, of bytes.
func (c *composed) steps(size []int64) []step {
	run, d := c.item, len(size)-1
	for ; d >= 0 && c.to[d]*c.item == run; d-- {
		run *= size[d]
		if size[d] != c.shape[d] {
			d--
			break
		}
	}
	steps := []step{{n: int(run)}}
	for ; d >= 0; d-- {
		if size[d] > 1 {
			steps = append(steps, step{n: int(size[d]), to: int(c.to[d] * c.item)})
		}
	}
	return steps
}

// A scattering lays what is written to it in runs into out: the first step is a
// run's bytes, each other one a dimension, the innermost first.
type scattering struct {
	out   []byte
	steps []step
	done  int // bytes
}

func (s *scattering) Write(p []byte) (int, error) {
	run := s.steps[0].n
	for rest := p; len(rest) > 0; {
		number, at := s.done/run, s.done%run
		for _, d := range s.steps[1:] {
			at += number % d.n * d.to
			number /= d.n
		}
		n := copy(s.out[at:][:run-s.done%run], rest)
		rest, s.done = rest[n:], s.done+n
	}
	return len(p), nil
}
