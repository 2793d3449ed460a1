package hdf5

import "fmt"

// A LayoutKind says how the elements of a dataset are stored.
type LayoutKind uint8

// The kinds of layout, numbered as in the file.
const (
	Compact    LayoutKind = iota // in the header
	Contiguous                   // in one range
	Chunked                      // in pieces of one shape
	Virtual                      // in other datasets, perhaps of other files
)

// An ExternalFile is a range of another file that holds elements of a dataset.
type ExternalFile struct {
	Name         string
	Offset, Size int64 // Size is -1 where there is no end
}

// A Filter is a step that elements went through before they were stored.
type Filter struct {
	ID       int
	Name     string // as the file has it, often ""
	Optional bool
	Values   []uint32
}

// A Layout says where the elements of a dataset are.
type Layout struct {
	Kind LayoutKind
	// Start and End are where the elements lie in the file, if Kind is Compact
	// or Contiguous and anything is stored; both are 0 if nothing is, and all
	// elements have the fill value.
	Start, End int64
	// External are the files that hold the elements instead, if there are any.
	External []ExternalFile
	// Sources are what a Virtual dataset is put together from.
	Sources []Source
	Filters []Filter
	Chunk   []int64 // the shape of a chunk
	// FillStart and FillEnd are where the fill value lies, both 0 if it is zeros.
	FillStart, FillEnd int64

	// Stored is how many bytes of the file hold elements, filtered or not.
	Stored int64

	index index
}

// An index says where chunks are.
type index struct {
	kind     indexKind
	addr     int64
	size     int64 // bytes of a chunk before filters
	rawEdges bool  // chunks that are not full are not filtered
	stored   int64 // of the only chunk, its bytes in the file
	mask     uint32
	version  int
}

type indexKind uint8

// The kinds of index; all but indexTree1 are numbered as in the file.
const (
	indexTree1 indexKind = iota
	indexSingle
	indexImplicit
	indexFixedArray
	indexExtensibleArray
	indexTree2
)

// readDataset reads type, space, layout, filters and fill value.
func (o *Object) readDataset(f *File, h *header) error {
	for _, kind := range []uint16{msgDatatype, msgDataspace, msgLayout} {
		if len(h.all(kind)) == 0 {
			return &FormatError{o.Addr, fmt.Sprintf("a dataset has no message of type %#x", kind)}
		}
	}
	var err error
	m := h.all(msgDatatype)[0]
	if o.Type, err = f.datatypeOf(m.body, m.flags&flagShared != 0); err != nil {
		return err
	}
	m = h.all(msgDataspace)[0]
	if o.Space, err = f.dataspaceOf(m.body, m.flags&flagShared != 0); err != nil {
		return err
	}
	if err := o.readFilters(f, h); err != nil {
		return err
	}
	if err := o.readFill(f, h); err != nil {
		return err
	}
	if err := o.readLayout(f, h.all(msgLayout)[0].body); err != nil {
		return err
	}
	for _, m := range h.all(msgExternal) {
		if err := o.readExternal(f, m.body); err != nil {
			return err
		}
	}
	o.sound = true
	return o.account(f)
}

// readFill finds the fill value. The newer message outranks the older one.
func (o *Object) readFill(f *File, h *header) error {
	for _, m := range append(h.all(msgOldFill), h.all(msgFill)...) {
		m, err := f.resolve(m)
		if err != nil {
			return err
		}
		c := m.body
		has := true
		if m.kind == msgFill {
			has = c.fillHead()
		}
		n := 0
		if has {
			n = c.count(4)
		}
		at := c.place()
		if c.err != nil {
			return c.err
		}
		if o.Layout.FillStart, o.Layout.FillEnd = at, at+int64(n); n == 0 {
			o.Layout.FillStart, o.Layout.FillEnd = 0, 0
		} else if int64(n) != o.Type.Size {
			return &FormatError{at, fmt.Sprintf("a fill value has %d bytes, its type %d", n, o.Type.Size)}
		}
	}
	return nil
}

// fillHead reads what a fill value message begins with, and reports whether a
// size follows.
func (c *cursor) fillHead() bool {
	switch version := c.u8(); version {
	case 1:
		c.skip(3)
		return true
	case 2:
		c.skip(2)
		return c.u8() != 0
	case 3:
		return c.u8()&0x20 != 0
	default:
		c.fail("fill value version %d is not known", version)
		return false
	}
}

func (o *Object) readFilters(f *File, h *header) error {
	for _, m := range h.all(msgFilters) {
		m, err := f.resolve(m)
		if err != nil {
			return err
		}
		c := m.body
		version, count := c.u8(), int(c.u8())
		if version == 1 {
			c.skip(6)
		} else if version != 2 {
			c.fail("filter version %d is not known", version)
		}
		if count > 32 { // H5Z_MAX_NFILTERS
			c.fail("there are %d filters", count)
		}
		for range count {
			o.Layout.Filters = append(o.Layout.Filters, c.filter(version))
		}
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

func (c *cursor) filter(version uint8) Filter {
	var x Filter
	x.ID = int(c.u16())
	nameSize := 0
	if version == 1 || x.ID >= 256 {
		nameSize = int(c.u16())
	}
	x.Optional = c.u16()&1 != 0
	values := int(c.u16())
	if version == 1 {
		x.Name = untilNUL(c.padded(nameSize))
	} else {
		x.Name = untilNUL(c.take(nameSize))
	}
	if values > c.rest()/4 {
		c.fail("a filter has %d values and no place for them", values)
		return x
	}
	for range values {
		x.Values = append(x.Values, c.u32())
	}
	if version == 1 && values%2 == 1 {
		c.skip(4)
	}
	c.held(nameSize + 4*values)
	return x
}

// readExternal reads the list of files that hold the elements.
func (o *Object) readExternal(f *File, c *cursor) error {
	c.version(1)
	c.skip(3)
	c.skip(2)
	used := int(c.u16())
	heapAt := c.address()
	if c.err != nil {
		return c.err
	}
	heap, err := f.localHeap(heapAt)
	if err != nil {
		return err
	}
	for range used {
		at := c.place()
		name, offset := c.length(), c.length()
		size := int64(-1)
		if v := c.uint(f.lengthSize); v < 1<<63 {
			size = int64(v)
		}
		if c.err != nil {
			return c.err
		}
		text, err := heapText(heap, name)
		if err != nil {
			return err
		}
		o.Layout.External = append(o.Layout.External, ExternalFile{text, offset, size})
		if c.held(len(text)); c.err != nil {
			return &FormatError{at, "too many external files"}
		}
	}
	return nil
}
