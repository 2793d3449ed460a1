package hdf5

import "fmt"

// sharedMessages is the table of messages that many headers have in common
// (section III.G): where the heap for each kind of message is.
type sharedMessages struct {
	heaps map[uint16]*fractalHeap
}

// resolve returns m itself, or the message that it stands for. A datatype that
// is an object of its own is not resolved here: see File.messageType.
func (f *File) resolve(m message) (message, error) {
	if m.flags&flagShared == 0 {
		return m, nil
	}
	c := *m.body
	ref := c.sharedReference()
	switch {
	case c.err != nil:
		return m, c.err
	case ref.heapID == nil:
		return m, &FormatError{m.body.at, fmt.Sprintf("a message of type %#x is said to be an object at %#x", m.kind, ref.object)}
	}
	return f.sharedMessage(m, ref.heapID)
}

func (f *File) sharedMessage(m message, id []byte) (message, error) {
	if f.sohm == nil || f.sohm.heaps[m.kind] == nil {
		return m, &FormatError{m.body.at, "there is no heap of shared messages"}
	}
	body, seal, err := f.sohm.heaps[m.kind].object(id)
	if err != nil {
		return m, err
	}
	m.body, m.seal, m.flags, m.table = body, seal, m.flags&^flagShared, true
	return m, nil
}

// A sharedReference is one of both.
type sharedReference struct {
	heapID []byte
	object int64
}

// sharedReference reads where a shared message is.
func (c *cursor) sharedReference() (r sharedReference) {
	version, kind := c.u8(), c.u8()
	switch {
	case c.err != nil:
	case version == 1:
		c.skip(6 + c.f.lengthSize)
		r.object = c.address()
	case version == 2, version == 3 && kind == 2:
		r.object = c.address()
	case version == 3 && kind == 1:
		r.heapID = c.take(8)
	default:
		c.fail("a shared message of version %d and kind %d is not known", version, kind)
	}
	return r
}

// datatypeOf reads a type that stands at c, or, if it is shared, elsewhere.
func (f *File) datatypeOf(c *cursor, shared bool) (*Type, error) {
	if !shared {
		return f.sameType(c)
	}
	at := c.place()
	ref := c.sharedReference()
	if c.err != nil {
		return nil, c.err
	}
	if ref.heapID != nil {
		m, err := f.sharedMessage(message{kind: msgDatatype, body: &cursor{f: f, at: at}}, ref.heapID)
		if err != nil {
			return nil, err
		}
		t := m.body.datatype(0)
		return t, m.body.err
	}
	if ref.object == undefined {
		return nil, &FormatError{at, "a type lies nowhere"}
	}
	o, err := f.object(ref.object, "")
	if err != nil {
		return nil, err
	}
	if o.Kind != NamedType || o.Type == nil {
		return nil, &FormatError{ref.object, "what should be a type is none"}
	}
	return o.Type, nil
}

// Types are small, and few of a file differ: those of this length and number are held once.
const (
	maxSameType  = 256 // bytes
	maxSameTypes = 1000
)

// sameType reads a type, unless the same bytes were read before.
func (f *File) sameType(c *cursor) (*Type, error) {
	spelled := string(c.b[c.pos:min(c.pos+maxSameType, len(c.b))])
	if known, ok := f.types[spelled]; ok {
		c.pos += known.length
		return known.is, c.err
	}
	from, whole := c.pos, c.rest() <= maxSameType
	t := c.datatype(0)
	if whole && c.err == nil && len(f.types) < maxSameTypes {
		f.types[spelled] = spelledType{t, c.pos - from}
	}
	return t, c.err
}

// A spelledType is a type and how many bytes say it.
type spelledType struct {
	is     *Type
	length int
}

// dataspaceOf is datatypeOf for a dataspace.
func (f *File) dataspaceOf(c *cursor, shared bool) (Space, error) {
	if shared {
		m, err := f.resolve(message{kind: msgDataspace, flags: flagShared, body: c})
		if err != nil {
			return Space{}, err
		}
		c = m.body
	}
	s := c.dataspace()
	return s, c.err
}

// readSharedTable reads the table at addr, of count indexes.
func (f *File) readSharedTable(addr int64, count int) error {
	size := int64(1 + 1 + 2 + 4 + 2 + 2 + 2 + 2*f.offsetSize)
	c, err := f.checked(addr, 4+int64(count)*size+4, "the table of shared messages")
	if err != nil {
		return err
	}
	if string(c.take(4)) != "SMTB" {
		return &FormatError{addr, "the signature SMTB is not there"}
	}
	f.sohm = &sharedMessages{heaps: map[uint16]*fractalHeap{}}
	for range count {
		if err := f.readSharedIndex(c); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) readSharedIndex(c *cursor) error {
	c.version(0)
	tree := c.u8() == 1
	kinds := c.u16()
	c.skip(4)
	listMax := int64(c.u16())
	c.skip(2 + 2)
	index, heapAt := c.address(), c.address()
	if c.err != nil || heapAt == undefined {
		return c.err
	}
	heap, err := f.openHeap(heapAt)
	if err != nil {
		return err
	}
	for _, kind := range []uint16{msgDataspace, msgDatatype, msgOldFill, msgFill, msgFilters, msgAttribute} {
		if kinds&(1<<kind) != 0 {
			f.sohm.heaps[kind] = heap
		}
	}
	switch {
	case index == undefined:
		return nil
	case tree:
		return f.walkTree2(index, 7, func(*cursor) error { return nil })
	}
	record := int64(1 + 4 + max(4+8, 1+1+2+f.offsetSize))
	list, err := f.structure(index, 4+listMax*record+4, "the list of shared messages")
	if err != nil {
		return err
	}
	if string(list.take(4)) != "SMLI" {
		return &FormatError{index, "the signature SMLI is not there"}
	}
	return nil
}
