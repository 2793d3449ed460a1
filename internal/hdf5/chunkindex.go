package hdf5

import (
	"fmt"
	"math/bits"
	"slices"
)

// A chunk is a stored piece of a dataset.
type chunk struct {
	number int64 // of the piece, in C order of the grid that the shape needs now
	addr   int64
	size   int64 // bytes in the file
	mask   uint32
}

// maxVisited bounds the time that the chunks of a dataset take.
const maxVisited = 8 << 20

// A chunkWalk goes through the index of a dataset.
type chunkWalk struct {
	f     *File
	o     *Object
	at    int64
	grid  []int64 // chunks in each dimension
	most  []int64 // what grid may become; -1 without limit
	width int     // bytes of a stored size
	count int     // of chunks found
	visit func(chunk) error
}

// eachChunk calls visit for every chunk that is stored, in the order of the
// index, and puts index and chunks into the account.
func (f *File) eachChunk(o *Object, visit func(chunk) error) error {
	l := &o.Layout
	w := &chunkWalk{f: f, o: o, at: o.Addr, visit: visit}
	if l.index.addr == undefined {
		return nil
	}
	if _, ok := o.Space.Elements(); !ok {
		return &FormatError{o.Addr, fmt.Sprintf("the shape %d is too large", o.Space.Dims)}
	}
	for i, d := range o.Space.Dims {
		w.grid = append(w.grid, ceil(d, l.Chunk[i]))
		switch {
		case o.Space.Max == nil:
			w.most = append(w.most, w.grid[i])
		case o.Space.Max[i] < 0:
			w.most = append(w.most, -1)
		default:
			w.most = append(w.most, ceil(o.Space.Max[i], l.Chunk[i]))
		}
	}
	// One byte more than the size needs, in case that filters make it longer;
	// version 5 of the layout always has a length.
	w.width = min(1+(bits.Len64(uint64(l.index.size))-1+8)/8, 8)
	if l.index.version >= 5 {
		w.width = f.lengthSize
	}
	return w.walk(l)
}

func ceil(a, b int64) int64 {
	n := a / b
	if a%b != 0 {
		n++
	}
	return n
}

func (w *chunkWalk) walk(l *Layout) error {
	switch l.index.kind {
	case indexTree1:
		return w.tree1(l.index.addr, -1)
	case indexSingle:
		size := l.index.stored
		if size == 0 {
			size = l.index.size
		}
		return w.found(make([]int64, len(w.grid)), l.index.addr, size, l.index.mask)
	case indexImplicit:
		return w.implicit(l)
	case indexFixedArray:
		return w.fixedArray(l.index.addr)
	case indexExtensibleArray:
		return w.extensibleArray(l.index.addr)
	}
	return w.tree2(l)
}

// found hands on a chunk. One outside the shape, as it may be after the shape
// became smaller, has an account and no meaning.
func (w *chunkWalk) found(scaled []int64, addr, size int64, mask uint32) error {
	if size < 0 || addr < 0 || addr > w.f.end || size > w.f.end-addr {
		return &FormatError{max(addr, 0), fmt.Sprintf("a chunk of %d bytes does not fit into the file", size)}
	}
	if err := w.f.claim(addr, addr+size, Data); err != nil {
		return err
	}
	if w.count++; w.count > maxVisited {
		return &FormatError{addr, fmt.Sprintf("a dataset has more than %d chunks", maxVisited)}
	}
	number := int64(0)
	for i, s := range scaled {
		if s >= w.grid[i] {
			return nil
		}
		number = number*w.grid[i] + s
	}
	return w.visit(chunk{number, addr, size, mask})
}

// tree1 walks a version 1 B-tree: each key has the size, the filters left out
// and the place of the first element of the chunk that follows it.
func (w *chunkWalk) tree1(addr int64, level int) error {
	f, rank := w.f, len(w.grid)
	k := int64(f.sb.chunkK)
	key := int64(8 + 8*(rank+1))
	size := 8 + 2*int64(f.offsetSize) + 2*k*int64(f.offsetSize) + (2*k+1)*key
	c, err := f.structure(addr, size, "a B-tree of chunks")
	if err != nil {
		return err
	}
	level, used, err := c.treeNode(1, level, 2*k)
	if err != nil {
		return err
	}
	for range used {
		stored, mask := int64(c.u32()), c.u32()
		var scaled []int64
		for i := range rank {
			at := c.size(8)
			if c.err == nil && at%w.o.Layout.Chunk[i] != 0 {
				c.fail("a chunk begins at the element %d, between others", at)
			}
			scaled = append(scaled, at/w.o.Layout.Chunk[i])
		}
		c.skip(8)
		child := c.address()
		switch {
		case c.err != nil:
			return c.err
		case level > 0:
			err = w.tree1(child, level-1)
		default:
			err = w.found(scaled, child, stored, mask)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// implicit: all chunks that there may ever be, one after the other.
func (w *chunkWalk) implicit(l *Layout) error {
	count, ok := product(w.most)
	total, fits := product([]int64{count, l.index.size})
	if !ok || !fits || count < 0 || total > w.f.end {
		return &FormatError{w.at, "chunks without an index do not fit into the file"}
	}
	for n := range count {
		if err := w.found(w.scaled(n), l.index.addr+n*l.index.size, l.index.size, 0); err != nil {
			return err
		}
	}
	return nil
}

// scaled are the coordinates of chunk n of an array over all that there may
// be. Of the dimensions the one without limit varies slowest.
func (w *chunkWalk) scaled(n int64) []int64 {
	scaled := make([]int64, len(w.grid))
	slowest := max(0, slices.Index(w.most, -1))
	for i := len(scaled) - 1; i >= 0; i-- {
		if i != slowest {
			scaled[i] = n % max(w.most[i], 1)
			n /= max(w.most[i], 1)
		}
	}
	if len(scaled) > 0 {
		scaled[slowest] = n
	}
	return scaled
}

func (w *chunkWalk) tree2(l *Layout) error {
	kind := uint8(10)
	if len(l.Filters) > 0 {
		kind = 11
	}
	return w.f.walkTree2(l.index.addr, kind, func(c *cursor) error {
		addr, size, mask := c.address(), l.index.size, uint32(0)
		if kind == 11 {
			size, mask = c.size(w.width), c.u32()
		}
		var scaled []int64
		for range w.grid {
			scaled = append(scaled, c.size(8))
		}
		if c.err != nil {
			return c.err
		}
		return w.found(scaled, addr, size, mask)
	})
}
