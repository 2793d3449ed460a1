package hdf5

import "fmt"

// An extensible array has its first entries in its index block, the next ones
// in data blocks that this leads to, the others in data blocks that super
// blocks lead to (section "Extensible Array Index").
type extensible struct {
	*elements
	inIndex  int64 // entries in the index block
	minBlock int64 // entries of the first data blocks
	minRefs  int64 // the least number of data blocks of a super block
	maxBits  int
	pageBits int
}

// superBlock is the shape of a super block: blocks data blocks of size entries,
// from the array's entry first on, those of the index block not counted.
type superBlock struct{ blocks, size, first int64 }

func (w *chunkWalk) extensibleArray(addr int64) error {
	f := w.f
	c, err := f.checked(addr, int64(12+6*f.lengthSize+f.offsetSize+4), "an index of chunks")
	if err != nil {
		return err
	}
	c.signature("EAHD", 0)
	client, size := c.u8(), int64(c.u8())
	x := &extensible{maxBits: int(c.u8()), inIndex: int64(c.u8()), minBlock: int64(c.u8()), minRefs: int64(c.u8()), pageBits: int(c.u8())}
	c.skip(6 * f.lengthSize)
	block := c.address()
	if c.err != nil {
		return c.err
	}
	if x.elements, err = w.entries(addr, client, size); err != nil || block == undefined {
		return err
	}
	power := func(n int64) bool { return n > 0 && n&(n-1) == 0 }
	if !power(x.minBlock) || !power(x.minRefs) || x.maxBits > 60 || x.maxBits < log2(x.minBlock) || x.pageBits > 30 {
		return &FormatError{addr, "the sizes of an index make no sense"}
	}
	return x.indexBlock(block)
}

// supers lists all super blocks that there may be.
func (x *extensible) supers() (list []superBlock) {
	first := int64(0)
	for i := range 1 + x.maxBits - log2(x.minBlock) {
		s := superBlock{int64(1) << (i / 2), x.minBlock << ((i + 1) / 2), first}
		list = append(list, s)
		first += s.blocks * s.size
	}
	return list
}

func (x *extensible) indexBlock(addr int64) error {
	f := x.w.f
	supers := x.supers()
	direct := min(2*log2(x.minRefs), len(supers)) // super blocks that the index block stands for
	blocks := int64(0)
	for _, s := range supers[:direct] {
		blocks += s.blocks
	}
	n := int64(6+f.offsetSize) + x.inIndex*x.size + (blocks+int64(len(supers)-direct))*int64(f.offsetSize) + 4
	c, err := f.checked(addr, n, "an index of chunks")
	if err != nil {
		return err
	}
	if err := x.prefix(c, "EAIB"); err != nil {
		return err
	}
	if err := x.list(c, 0, x.inIndex); err != nil {
		return err
	}
	number := int64(0) // HDF5 counts these blocks through when it says where they lie
	for _, s := range supers[:direct] {
		for i := range s.blocks {
			at := x.place(s.first + number*s.size)
			if err := x.dataBlock(c.address(), s, i, at, nil); err != nil || c.err != nil {
				return firstOf(c.err, err)
			}
			number++
		}
	}
	for _, s := range supers[direct:] {
		if err := x.superBlock(c.address(), s); err != nil || c.err != nil {
			return firstOf(c.err, err)
		}
	}
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (x *extensible) place(offset int64) place { return place{(x.maxBits + 7) / 8, offset} }

func (x *extensible) superBlock(addr int64, s superBlock) error {
	if addr == undefined {
		return nil
	}
	f := x.w.f
	bitmap := int64(0) // bytes of bits for the pages of a data block
	if pages := s.size >> x.pageBits; pages > 1 {
		bitmap = (pages + 7) / 8
	}
	at := x.place(s.first)
	if s.blocks > f.end || bitmap > f.end/s.blocks {
		return &FormatError{addr, "an index does not fit into the file"}
	}
	n := int64(6+f.offsetSize+at.bytes) + s.blocks*(bitmap+int64(f.offsetSize)) + 4
	c, err := f.checked(addr, n, "an index of chunks")
	if err != nil {
		return err
	}
	if err := x.prefix(c, "EASB"); err != nil {
		return err
	}
	at.check(c)
	used := c.take(int(s.blocks * bitmap))
	for i := range s.blocks {
		block := c.address()
		if c.err != nil {
			return c.err
		}
		if err := x.dataBlock(block, s, i, x.place(s.first+i*s.size), used[i*bitmap:(i+1)*bitmap]); err != nil {
			return err
		}
	}
	return nil
}

// dataBlock reads block i of a super block. used has a bit for each of its pages.
func (x *extensible) dataBlock(addr int64, s superBlock, i int64, at place, used []byte) error {
	if addr == undefined {
		return nil
	}
	f := x.w.f
	first := x.inIndex + s.first + i*s.size
	page := int64(1) << x.pageBits
	if s.size <= page {
		return x.block(addr, "EADB", at, first, s.size)
	}
	if used == nil {
		return &FormatError{addr, fmt.Sprintf("a block of %d entries has pages, and nothing says which are in use", s.size)}
	}
	n := int64(6 + f.offsetSize + at.bytes + 4)
	c, err := f.checked(addr, n, "an index of chunks")
	if err != nil {
		return err
	}
	if err := x.prefix(c, "EADB"); err != nil {
		return err
	}
	if at.check(c); c.err != nil {
		return c.err
	}
	addr += n
	for p := int64(0); p < s.size/page; p++ {
		size := page*x.size + 4
		if used[p/8]&(0x80>>(p%8)) != 0 {
			err = x.page(addr, first+p*page, page)
		} else {
			err = f.claim(addr, addr+size, Structure)
		}
		if err != nil {
			return err
		}
		addr += size
	}
	return nil
}
