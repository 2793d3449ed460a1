package hdf5

import (
	"fmt"
	"sync"
)

// A globalHeap is a collection of values of variable length (section III.E).
type globalHeap struct {
	objects map[uint32]span
	err     error
}

// A heapShelf holds the collections of a file for all calls that read of it: where many
// attributes have their values in one collection, it is read once.
type heapShelf struct {
	mu   sync.Mutex
	at   map[int64]*globalHeap
	held int // places of objects
	left int // objects that may yet be read, again or not
}

// maxHeapObjects bounds how many places of objects are held at once, maxHeapReads how
// many are read in all.
const (
	maxHeapObjects = 1 << 19
	maxHeapReads   = 1 << 26
)

func newHeapShelf() *heapShelf {
	return &heapShelf{at: map[int64]*globalHeap{}, left: maxHeapReads}
}

// heapAt reads the collection at addr, which is then held until there are too many.
func (f *File) heapAt(addr int64) (*globalHeap, error) {
	s := f.heaps
	g, known := s.at[addr]
	if known && (g.err != nil || g.objects != nil) {
		return g, g.err
	}
	if s.held > maxHeapObjects {
		for _, other := range s.at {
			other.objects = nil
		}
		s.held = 0
	}
	if s.left <= 0 {
		return nil, &FormatError{addr, "the collections of values of variable length are too many, or lie too far apart"}
	}
	if !known {
		g = &globalHeap{}
		s.at[addr] = g
	}
	g.objects = map[uint32]span{}
	g.err = f.readGlobalHeap(addr, g, known)
	s.held += len(g.objects)
	s.left -= len(g.objects) + 1
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
	w := &heapWindow{f: f, end: addr + size}
	for at := addr + head; at <= addr+size-head; {
		n, err := w.object(g, at, head)
		if err != nil || n == 0 {
			return err
		}
		at += head + (n-head+7)&^7
	}
	return nil
}

// A heapWindow is what was read last of a collection that ends at end.
type heapWindow struct {
	f       *File
	at, end int64
	b       []byte
}

// windowSize is how many bytes of a collection are read at a time.
const windowSize = 16 << 10

// head returns the n bytes at at.
func (w *heapWindow) head(at, n int64) (*cursor, error) {
	if w.b == nil || at < w.at || at+n > w.at+int64(len(w.b)) {
		c, err := w.f.peek(at, min(windowSize, w.end-at), "a global heap")
		if err != nil {
			return nil, err
		}
		w.at, w.b = at, c.b
	}
	return &cursor{f: w.f, b: w.b[at-w.at:][:n], at: at}, nil
}

// object reads the head of the object at at and returns how long the object is
// with it, or 0 if it is the free space before the end.
func (w *heapWindow) object(g *globalHeap, at, head int64) (int64, error) {
	end := w.end
	c, err := w.head(at, head)
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
	f.heaps.mu.Lock()
	defer f.heaps.mu.Unlock()
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
