package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// Read checks the header of the file that r holds in size bytes. A file that
// is not valid, in the strict sense of the package's Security section, is a
// *FormatError; more than lim.MaxTensors tensors, or lim.MaxMembers metadata
// keys, is an error wrapping safeio.ErrLimit; other errors are r's.
func Read(r io.ReaderAt, size int64, lim safeio.Limits) (*File, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	n := int64(len(header))
	f := &File{Entries: []Entry{}, HeaderSize: n, DataOffset: lengthSize + n}
	lim = lim.WithDefaults()
	p := parser{
		scanner: scanner{buf: header, base: lengthSize},
		file:    f,
		names:   map[string]struct{}{},
		tensors: lim.MaxTensors,
		keys:    lim.MaxMembers,
	}
	if err := p.object(p.member); err != nil {
		return nil, err
	}
	if i := bytes.IndexFunc(header[p.pos:], func(c rune) bool { return c != ' ' }); i >= 0 {
		return nil, p.errorf(p.pos+i, "text other than spaces follows the header's object")
	}
	if err := f.tile(size); err != nil {
		return nil, err
	}
	return f, nil
}

// lengthSize is the size of the header's length in bytes.
const lengthSize = 8

// readHeader returns the JSON text, which begins with a brace and is UTF-8.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < lengthSize {
		return nil, &FormatError{0, fmt.Sprintf("%d bytes cannot hold the header's length", size)}
	}
	length, err := safeio.ReadRange(r, size, 0, lengthSize, lengthSize)
	if err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length)
	if n > MaxHeaderSize {
		return nil, &FormatError{0, fmt.Sprintf("the header's length %d is above %d", n, MaxHeaderSize)}
	}
	if int64(n) > size-lengthSize {
		return nil, &FormatError{0, fmt.Sprintf("a header of %d bytes does not fit into a file of %d", n, size)}
	}
	header, err := safeio.ReadRange(r, size, lengthSize, int64(n), MaxHeaderSize)
	if err != nil {
		return nil, err
	}
	if n == 0 || header[0] != '{' {
		return nil, &FormatError{lengthSize, "the header does not begin with a brace"}
	}
	if i := invalidUTF8(header); i >= 0 {
		return nil, &FormatError{lengthSize + int64(i), "the header is not UTF-8"}
	}
	return header, nil
}

// invalidUTF8 returns the place of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		c, width := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && width == 1 {
			return i
		}
		i += width
	}
}

// A parser fills a File from its header.
type parser struct {
	scanner
	file  *File
	names map[string]struct{}
	// tensors and keys are how many there may be.
	tensors, keys int
}

// member reads one member of the header's object.
func (p *parser) member(name string, at int) error {
	if _, dup := p.names[name]; dup {
		return p.errorf(at, "the name %s stands twice", quoted(name))
	}
	p.names[name] = struct{}{}
	if name == metadataKey {
		return p.metadata()
	}
	if len(p.file.Entries) == p.tensors {
		return fmt.Errorf("safetensors: more than %d tensors: %w", p.tensors, safeio.ErrLimit)
	}
	e, err := p.entry(name, at)
	p.file.Entries = append(p.file.Entries, e)
	return err
}

// metadata reads the value of __metadata__: an object of strings.
func (p *parser) metadata() error {
	m := map[string]string{}
	p.file.Metadata, p.file.MetadataKeys = m, []string{}
	return p.object(func(key string, at int) error {
		if _, dup := m[key]; dup {
			return p.errorf(at, "the metadata key %s stands twice", quoted(key))
		}
		if len(m) == p.keys {
			return fmt.Errorf("safetensors: more than %d metadata keys: %w", p.keys, safeio.ErrLimit)
		}
		value, err := p.text()
		m[key] = value
		p.file.MetadataKeys = append(p.file.MetadataKeys, key)
		return err
	})
}

// entry reads a tensor's description and checks that its byte range has the
// size that dtype and shape ask for.
func (p *parser) entry(name string, at int) (Entry, error) {
	e := Entry{Name: name}
	dtype, shape, offsets, err := p.fields(name)
	if err != nil {
		return e, err
	}
	if dtype == "" || shape == nil || len(offsets) != 2 {
		return e, p.errorf(at, "tensor %s needs dtype, shape and two data_offsets", quoted(name))
	}
	rank := dtypeRank(tensor.DType(dtype))
	if rank < 0 {
		return e, p.errorf(at, "tensor %s has the unknown dtype %s", quoted(name), quoted(dtype))
	}
	e.DType, e.Shape, e.Begin, e.End = dtypes[rank].dtype, shape, offsets[0], offsets[1]
	size, err := byteSize(rank, shape)
	if err != nil {
		return e, p.errorf(at, "tensor %s: %v", quoted(name), err)
	}
	if e.End < e.Begin || e.End-e.Begin != size {
		return e, p.errorf(at, "tensor %s has %d bytes but data_offsets [%d,%d]", quoted(name), size, e.Begin, e.End)
	}
	return e, nil
}

// fields reads the object that describes a tensor. What it lacks is "" or nil.
func (p *parser) fields(name string) (dtype string, shape, offsets []int64, err error) {
	seen := map[string]bool{}
	err = p.object(func(key string, at int) (err error) {
		if seen[key] {
			return p.errorf(at, "tensor %s has the key %s twice", quoted(name), quoted(key))
		}
		seen[key] = true
		switch key {
		case "dtype":
			dtype, err = p.text()
		case "shape":
			shape, err = p.integers()
		case "data_offsets":
			offsets, err = p.integers()
		default:
			err = p.errorf(at, "tensor %s has the unknown key %s", quoted(name), quoted(key))
		}
		return err
	})
	return dtype, shape, offsets, err
}

// tile sorts the entries by their place and checks that they cover the bytes
// from DataOffset to size without hole or overlap.
func (f *File) tile(size int64) error {
	slices.SortStableFunc(f.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.End, b.End))
	})
	data := size - f.DataOffset
	end := int64(0)
	for _, e := range f.Entries {
		if e.Begin != end {
			return &FormatError{f.DataOffset + min(end, data), fmt.Sprintf(
				"tensor %s begins at %d of the data section, not at %d", quoted(e.Name), e.Begin, end)}
		}
		end = e.End
	}
	if end != data {
		return &FormatError{f.DataOffset + min(end, data), fmt.Sprintf(
			"the tensors have %d bytes, the file holds %d", end, data)}
	}
	return nil
}
