package hdf5

import "fmt"

// Message types (section IV.A.2 of the specification).
const (
	msgNil           = 0x00
	msgDataspace     = 0x01
	msgLinkInfo      = 0x02
	msgDatatype      = 0x03
	msgOldFill       = 0x04
	msgFill          = 0x05
	msgLink          = 0x06
	msgExternal      = 0x07
	msgLayout        = 0x08
	msgGroupInfo     = 0x0A
	msgFilters       = 0x0B
	msgAttribute     = 0x0C
	msgComment       = 0x0D
	msgOldModified   = 0x0E
	msgSharedTable   = 0x0F
	msgContinuation  = 0x10
	msgSymbolTable   = 0x11
	msgModified      = 0x12
	msgTreeSizes     = 0x13
	msgDriver        = 0x14
	msgAttributeInfo = 0x15
	msgReferences    = 0x16
	msgFileSpace     = 0x17
	msgCacheImage    = 0x18
)

// Message flags.
const flagShared = 0x02

// A message is one entry of an object header.
type message struct {
	kind  uint16
	flags uint8
	order int64 // of creation, or -1
	body  *cursor
	seal  seal
	table bool // it stands in the table of shared messages
}

// A seal is a checksum over a range of the file, which whoever changes bytes of
// the range must write anew. The zero value stands for none.
type seal struct {
	start, end int64 // covered; bytes of the checksum itself count as 0
	at         int64 // where the four bytes are
}

// A header is an object header: its messages, all blocks together.
type header struct {
	addr     int64
	messages []message
}

// continuation is a further block of an object header.
type continuation struct{ at, size int64 }

// readHeader reads the object header at addr with its continuation blocks.
func (f *File) readHeader(addr int64) (*header, error) {
	c, err := f.peek(addr, min(16, max(f.end-addr, 0)), "an object header")
	if err != nil {
		return nil, err
	}
	h := &header{addr: addr}
	if c.rest() >= 4 && string(c.b[:4]) == "OHDR" {
		return h, f.readNewHeader(h)
	}
	return h, f.readOldHeader(h, c)
}

func (f *File) readOldHeader(h *header, c *cursor) error {
	c.version(1)
	c.skip(1)
	count := int(c.u16())
	c.skip(4) // the reference count
	size := int64(c.u32())
	c.skip(4)
	if c.err != nil {
		return c.err
	}
	if _, err := f.structure(h.addr, 16, "an object header"); err != nil {
		return err
	}
	more := []continuation{{h.addr + 16, size}}
	for i := 0; i < len(more); i++ {
		if more[i].size == 0 {
			continue
		}
		block, err := f.structure(more[i].at, more[i].size, "messages of an object header")
		if err != nil {
			return err
		}
		for block.err == nil && block.rest() >= 8 {
			m := message{kind: block.u16(), order: -1}
			n := int(block.u16())
			m.flags = block.u8()
			block.skip(3)
			m.body = block.sub(n)
			if block.err != nil {
				break
			}
			count--
			if err := h.add(m, &more); err != nil {
				return err
			}
		}
		if block.err != nil {
			return block.err
		}
	}
	if count != 0 {
		return &FormatError{h.addr, fmt.Sprintf("an object header has %d messages more or less than it says", count)}
	}
	return nil
}

// add keeps a message, and where there is more to read.
func (h *header) add(m message, more *[]continuation) error {
	switch m.kind {
	case msgNil:
		return nil
	case msgContinuation:
		at, size := m.body.address(), m.body.length()
		if m.body.err != nil {
			return m.body.err
		}
		*more = append(*more, continuation{at, size})
		return nil
	}
	if len(h.messages) >= 1<<20 {
		return &FormatError{m.body.at, "an object header has too many messages"}
	}
	h.messages = append(h.messages, m)
	return nil
}

func (f *File) readNewHeader(h *header) error {
	c, err := f.peek(h.addr, min(34, f.end-h.addr), "an object header")
	if err != nil {
		return err
	}
	c.signature("OHDR", 2)
	flags := c.u8()
	if flags&0x20 != 0 {
		c.skip(16) // times
	}
	if flags&0x10 != 0 {
		c.skip(4) // when attributes are stored densely
	}
	size := c.size(1 << (flags & 3))
	if c.err != nil {
		return c.err
	}
	if size > f.end {
		return &FormatError{h.addr, "an object header does not fit into the file"}
	}
	prefix := int64(c.pos)
	block, err := f.checked(h.addr, prefix+size+4, "an object header")
	if err != nil {
		return err
	}
	block.skip(int(prefix))
	var more []continuation
	if err := h.newMessages(block, flags, &more); err != nil {
		return err
	}
	for i := 0; i < len(more); i++ {
		if block, err = f.checked(more[i].at, more[i].size, "messages of an object header"); err != nil {
			return err
		}
		if letters := block.take(4); string(letters) != "OCHK" {
			return &FormatError{more[i].at, "the signature OCHK is not there"}
		}
		if err := h.newMessages(block, flags, &more); err != nil {
			return err
		}
	}
	return nil
}

// newMessages reads the messages of one block of a version 2 header. What is
// too short for a message at its end is a gap.
func (h *header) newMessages(block *cursor, flags uint8, more *[]continuation) error {
	prefix := 4
	if flags&0x04 != 0 {
		prefix = 6
	}
	end := block.at + int64(len(block.b))
	for block.err == nil && block.rest() >= prefix {
		m := message{kind: uint16(block.u8()), order: -1, seal: seal{block.at, end, end}}
		n := int(block.u16())
		m.flags = block.u8()
		if flags&0x04 != 0 {
			m.order = int64(block.u16())
		}
		m.body = block.sub(n)
		if block.err != nil {
			break
		}
		if err := h.add(m, more); err != nil {
			return err
		}
	}
	return block.err
}

// all lists the messages of a type.
func (h *header) all(kind uint16) (list []message) {
	for _, m := range h.messages {
		if m.kind == kind {
			list = append(list, m)
		}
	}
	return list
}
