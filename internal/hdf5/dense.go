package hdf5

// A denseStore is where links or attributes are that do not stand in a header.
type denseStore struct {
	heap    *fractalHeap
	byName  int64 // the B-tree that lists them, or undefined
	ordered bool  // each has a place in the order of creation
}

// denseStore reads a link info or attribute info message, whose highest place
// in the order of creation has orderSize bytes. It is nil if all that there is
// stands in the header. byOrderKind is the type of the B-tree that lists
// everything once more, of which only its place is of interest.
func (f *File) denseStore(m message, orderSize int, byOrderKind uint8) (*denseStore, error) {
	c := m.body
	c.version(0)
	flags := c.u8()
	if flags&1 != 0 {
		c.skip(orderSize)
	}
	heapAt := c.address()
	s := &denseStore{byName: c.address(), ordered: flags&1 != 0}
	byOrder := int64(undefined)
	if flags&2 != 0 {
		byOrder = c.address()
	}
	if c.err != nil || heapAt == undefined {
		return nil, c.err
	}
	var err error
	if s.heap, err = f.openHeap(heapAt); err == nil && byOrder != undefined {
		err = f.walkTree2(byOrder, byOrderKind, func(*cursor) error { return nil })
	}
	return s, err
}
