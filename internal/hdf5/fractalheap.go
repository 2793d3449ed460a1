package hdf5

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// A fractalHeap holds objects of any size in blocks that grow (section III.G
// of the specification, "Disk Format: Level 1G").
type fractalHeap struct {
	f                  *File
	addr               int64
	idSize             int
	sealed             bool // direct blocks have a checksum
	width              int64
	start, maxDirect   int64
	maxBits            int
	offsetLen, sizeLen int // bytes of a managed object's place and length
	root               int64
	rootRows           int
	hugeTree           int64
	hugeInID           bool // an ID says where a huge object is

	blocks []heapBlock
	huge   map[uint64]span
}

// A heapBlock is a direct block: size bytes of the heap from offset.
type heapBlock struct {
	offset, size, addr int64
}

type span struct{ start, end int64 }

// openHeap reads the heap whose header is at addr, with all of its blocks.
func (f *File) openHeap(addr int64) (*fractalHeap, error) {
	size := int64(4 + 1 + 2 + 2 + 1 + 4 + 12*f.lengthSize + 3*f.offsetSize + 2 + 2 + 2 + 2 + 4)
	prefix, err := f.peek(addr, min(9, max(f.end-addr, 0)), "a heap")
	if err != nil {
		return nil, err
	}
	prefix.signature("FRHP", 0)
	prefix.skip(2)
	if filters := prefix.u16(); prefix.err == nil && filters > 0 {
		return nil, &FormatError{addr, "a heap is compressed, which is not read"}
	}
	if prefix.err != nil {
		return nil, prefix.err
	}
	c, err := f.checked(addr, size, "a heap")
	if err != nil {
		return nil, err
	}
	h := &fractalHeap{f: f, addr: addr, huge: map[uint64]span{}}
	freeSpace := h.header(c)
	if c.err != nil {
		return nil, c.err
	}
	if err := f.claimFreeSpace(freeSpace); err != nil {
		return nil, err
	}
	if err := h.walk(); err != nil {
		return nil, err
	}
	return h, h.readHuge()
}

// header reads the heap's parameters and returns where its free space is noted.
func (h *fractalHeap) header(c *cursor) (freeSpace int64) {
	f := h.f
	c.signature("FRHP", 0)
	h.idSize = int(c.u16())
	c.skip(2)
	flags := c.u8()
	h.sealed = flags&2 != 0
	maxManaged := int64(c.u32())
	c.skip(f.lengthSize)
	h.hugeTree = c.address()
	c.skip(f.lengthSize)
	freeSpace = c.address()
	c.skip(8 * f.lengthSize)
	h.width = int64(c.u16())
	h.start, h.maxDirect = c.length(), c.length()
	h.maxBits = int(c.u16())
	c.skip(2)
	h.root, h.rootRows = c.address(), int(c.u16())
	power := func(n int64) bool { return n > 0 && n&(n-1) == 0 }
	if c.err == nil && !(power(h.width) && power(h.start) && power(h.maxDirect)) || h.start > h.maxDirect ||
		h.maxDirect > 1<<32 || h.maxBits > 63 || h.maxBits < 1 || h.width > 1<<15 {
		c.fail("the sizes of a heap make no sense")
	}
	h.offsetLen = (h.maxBits + 7) / 8
	h.sizeLen = min(bytesFor(h.maxDirect), bytesFor(maxManaged))
	h.hugeInID = h.idSize-1 >= f.offsetSize+f.lengthSize
	return freeSpace
}

func (h *fractalHeap) walk() error {
	switch {
	case h.root == undefined:
		return nil
	case h.rootRows == 0:
		return h.direct(h.root, 0, h.start)
	}
	if err := h.indirect(h.root, 0, h.rootRows); err != nil {
		return err
	}
	slices.SortFunc(h.blocks, func(a, b heapBlock) int { return cmp.Compare(a.offset, b.offset) })
	return nil
}

// overhead is the size of what a block begins with, of a direct block with its checksum.
func (h *fractalHeap) overhead() int64 {
	n := int64(4 + 1 + h.f.offsetSize + h.offsetLen)
	if h.sealed {
		n += 4
	}
	return n
}

// prefix reads what both kinds of block begin with.
func (h *fractalHeap) prefix(c *cursor, letters string, offset int64) error {
	c.signature(letters, 0)
	if at := c.address(); c.err == nil && at != h.addr {
		c.fail("a block belongs to another heap")
	}
	if at := c.size(h.offsetLen); c.err == nil && at != offset {
		c.fail("a block of a heap lies elsewhere than it says")
	}
	return c.err
}

