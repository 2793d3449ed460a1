package hdf5

import (
	"bytes"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// Signature is what a file, or what follows its user block, begins with
// (section II.A of the HDF5 File Format Specification).
const Signature = "\x89HDF\r\n\x1a\n"

// Find returns where in r the superblock is: at 0, or at 512 times a power of
// two, where HDF5 itself looks. It returns -1 if there is none.
func Find(r io.ReaderAt, size int64) (int64, error) {
	b := make([]byte, len(Signature))
	for at := int64(0); at <= size-int64(len(b)); at = max(512, 2*at) {
		if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
			return -1, err
		}
		if bytes.Equal(b, []byte(Signature)) {
			return at, nil
		}
	}
	return -1, nil
}

// A superblock is what leads to the root group.
type superblock struct {
	root      int64 // the root's object header
	extension int64 // another object header, or undefined
	driver    int64 // the driver information block, or undefined
	eofAt     int64 // where the end of file is written
	sumAt     int64 // where the checksum is, or undefined
	// The sizes of old groups and chunk indexes, halved, in entries.
	leafK, internalK, chunkK int
}

func (f *File) readSuperblock() error {
	c := &cursor{f: f, at: f.Base}
	var err error
	if c.b, err = safeio.ReadRange(f.r, f.size, f.Base, min(f.size-f.Base, 128), 128); err != nil {
		return err
	}
	c.skip(len(Signature))
	f.Version = int(c.u8())
	f.sb = superblock{extension: undefined, driver: undefined, sumAt: undefined, leafK: 4, internalK: 16, chunkK: 32}
	var eof int64
	switch {
	case c.err != nil:
	case f.Version <= 1:
		eof = f.oldSuperblock(c)
	case f.Version <= 3:
		eof = f.newSuperblock(c)
	default:
		c.pos--
		c.fail("superblock version %d is not known", f.Version)
	}
	if c.err != nil {
		return c.err
	}
	switch {
	case eof == undefined || eof-f.moved > f.size:
		return &FormatError{f.sb.eofAt, fmt.Sprintf("the file has %d bytes and should have more: it is cut off", f.size)}
	case eof-f.moved < c.place():
		return &FormatError{f.sb.eofAt, "the end of the file lies before the end of its superblock"}
	}
	f.end = eof - f.moved
	return f.claim(f.Base, c.place(), Structure)
}

func (f *File) sizes(c *cursor) {
	f.offsetSize, f.lengthSize = int(c.u8()), int(c.u8())
	known := func(n int) bool { return n == 2 || n == 4 || n == 8 }
	if !known(f.offsetSize) || !known(f.lengthSize) {
		c.pos = max(c.pos-2, 0)
		c.fail("addresses of %d bytes and lengths of %d are not read", f.offsetSize, f.lengthSize)
		f.offsetSize, f.lengthSize = 8, 8
	}
}

// base reads the base address. HDF5 takes the superblock's own place for it,
// and moves the end of the file along (H5F__super_read).
func (f *File) base(c *cursor) { f.moved = c.size(f.offsetSize) - f.Base }

// oldSuperblock reads version 0 or 1, and returns the end of the file.
func (f *File) oldSuperblock(c *cursor) int64 {
	c.version(0) // of the free space, the root's entry and, after a byte, of shared messages
	c.version(0)
	c.skip(1)
	c.version(0)
	f.sizes(c)
	c.skip(1)
	f.sb.leafK, f.sb.internalK = int(c.u16()), int(c.u16())
	c.skip(4)
	if f.Version == 1 {
		f.sb.chunkK = int(c.u16())
		c.skip(2)
	}
	f.base(c)
	c.skip(f.offsetSize) // of free space, which no library writes
	f.sb.eofAt = c.place()
	eof := c.size(f.offsetSize)
	f.sb.driver = c.address()
	c.skip(f.lengthSize) // of the name of the root, which has none
	f.sb.root = c.address()
	c.skip(4 + 4 + 16) // what the root's entry caches stands in its header, too
	return eof
}

func (f *File) newSuperblock(c *cursor) int64 {
	f.sizes(c)
	c.skip(1)
	f.base(c)
	f.sb.extension = c.address()
	f.sb.eofAt = c.place()
	eof := c.size(f.offsetSize)
	f.sb.root = c.address()
	f.sb.sumAt = c.place()
	covered := c.b[:c.pos]
	if sum := c.u32(); c.err == nil && sum != lookup3(covered) {
		c.pos -= 4
		c.fail("the checksum of the superblock is wrong")
	}
	return eof
}
