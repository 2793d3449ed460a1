package archive

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// SevenZipMagic begins every 7z archive.
const SevenZipMagic = "7z\xbc\xaf\x27\x1c"

// sevenHeader is the length of the header at the beginning.
const sevenHeader = 32

// A SevenZip is a 7z archive: folders, each of which is decompressed as one
// stream, and the files in them, one behind the other.
type SevenZip struct {
	Folders []Folder
	Empty   []string // what has no content: files, and directories with a slash at their end
	r       io.ReaderAt
	size    int64
}

// A Folder is one stream of a 7z archive.
type Folder struct {
	Files  []SevenFile
	coders []coder
	sizes  []int64 // what each coder gives
	binds  [][2]int
	packed []int // the coders' inputs that packed streams feed
	// at and lengths say where those streams are.
	at      []int64
	lengths []int64
	summed  bool // it has a checksum
}

// A SevenFile is a file of an archive that has content.
type SevenFile struct {
	Name string // as it stands there: escape it before printing
	Size int64
}

// A coder is one step of decompression.
type coder struct {
	id      string
	in, out int
	props   []byte
}

// ReadSevenZip reads the directory of an archive, which may take lim.MaxAlloc
// bytes and name lim.MaxMembers files. An error wraps ErrUnsupported if the
// directory is encrypted.
func ReadSevenZip(r io.ReaderAt, size int64, lim safeio.Limits) (*SevenZip, error) {
	head, err := safeio.ReadRange(r, size, 0, sevenHeader, sevenHeader)
	if err != nil {
		return nil, &FormatError{Msg: "it ends in its first header"}
	}
	at, n := binary.LittleEndian.Uint64(head[12:]), binary.LittleEndian.Uint64(head[20:])
	if at > uint64(size-sevenHeader) || n > uint64(size-sevenHeader)-at {
		return nil, &FormatError{Offset: 12, Msg: "the directory is outside the file"}
	}
	if n == 0 {
		return &SevenZip{}, nil
	}
	dir, err := safeio.ReadRange(r, size, sevenHeader+int64(at), int64(n), lim.MaxAlloc)
	if err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(dir) != binary.LittleEndian.Uint32(head[28:]) {
		return nil, &FormatError{Offset: sevenHeader + int64(at), Msg: "the checksum of the directory does not match"}
	}
	z := &SevenZip{r: r, size: size}
	for range 4 { // a directory may be compressed, and that one again
		p := &sevenParser{b: dir, size: size, members: lim.MaxMembers}
		switch id := p.byte(); {
		case id == 0x01:
			z.Folders = p.header()
			z.Empty = p.empty
			return z, p.err
		case id != 0x17:
			return nil, &FormatError{Offset: sevenHeader + int64(at), Msg: "a directory of an unknown kind"}
		}
		inner := &SevenZip{Folders: p.streams(), r: r, size: size}
		if p.err != nil {
			return nil, p.err
		}
		if dir, err = inner.directory(lim); err != nil {
			return nil, err
		}
	}
	return nil, &FormatError{Msg: "the directory is compressed too often"}
}

// directory decompresses a compressed directory.
func (z *SevenZip) directory(lim safeio.Limits) ([]byte, error) {
	if len(z.Folders) != 1 {
		return nil, &FormatError{Msg: "a compressed directory that is none"}
	}
	in, _, err := z.Open(&z.Folders[0])
	if err != nil {
		return nil, err
	}
	dir, err := io.ReadAll(io.LimitReader(in, lim.MaxAlloc+1))
	if int64(len(dir)) > lim.MaxAlloc {
		err = fmt.Errorf("the directory has more than %d bytes: %w", lim.MaxAlloc, safeio.ErrLimit)
	}
	return dir, err
}

// Named returns how many files have a name.
func (z *SevenZip) Named(name string) (n int) {
	for i := range z.Folders {
		for _, f := range z.Folders[i].Files {
			if f.Name == name {
				n++
			}
		}
	}
	return n
}

// OpenSevenZip returns the content of the only file of an archive that has a name.
func OpenSevenZip(r io.ReaderAt, size int64, name string, lim safeio.Limits) (io.Reader, error) {
	z, err := ReadSevenZip(r, size, lim)
	if err != nil {
		return nil, err
	}
	if z.Named(name) != 1 {
		return nil, &FormatError{Msg: "no single file has that name"}
	}
	for i := range z.Folders {
		f := &z.Folders[i]
		in, _, err := z.Open(f)
		for _, file := range f.Files {
			if err != nil {
				break
			}
			if file.Name == name {
				return io.LimitReader(in, file.Size), nil
			}
			_, err = io.CopyN(io.Discard, in, file.Size)
		}
		if err != nil && slices.ContainsFunc(f.Files, func(file SevenFile) bool { return file.Name == name }) {
			return nil, err
		}
	}
	return nil, &FormatError{Msg: "no file has that name"}
}

// Open returns the content of a folder, and a function that says how many
// compressed bytes of it were read. An error wraps ErrUnsupported for
// encryption and for coders that this package does not know.
func (z *SevenZip) Open(f *Folder) (io.Reader, func() int64, error) {
	main := -1
	for c, k := range f.coders {
		if k.in != 1 || k.out != 1 {
			return nil, nil, unsupported(k.id)
		}
		bound := false
		for _, b := range f.binds {
			bound = bound || b[1] == c
		}
		if !bound {
			main = c
		}
	}
	if main < 0 {
		return nil, nil, &FormatError{Msg: "a folder without a result"}
	}
	var in *input
	r, err := z.coder(f, main, &in, 0)
	if err != nil {
		return nil, nil, err
	}
	start := in.pos()
	return io.LimitReader(r, f.sizes[main]), func() int64 { return in.pos() - start }, nil
}

// coder opens the output of a coder. All coders that are known have one input
// and one output, so that they form a chain whose end is a packed stream.
func (z *SevenZip) coder(f *Folder, c int, packed **input, depth int) (io.Reader, error) {
	k := &f.coders[c]
	if depth > maxCoders {
		return nil, &FormatError{Msg: "coders that feed each other"}
	}
	var r io.Reader
	for _, b := range f.binds {
		if b[0] == c {
			var err error
			if r, err = z.coder(f, b[1], packed, depth+1); err != nil {
				return nil, err
			}
		}
	}
	if r != nil {
		return filter(k, r)
	}
	for i, p := range f.packed {
		if p == c {
			in := newInput(z.r, f.at[i], min(f.at[i]+f.lengths[i], z.size))
			*packed = in
			return decoder(k, in, f.sizes[c])
		}
	}
	return nil, &FormatError{Msg: "a coder without an input"}
}
