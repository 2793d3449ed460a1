package hdf5

import "fmt"

// A globalHeap is a collection of values of variable length (section III.E).
type globalHeap struct {
	objects map[uint32]span
	err     error
}

// maxHeapObjects bounds how many places of objects are held at once.
const maxHeapObjects = 1 << 19

// heapAt reads the collection at addr, which is then held until there are too many.
func (f *File) heapAt(addr int64) (*globalHeap, error) {
	g, known := f.heaps[addr]
	if known && (g.err != nil || g.objects != nil) {
		return g, g.err
	}
	if f.heapObjects > maxHeapObjects {
		for _, other := range f.heaps {
			other.objects = nil
		}
		f.heapObjects = 0
	}
	if !known {
		g = &globalHeap{}
		f.heaps[addr] = g
	}
	g.objects = map[uint32]span{}
	g.err = f.readGlobalHeap(addr, g, known)
	f.heapObjects += len(g.objects)
	return g, g.err
}

func (f *File) readGlobalHeap(addr int64, g *globalHeap, again bool) error {
	head := int64(8+f.lengthSize+7) &^ 7
	c, err := f.peek(addr, head, "a global heap")
	if err != nil {
		return err
	}
	c.signature("GCOL", 1)
	c.skip(3)
	size := c.length()
	if c.err != nil {
		return c.err
	}
	if size < head || size > f.end-addr {
		return &FormatError{addr, fmt.Sprintf("a global heap of %d bytes does not fit into the file", size)}
	}
	if !again {
		if err := f.begin(addr, addr+size, "a global heap"); err != nil {
			return err
		}
	}
	// A head of an object has a length after 8 bytes, and padding, as well.
	for at := addr + head; at <= addr+size-head; {
		n, err := f.readHeapObject(g, at, addr+size, head)
		if err != nil || n == 0 {
			return err
		}
		at += head + (n-head+7)&^7
	}
	return nil
}

// readHeapObject reads the head of the object at at and returns how long the
// object is with it, or 0 if it is the free space before the end.
func (f *File) readHeapObject(g *globalHeap, at, end, head int64) (int64, error) {
	c, err := f.peek(at, head, "a global heap")
	if err != nil {
		return 0, err
	}
	index := uint32(c.u16())
	c.skip(2 + 4)
	n := c.length()
	switch {
	case c.err != nil:
		return 0, c.err
	case index == 0 && n != end-at:
		return 0, &FormatError{at, "the free space of a global heap does not reach to its end"}
	case index == 0:
		return 0, nil
	case n > end-at-head:
		return 0, &FormatError{at, "an object does not fit into its global heap"}
	}
	if _, twice := g.objects[index]; twice {
		return 0, &FormatError{at, fmt.Sprintf("two objects of a global heap have the number %d", index)}
	}
	g.objects[index] = span{at + head, at + head + n}
	return head + n, nil
}

// A heapValue is a value of variable length: a count of elements and, unless
// that is 0, where they are.
type heapValue struct {
	count int64
	span
}

// heapValue reads a value of variable length at c: its length, the address of
// a collection and a number in it (section IV.B).
func (c *cursor) heapValue(elementSize int64) (heapValue, error) {
	at := c.place()
	n := int64(c.u32())
	addr, index := c.address(), c.u32()
	switch {
	case c.err != nil:
		return heapValue{}, c.err
	case n == 0:
		return heapValue{}, nil
	case addr == undefined || index == 0:
		return heapValue{}, &FormatError{at, "a value of variable length lies nowhere"}
	}
	s, err := c.f.heapObject(at, addr, index)
	if err != nil {
		return heapValue{}, err
	}
	if c.f.watched != nil {
		if _, ok := c.f.watched[s.start]; ok {
			c.f.watched[s.start]++
		}
	}
	// HDF5 from 1.12 on refuses a value that is not all of its object.
	if s.end-s.start != n*elementSize {
		return heapValue{}, &FormatError{at, fmt.Sprintf("a value of %d elements has %d bytes", n, s.end-s.start)}
	}
	return heapValue{n, s}, nil
}

// heapObject returns where an object of a collection is. at is where it is named.
func (f *File) heapObject(at, addr int64, index uint32) (span, error) {
	g, err := f.heapAt(addr)
	if err != nil {
		return span{}, err
	}
	s, ok := g.objects[index]
	if !ok {
		return span{}, &FormatError{at, fmt.Sprintf("the global heap at %#x has no object %d", addr, index)}
	}
	return s, nil
}
