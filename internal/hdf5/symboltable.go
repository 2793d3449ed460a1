package hdf5

import (
	"bytes"
	"fmt"
)

// symbolTable reads the links of a group of the old form: a version 1 B-tree
// leads to nodes of entries, whose names lie in a local heap (sections III.A.1,
// III.B, III.C and III.D).
func (o *Object) symbolTable(f *File, c *cursor) error {
	tree, heapAt := c.address(), c.address()
	if c.err != nil {
		return c.err
	}
	heap, err := f.localHeap(heapAt)
	if err != nil {
		return err
	}
	last := ""
	return f.groupTree(tree, -1, func(node int64) error {
		entries, err := f.symbolNode(node)
		if err != nil {
			return err
		}
		for entries.rest() > 0 {
			l, err := f.symbol(entries, heap)
			if err != nil {
				return err
			}
			if len(o.Links) > 0 && l.Name <= last {
				f.problem(o.Path, l.Start, l.End, fmt.Sprintf("the name %q does not stand in its order, so that HDF5 may not find it", l.Name))
			}
			last = l.Name
			o.Links = append(o.Links, l)
		}
		return nil
	})
}

// localHeap returns the names of a group.
func (f *File) localHeap(addr int64) (*cursor, error) {
	c, err := f.structure(addr, int64(8+2*f.lengthSize+f.offsetSize), "a local heap")
	if err != nil {
		return nil, err
	}
	c.signature("HEAP", 0)
	c.skip(3)
	size := c.length()
	c.skip(f.lengthSize)
	data := c.address()
	if c.err != nil {
		return nil, c.err
	}
	if size == 0 {
		return &cursor{f: f, at: addr}, nil
	}
	return f.structure(data, size, "the names of a group")
}

// groupTree calls visit with the address of each node of symbols below the
// B-tree node at addr, which must have the level, unless that is -1.
func (f *File) groupTree(addr int64, level int, visit func(int64) error) error {
	k := int64(f.sb.internalK)
	size := 8 + 2*int64(f.offsetSize) + 2*k*int64(f.offsetSize) + (2*k+1)*int64(f.lengthSize)
	c, err := f.structure(addr, size, "a B-tree")
	if err != nil {
		return err
	}
	got, used, err := c.treeNode(0, level, 2*k)
	if err != nil {
		return err
	}
	for range used {
		c.skip(f.lengthSize) // the key: a name
		child := c.address()
		switch {
		case c.err != nil:
			return c.err
		case got > 0:
			err = f.groupTree(child, got-1, visit)
		default:
			err = visit(child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// treeNode reads what a node of a version 1 B-tree begins with.
func (c *cursor) treeNode(kind uint8, level int, most int64) (gotLevel, used int, err error) {
	if string(c.take(4)) != "TREE" && c.err == nil {
		c.pos -= 4
		c.fail("the signature TREE is not there")
	}
	if k := c.u8(); c.err == nil && k != kind {
		c.fail("a B-tree of type %d stands where one of type %d should", k, kind)
	}
	gotLevel, used = int(c.u8()), int(c.u16())
	c.skip(2 * c.f.offsetSize)
	switch {
	case c.err != nil:
	case level >= 0 && gotLevel != level:
		c.fail("a node of level %d stands in level %d of a B-tree", gotLevel, level)
	case int64(used) > most:
		c.fail("a node of a B-tree has %d entries and place for %d", used, most)
	}
	return gotLevel, used, c.err
}

// symbolNode returns the entries of a node of symbols that are in use.
func (f *File) symbolNode(addr int64) (*cursor, error) {
	entry := int64(f.lengthSize + f.offsetSize + 4 + 4 + 16)
	room := 2 * int64(f.sb.leafK)
	c, err := f.structure(addr, 8+room*entry, "a node of symbols")
	if err != nil {
		return nil, err
	}
	c.signature("SNOD", 1)
	c.skip(1)
	used := int64(c.u16())
	if c.err == nil && used > room {
		c.fail("a node has %d symbols and place for %d", used, room)
	}
	entries := c.sub(int(used * entry))
	return entries, entries.err
}

// symbol reads an entry. What it caches of the object is not looked at, but
// for a soft link, which is all that the entry is.
func (f *File) symbol(c *cursor, heap *cursor) (Link, error) {
	l := Link{Order: -1, Start: c.place()}
	nameAt := c.length()
	l.addr = c.address()
	cache := c.u32()
	c.skip(4)
	scratch := c.sub(16)
	l.End = c.place()
	if c.err != nil {
		return l, c.err
	}
	var err error
	if l.Name, err = heapText(heap, nameAt); err != nil {
		return l, err
	}
	if cache > 2 {
		return l, &FormatError{l.Start, fmt.Sprintf("a symbol of type %d is not known", cache)}
	}
	if cache == 2 {
		l.Kind, l.addr = Soft, undefined
		if l.Target, err = heapText(heap, int64(scratch.u32())); err != nil {
			return l, err
		}
	}
	c.held(len(l.Name) + len(l.Target))
	return l, c.err
}

// heapText is the text at a place of a local heap.
func heapText(heap *cursor, at int64) (string, error) {
	if at < 0 || at >= int64(len(heap.b)) {
		return "", &FormatError{heap.at, fmt.Sprintf("a heap of %d bytes has no name at %d", len(heap.b), at)}
	}
	b := heap.b[at:]
	n := bytes.IndexByte(b, 0)
	if n < 0 {
		return "", &FormatError{heap.at + at, "a name has no end"}
	}
	return string(b[:n]), nil
}
