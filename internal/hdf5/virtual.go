package hdf5

// A Source names another dataset whose elements a virtual dataset shows.
type Source struct {
	File    string // "." is the file itself
	Dataset string
}

// readSources reads what a virtual dataset is put together from: a block in the
// global heap (section IV.A.2.i of the specification; of version 1, which HDF5 2.0
// brought, H5D__virtual_load_layout in the library's H5Dvirtual.c).
func (o *Object) readSources(f *File) error {
	l := &o.Layout
	s, err := f.heapObject(o.Addr, l.index.addr, l.index.mask)
	if err != nil {
		return err
	}
	c, err := f.peek(s.start, s.end-s.start, "the sources of a virtual dataset")
	if err != nil {
		return err
	}
	version := c.u8()
	if version > 1 {
		c.fail("version %d of the sources of a virtual dataset is not known", version)
	}
	for n := c.length(); n > 0 && c.err == nil; n-- {
		x := c.source(version, l.Sources)
		c.held(len(x.File) + len(x.Dataset))
		l.Sources = append(l.Sources, x)
		c.selection()
		c.selection()
	}
	covered := c.b[:c.pos]
	if sum := c.u32(); c.err == nil && (sum != lookup3(covered) || c.rest() > 0) {
		c.fail("the checksum of the sources of a virtual dataset is wrong")
	}
	return c.err
}

// source reads the names of one source. Version 1 has flags: the file or the dataset is that
// of an earlier source, whose number follows, or the file is this one.
func (c *cursor) source(version uint8, before []Source) (x Source) {
	const fileOf, datasetOf, sameFile = 1, 2, 4
	var flags uint8
	if version == 1 {
		if flags = c.u8(); flags > fileOf|datasetOf|sameFile {
			c.fail("flags %d of a source are not known", flags)
		}
	}
	earlier := func() (e Source) {
		n := c.length()
		if c.err == nil && n >= int64(len(before)) {
			c.fail("a source refers to the source %d, which is none before it", n)
		}
		if c.err == nil {
			e = before[n]
		}
		return e
	}
	switch {
	case flags&sameFile != 0:
		x.File = "."
	case flags&fileOf != 0:
		x.File = earlier().File
	default:
		x.File = c.text()
	}
	if flags&datasetOf != 0 {
		x.Dataset = earlier().Dataset
	} else {
		x.Dataset = c.text()
	}
	return x
}

// selection skips which elements are meant (section VII.B, Dataspace Selection).
func (c *cursor) selection() {
	const none, points, hyperslabs, all = 0, 1, 2, 3
	kind, version := c.u32(), c.u32()
	switch {
	case c.err != nil:
	case kind == none || kind == all:
		c.skip(8)
	case version == 1 && (kind == points || kind == hyperslabs):
		c.skip(8) // reserved, and a length
		rank := c.dimensions()
		count := int64(c.u32())
		c.skipMany(count, rank*4*int64(kind)) // of a hyperslab both corners
	case kind == points && version == 2:
		width := c.width()
		rank := c.dimensions()
		c.skipMany(c.size(width), rank*int64(width))
	case kind == hyperslabs && (version == 2 || version == 3):
		regular, width := c.u8()&1 != 0, 8
		if version == 2 {
			c.skip(4)
		} else {
			width = c.width()
		}
		count, each := int64(4), c.dimensions()*int64(width) // start, stride, count and block
		if !regular {
			count, each = c.size(width), 2*each
		}
		c.skipMany(count, each)
	default:
		c.fail("a selection of kind %d and version %d is not known", kind, version)
	}
}

// width reads how many bytes the numbers of a selection have.
func (c *cursor) width() int {
	n := c.u8()
	if n != 2 && n != 4 && n != 8 {
		c.fail("numbers of %d bytes are not read", n)
		return 2
	}
	return int(n)
}

func (c *cursor) dimensions() int64 {
	n := c.u32()
	if n > maxRank {
		c.fail("a selection has %d dimensions", n)
		return 0
	}
	return int64(n)
}

// skipMany skips count things of some bytes each.
func (c *cursor) skipMany(count, each int64) {
	n, ok := product([]int64{count, each})
	if !ok || n > int64(c.rest()) {
		c.fail("a selection does not fit into its block")
		return
	}
	c.skip(int(n))
}