func (h *fractalHeap) direct(addr, offset, size int64) error {
	c, err := h.f.structure(addr, size, "a block of a heap")
	if err != nil {
		return err
	}
	if err := h.prefix(c, "FHDB", offset); err != nil {
		return err
	}
	if h.sealed {
		at := c.pos
		want := c.u32()
		if c.err != nil {
			return c.err
		}
		binary.LittleEndian.PutUint32(c.b[at:], 0)
		if lookup3(c.b) != want {
			return &FormatError{addr, "the checksum of a block of a heap is wrong"}
		}
	}
	if err := h.f.member(addr); err != nil {
		return err
	}
	h.blocks = append(h.blocks, heapBlock{offset, size, addr})
	return nil
}

// indirect reads a block that says where others are: rows of width blocks, of
// the size start in the first two rows and twice as large in each that follows.
func (h *fractalHeap) indirect(addr, offset int64, rows int) error {
	log := func(n int64) int { return bits.Len64(uint64(n)) - 1 }
	if most := h.maxBits - log(h.start) - log(h.width) + 1; rows > most {
		return &FormatError{max(addr, 0), fmt.Sprintf("a block of a heap has %d rows, more than %d", rows, most)}
	}
	n := int64(4+1+h.f.offsetSize+h.offsetLen) + int64(rows)*h.width*int64(h.f.offsetSize) + 4
	c, err := h.f.checked(addr, n, "a block of a heap")
	if err != nil {
		return err
	}
	if err := h.prefix(c, "FHIB", offset); err != nil {
		return err
	}
	directRows := log(h.maxDirect) - log(h.start) + 2
	for row := range rows {
		size := h.start << max(row-1, 0)
		for range h.width {
			child := c.address()
			if c.err != nil {
				return c.err
			}
			switch {
			case child == undefined:
			case row < directRows:
				err = h.direct(child, offset, size)
			default:
				err = h.indirect(child, offset, log(size)-log(h.start)-log(h.width)+1)
			}
			if err != nil {
				return err
			}
			offset += size
		}
	}
	return nil
}

// readHuge lists the objects that lie outside the blocks.
func (h *fractalHeap) readHuge() error {
	if h.hugeTree == undefined {
		return nil
	}
	kind := uint8(1)
	if h.hugeInID {
		kind = 3
	}
	return h.f.walkTree2(h.hugeTree, kind, func(c *cursor) error {
		at, n := c.address(), c.length()
		id := uint64(len(h.huge))
		if !h.hugeInID {
			id = c.uint(h.f.lengthSize)
		}
		c.held(0)
		if c.err != nil {
			return c.err
		}
		if n > h.f.end || at == undefined {
			return &FormatError{c.at, "an object of a heap does not fit into the file"}
		}
		h.huge[id] = span{at, at + n}
		return h.f.claim(at, at+n, Structure)
	})
}

// object returns the object of the heap that id names.
func (h *fractalHeap) object(id []byte) (*cursor, seal, error) {
	c := &cursor{f: h.f, b: id, at: h.addr}
	head := c.u8()
	if c.err == nil && head&0xc0 != 0 {
		c.fail("an ID of version %d is not known", head>>6)
	}
	switch {
	case c.err != nil:
		return nil, seal{}, c.err
	case head>>4&3 == 0:
		return h.managed(c)
	case head>>4&3 == 1:
		return h.outside(c)
	}
	return nil, seal{}, &FormatError{h.addr, "an ID of a heap that holds its object is not read"}
}

func (h *fractalHeap) managed(c *cursor) (*cursor, seal, error) {
	offset, n := c.size(h.offsetLen), c.size(h.sizeLen)
	if c.err != nil {
		return nil, seal{}, c.err
	}
	i, found := slices.BinarySearchFunc(h.blocks, offset, func(b heapBlock, o int64) int { return cmp.Compare(b.offset, o) })
	if !found {
		i--
	}
	if i < 0 || offset-h.blocks[i].offset < h.overhead() || n > h.blocks[i].size-(offset-h.blocks[i].offset) {
		return nil, seal{}, &FormatError{h.addr, fmt.Sprintf("the heap has no object of %d bytes at %#x", n, offset)}
	}
	b := h.blocks[i]
	s := seal{}
	if h.sealed {
		s = seal{b.addr, b.addr + b.size, b.addr + h.overhead() - 4}
	}
	obj, err := h.f.peek(b.addr+offset-b.offset, n, "an object of a heap")
	return obj, s, err
}

func (h *fractalHeap) outside(c *cursor) (*cursor, seal, error) {
	var at span
	ok := true
	if h.hugeInID {
		at.start = c.address()
		at.end = at.start + c.length()
	} else {
		at, ok = h.huge[c.uint(min(8, h.idSize-1))]
	}
	if c.err == nil && !ok {
		c.fail("the heap has no object of that ID")
	}
	if c.err != nil {
		return nil, seal{}, c.err
	}
	obj, err := h.f.peek(at.start, at.end-at.start, "an object of a heap")
	return obj, seal{}, err
}
