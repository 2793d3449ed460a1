package hdf5

import (
	"fmt"
	"math/bits"
)

// An elements is an array of chunks, whatever form its blocks have.
type elements struct {
	w      *chunkWalk
	client uint8 // 1 if the chunks went through filters
	size   int64 // bytes of an entry
	addr   int64 // of the header, which each block repeats
}

// entries checks that entries have the size that the dataset needs.
func (w *chunkWalk) entries(addr int64, client uint8, size int64) (*elements, error) {
	e := &elements{w: w, client: client, size: size, addr: addr}
	want := int64(w.f.offsetSize)
	if len(w.o.Layout.Filters) > 0 {
		want += int64(w.width) + 4
	}
	if filtered := len(w.o.Layout.Filters) > 0; size != want || filtered != (client == 1) || client > 1 {
		return nil, &FormatError{addr, fmt.Sprintf("an index of kind %d has entries of %d bytes, not %d", client, size, want)}
	}
	return e, nil
}

// entry reads the entry of chunk n.
func (e *elements) entry(c *cursor, n int64) error {
	w := e.w
	addr, size, mask := c.address(), w.o.Layout.index.size, uint32(0)
	if e.client == 1 {
		size, mask = c.size(w.width), c.u32()
	}
	if c.err != nil || addr == undefined {
		return c.err
	}
	scaled := w.scaled(n)
	return w.found(scaled, addr, size, mask)
}

// fixedArray walks an index of as many entries as there may be chunks (section
// "Fixed Array Index").
func (w *chunkWalk) fixedArray(addr int64) error {
	f := w.f
	c, err := f.checked(addr, int64(4+4+f.lengthSize+f.offsetSize+4), "an index of chunks")
	if err != nil {
		return err
	}
	c.signature("FAHD", 0)
	client, size, pageBits := c.u8(), int64(c.u8()), c.u8()
	count, block := c.length(), c.address()
	if c.err != nil {
		return c.err
	}
	e, err := w.entries(addr, client, size)
	if err != nil || block == undefined {
		return err
	}
	if most, ok := product(w.most); !ok || count != most || pageBits > 30 {
		return &FormatError{addr, fmt.Sprintf("an index has %d entries for %d chunks", count, most)}
	}
	page := int64(1) << pageBits
	if count <= page {
		return e.block(block, "FADB", place{}, 0, count)
	}
	return e.pagedFixed(block, count, page)
}

// pagedFixed reads a block in pages: after what it begins with, a bit for each
// page that is in use.
func (e *elements) pagedFixed(addr, count, page int64) error {
	f := e.w.f
	pages := ceil(count, page)
	if pages > f.end {
		return &FormatError{addr, "the pages of an index do not fit into the file"}
	}
	n := int64(6+f.offsetSize) + (pages+7)/8 + 4
	c, err := f.checked(addr, n, "an index of chunks")
	if err != nil {
		return err
	}
	if err := e.prefix(c, "FADB"); err != nil {
		return err
	}
	used := c.take(int((pages + 7) / 8))
	at := addr + n
	for p := range pages {
		entries := min(page, count-p*page)
		size := entries*e.size + 4
		if used[p/8]&(0x80>>(p%8)) != 0 {
			err = e.page(at, p*page, entries)
		} else {
			err = f.claim(at, at+size, Structure)
		}
		if err != nil {
			return err
		}
		at += size
	}
	return nil
}

func (e *elements) prefix(c *cursor, letters string) error {
	c.signature(letters, 0)
	c.version(e.client)
	if at := c.address(); c.err == nil && at != e.addr {
		c.fail("a block belongs to another index")
	}
	return c.err
}

// page reads entries with their checksum.
func (e *elements) page(addr, first, count int64) error {
	c, err := e.w.f.checked(addr, count*e.size+4, "a page of an index of chunks")
	if err != nil {
		return err
	}
	return e.list(c, first, count)
}

func (e *elements) list(c *cursor, first, count int64) error {
	for i := range count {
		if err := e.entry(c, first+i); err != nil {
			return err
		}
	}
	return c.err
}

// A place is what a block of an extensible array says of its place in it.
type place struct {
	bytes  int // that the number has in the file; 0 if there is none
	offset int64
}

func (p place) check(c *cursor) {
	if at := c.size(p.bytes); c.err == nil && at != p.offset {
		c.fail("a block of an index lies at %d and says %d", p.offset, at)
	}
}

// block reads a block that has all its entries in it.
func (e *elements) block(addr int64, letters string, at place, first, count int64) error {
	f := e.w.f
	if count > f.end/e.size {
		return &FormatError{max(addr, 0), "an index does not fit into the file"}
	}
	c, err := f.checked(addr, int64(6+f.offsetSize+at.bytes)+count*e.size+4, "an index of chunks")
	if err != nil {
		return err
	}
	if err := e.prefix(c, letters); err != nil {
		return err
	}
	if at.check(c); c.err != nil {
		return c.err
	}
	return e.list(c, first, count)
}

func log2(n int64) int { return bits.Len64(uint64(n)) - 1 }
