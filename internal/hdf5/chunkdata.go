package hdf5

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// load decodes the chunks of slab n into buf.
func (r *chunkReader) load(n int64) error {
	perSlab, _ := product(r.grid()[min(1, len(r.grid())):])
	if len(r.grid()) == 0 {
		perSlab = 1
	}
	i, _ := slices.BinarySearchFunc(r.chunks, n*perSlab, func(c chunk, n int64) int { return cmp.Compare(c.number, n) })
	for ; i < len(r.chunks) && r.chunks[i].number < (n+1)*perSlab; i++ {
		if err := r.put(r.chunks[i]); err != nil {
			return &FormatError{r.chunks[i].addr, err.Error()}
		}
	}
	return nil
}

func (r *chunkReader) grid() (grid []int64) {
	for i, d := range r.o.Space.Dims {
		grid = append(grid, ceil(d, r.o.Layout.Chunk[i]))
	}
	return grid
}

// put decodes a chunk and copies what of it lies inside the shape.
func (r *chunkReader) put(c chunk) error {
	l, dims := &r.o.Layout, r.o.Space.Dims
	grid := r.grid()
	origin, extent := make([]int64, len(dims)), make([]int64, len(dims))
	partial := false
	for i, n := len(dims)-1, c.number; i >= 0; i-- {
		origin[i] = n % grid[i] * l.Chunk[i]
		n /= grid[i]
		extent[i] = min(l.Chunk[i], dims[i]-origin[i])
		partial = partial || extent[i] < l.Chunk[i]
	}
	b, err := safeio.ReadRange(r.f.r, r.f.end, c.addr, c.size, l.index.size*2+1<<16)
	if err != nil {
		return err
	}
	mask := c.mask
	if partial && l.index.rawEdges {
		mask = 1<<32 - 1
	}
	if b, err = l.decode(b, mask, l.index.size); err != nil {
		return err
	}
	if len(dims) > 0 {
		origin[0] = 0 // buf begins with the slab
	}
	r.copyBox(b, origin, extent)
	return nil
}

// copyBox copies the box of that extent from the beginning of a chunk to its
// place in buf, run by run of the last dimension.
func (r *chunkReader) copyBox(b []byte, origin, extent []int64) {
	rank, size := len(extent), r.o.Type.Size
	if rank == 0 {
		copy(r.buf, b)
		return
	}
	at := make([]int64, rank)
	run := extent[rank-1] * size
	for {
		from, to := int64(0), int64(0)
		for i := range rank {
			from = from*r.o.Layout.Chunk[i] + at[i]
			to = to*r.o.Space.Dims[i] + origin[i] + at[i]
		}
		copy(r.buf[to*size:to*size+run], b[from*size:])
		i := rank - 2
		for ; i >= 0; i-- {
			if at[i]++; at[i] < extent[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// account puts what a dataset stores into the account.
func (o *Object) account(f *File) error {
	l := &o.Layout
	size, ok := o.Bytes()
	switch {
	case l.Kind == Virtual:
		if l.index.addr == undefined {
			return nil
		}
		return o.readSources(f)
	case l.Kind == Chunked:
		if err := f.eachChunk(o, func(c chunk) error { l.Stored += c.size; return nil }); err != nil {
			return err
		}
		if err := l.known(); err != nil {
			return &FormatError{o.Addr, err.Error()}
		}
	case l.Kind == Contiguous && l.End > 0:
		l.Stored = size
		if err := f.claim(l.Start, l.Start+size, Data); err != nil {
			return err
		}
	case l.Kind == Compact:
		l.Stored = size
	}
	if l.Stored == 0 || !ok || !o.Type.holdsReferences() {
		return nil
	}
	return o.followData(f, size)
}

// maxFollowed is how many elements that point to others are looked at in one file.
const maxFollowed = 16 << 20

// followData looks at what elements point to.
func (o *Object) followData(f *File, size int64) error {
	f.followed += size / o.Type.Size
	if f.followed > maxFollowed {
		return &FormatError{o.Addr, fmt.Sprintf("more than %d elements point to others", maxFollowed)}
	}
	data, err := f.Data(o)
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(data, 0, size), 1<<16)
	b := make([]byte, o.Type.Size)
	for {
		if _, err := io.ReadFull(r, b); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := f.follow(&cursor{f: f, b: b, at: o.Addr}, o.Type, 0); err != nil {
			return err
		}
	}
}
