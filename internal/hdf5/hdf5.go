package hdf5

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// A FormatError says why bytes are no valid HDF5, or none that is read here.
type FormatError struct {
	Offset int64 // bytes from the start of the file
	Msg    string
}

// Error gives the place in hexadecimal and the reason.
func (e *FormatError) Error() string { return fmt.Sprintf("hdf5 at %#x: %s", e.Offset, e.Msg) }

// A File is an HDF5 file with all of its structure read and none of its data.
type File struct {
	Version int   // of the superblock, 0 to 3
	Base    int64 // the superblock's place: the length of the user block before it
	Root    *Object
	// Objects are the groups, datasets and named types that hard links lead to
	// from the root, each once, in the order of a walk that takes a group's
	// links in their order.
	Objects []*Object
	// Problems are what was not read or is not sound, in the order found. Where
	// there is any, something may be missing from what the File says.
	Problems []Problem
	// Regions cover the file from its first byte to its last, without gaps.
	Regions []Region

	r                      io.ReaderAt
	size, end              int64 // bytes there are, and up to which HDF5 reads
	moved                  int64 // how far the file was moved towards its beginning since it was written, negative if away from it
	lim                    safeio.Limits
	offsetSize, lengthSize int
	sb                     superblock
	sohm                   *sharedMessages

	budget  int64 // bytes of structure that may yet be read
	members int   // links, attributes and the like that may yet be held
	claims  []Region
	begun   map[int64]struct{} // where structures begin
	heaps   *heapShelf
	types   map[string]spelledType
	byAddr  map[int64]*Object

	followed int64
	watched  map[int64]int // how many pointers there are to what begins at the keys
	text     int           // bytes of names that may yet be held
}

// Open reads the structure of the file that r holds in size bytes. What is no
// HDF5 file at all, or has no superblock that can be read, is an error; what
// cannot be read deeper in is one of the File's Problems. lim bounds the
// members (links and attributes together) and single structures.
func Open(r io.ReaderAt, size int64, lim safeio.Limits) (*File, error) {
	base, err := Find(r, size)
	if err != nil {
		return nil, err
	}
	if base < 0 {
		return nil, &FormatError{0, "there is no HDF5 signature"}
	}
	f := (&File{Base: base, r: r, size: size, end: size, lim: lim.WithDefaults(), heaps: newHeapShelf()}).fork()
	f.byAddr, f.types = map[int64]*Object{}, map[string]spelledType{}
	if base > 0 {
		if err := f.claim(0, base, Unused); err != nil {
			return nil, err
		}
	}
	if err := f.readSuperblock(); err != nil {
		return nil, err
	}
	f.walk()
	f.settle()
	return f, nil
}

// fork returns a copy that has an account of its own, for one call that reads
// more of the file. The File itself does not change after Open.
func (f *File) fork() *File {
	g := *f
	g.budget = min(3*f.size+1<<16, maxStructure) // prefixes are read twice
	g.members, g.text = min(f.lim.MaxMembers, maxMembers), maxText
	g.Problems, g.Regions, g.claims, g.types = nil, nil, nil, nil
	g.begun, g.followed = map[int64]struct{}{}, 0
	return &g
}

// maxMembers bounds links, attributes and types inside types, of which each may
// need some hundred bytes and an object more.
const maxMembers = 150_000

// member counts one more thing to hold.
func (f *File) member(at int64) error {
	if f.members--; f.members < 0 {
		return fmt.Errorf("hdf5 at %#x: more than %d links and attributes: %w", at, min(f.lim.MaxMembers, maxMembers), safeio.ErrLimit)
	}
	return nil
}

// maxStructure is how many bytes of structure are read of one file, whatever its
// size: far more than any index of chunks has.
const maxStructure = 2 << 30

// maxText is how many bytes all names and paths together may have.
const maxText = 16 << 20

// keep counts n more bytes of names to hold.
func (f *File) keep(at int64, n int) error {
	if f.text -= n; f.text < 0 {
		return fmt.Errorf("hdf5 at %#x: more than %d bytes of names: %w", at, maxText, safeio.ErrLimit)
	}
	return nil
}

// Lookup returns the object that the hard links named by path lead to, from
// the root, separated by slashes; nil if there is none. "" is the root.
func (f *File) Lookup(path string) *Object { return f.Root.Lookup(path) }
