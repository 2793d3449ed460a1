package hdf5

import "fmt"

// readLayout reads the layout message.
func (o *Object) readLayout(f *File, c *cursor) error {
	l := &o.Layout
	version := int(c.u8())
	l.index.version = version
	switch {
	case c.err != nil:
		return c.err
	case version == 1 || version == 2:
		c.oldLayout(l)
	case version <= 5:
		c.layout(l, version)
	default:
		c.fail("layout version %d is not known", version)
	}
	if c.err != nil {
		return c.err
	}
	return o.checkLayout(c)
}

// checkLayout compares the layout with type and space.
func (o *Object) checkLayout(c *cursor) error {
	l := &o.Layout
	n, ok := o.Space.Elements()
	bytes, fits := product([]int64{n, o.Type.Size})
	if l.Kind == Chunked {
		if len(l.Chunk) != len(o.Space.Dims)+1 {
			return &FormatError{c.at, fmt.Sprintf("chunks of %d dimensions cannot hold %d", len(l.Chunk)-1, len(o.Space.Dims))}
		}
		size, sizeFits := product(l.Chunk)
		if last := l.Chunk[len(l.Chunk)-1]; last != o.Type.Size || size == 0 || !sizeFits {
			return &FormatError{c.at, fmt.Sprintf("chunks of the shape %d make no sense for elements of %d bytes", l.Chunk, o.Type.Size)}
		}
		l.Chunk, l.index.size = l.Chunk[:len(l.Chunk)-1], size
		return nil
	}
	if len(l.Filters) > 0 {
		return &FormatError{c.at, "there are filters and no chunks"}
	}
	if l.End == undefined { // of an old layout, whose sizes are cut off where they are large
		if l.End = l.Start + bytes; l.Start == undefined {
			l.Start, l.End = 0, 0
		}
	}
	if l.Kind == Virtual || l.End == 0 {
		return nil
	}
	if !ok || !fits || l.End-l.Start < bytes {
		return &FormatError{c.at, fmt.Sprintf("%d bytes cannot hold what the shape %d and the type %s need", l.End-l.Start, o.Space.Dims, o.Type)}
	}
	return nil
}

// oldLayout reads versions 1 and 2.
func (c *cursor) oldLayout(l *Layout) {
	rank := int(c.u8())
	l.Kind = LayoutKind(c.u8())
	c.skip(5)
	addr := int64(undefined)
	if l.Kind > Chunked {
		c.fail("a layout of kind %d is not known", l.Kind)
	}
	if l.Kind != Compact {
		addr = c.address()
	}
	if rank > maxRank+1 {
		c.fail("a layout has %d dimensions", rank)
		return
	}
	var dims []int64
	for range rank {
		dims = append(dims, int64(c.u32()))
	}
	switch l.Kind {
	case Compact:
		n := c.count(4)
		l.Start, l.End = c.place(), c.place()+int64(n)
	case Contiguous:
		l.Start, l.End = addr, undefined
	case Chunked:
		l.Chunk, l.index.addr = dims, addr
	}
}

// layout reads versions 3 to 5.
func (c *cursor) layout(l *Layout, version int) {
	l.Kind = LayoutKind(c.u8())
	switch {
	case l.Kind == Compact:
		n := c.count(2)
		l.Start, l.End = c.place(), c.place()+int64(n)
	case l.Kind == Contiguous:
		l.Start = c.address()
		if l.End = l.Start + c.length(); l.Start == undefined {
			l.Start, l.End = 0, 0
		}
	case l.Kind == Chunked && version == 3:
		rank := int(c.u8())
		l.index.addr = c.address()
		if rank > maxRank+1 {
			c.fail("a layout has %d dimensions", rank)
			return
		}
		for range rank {
			l.Chunk = append(l.Chunk, int64(c.u32()))
		}
	case l.Kind == Chunked:
		c.newChunks(l)
	case l.Kind == Virtual:
		l.index.addr = c.address()
		l.index.mask = c.u32()
	default:
		c.fail("a layout of kind %d is not known", l.Kind)
	}
}

func (c *cursor) newChunks(l *Layout) {
	flags := c.u8()
	rank, width := int(c.u8()), int(c.u8())
	if rank > maxRank+1 || width < 1 || width > 8 || flags > 3 {
		c.fail("chunks of %d dimensions, %d bytes each, and flags %d are not known", rank, width, flags)
		return
	}
	for range rank {
		l.Chunk = append(l.Chunk, c.size(width))
	}
	l.index.rawEdges = flags&1 != 0
	l.index.kind = indexKind(c.u8())
	switch l.index.kind {
	case indexSingle:
		if flags&2 != 0 {
			l.index.stored, l.index.mask = c.length(), c.u32()
		}
	case indexImplicit:
	case indexFixedArray:
		c.skip(1) // the index has it, too
	case indexExtensibleArray:
		c.skip(5)
	case indexTree2:
		c.skip(6)
	default:
		c.fail("an index of kind %d is not known", l.index.kind)
	}
	l.index.addr = c.address()
}
