package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
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
	f, n, err := Check(r, size, lim)
	if most := lim.WithDefaults().MaxTensors; err == nil && n > most {
		return nil, fmt.Errorf("safetensors: more than %d tensors: %w", most, safeio.ErrLimit)
	}
	return f, err
}

// Check is Read for a file of up to lim.MaxZipped tensors, whose number it
// returns: of more than lim.MaxTensors there are no Entries.
func Check(r io.ReaderAt, size int64, lim safeio.Limits) (*File, int, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, 0, err
	}
	lim = lim.WithDefaults()
	p := parser{header: header, most: lim.MaxZipped, tensors: lim.MaxTensors, keys: lim.MaxMembers, seed: maphash.MakeSeed()}
	if err := p.parse(); err != nil {
		return nil, 0, err
	}
	if twice := equals(p.names); twice != nil { // as a rule the same name, which a second look shows
		again := parser{header: header, most: p.most, tensors: p.tensors, keys: p.keys, seed: p.seed, twice: twice, seen: map[string]bool{}}
		if err := again.parse(); err != nil {
			return nil, 0, err
		}
	}
	return p.file, len(p.names), p.tile(size)
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
	header []byte
	file   *File
	// most and keys are how many tensors and metadata keys there may be. Of more
	// than so many tensors only the spans are kept.
	most, keys, tensors int
	spans               []span
	meta                bool    // __metadata__ was there
	shape, offsets      []int64 // of the tensor that was read last
	// names are hashes of the tensors' names, in the order of the header. Of those
	// in twice the names themselves are seen.
	names []uint64
	seed  maphash.Seed
	twice map[uint64]bool
	seen  map[string]bool
}

// A span is the bytes of a tensor whose name is in the header at a place.
type span struct {
	begin, end int64
	name       uint32
}

// parse reads the whole header.
func (p *parser) parse() error {
	n := int64(len(p.header))
	p.scanner = scanner{buf: p.header, base: lengthSize}
	p.shape, p.offsets = make([]int64, 0, maxRank), make([]int64, 0, maxRank)
	p.file = &File{Entries: []Entry{}, HeaderSize: n, DataOffset: lengthSize + n}
	if err := p.object(p.member); err != nil {
		return err
	}
	if i := bytes.IndexFunc(p.header[p.pos:], func(c rune) bool { return c != ' ' }); i >= 0 {
		return p.errorf(p.pos+i, "text other than spaces follows the header's object")
	}
	return nil
}

// member reads one member of the header's object.
func (p *parser) member(name string, at int) error {
	if name == metadataKey {
		if p.meta {
			return p.errorf(at, "the name %s stands twice", quoted(name))
		}
		p.meta = true
		return p.metadata()
	}
	if len(p.names) >= p.most {
		return fmt.Errorf("safetensors: more than %d tensors: %w", p.most, safeio.ErrLimit)
	}
	hash := maphash.String(p.seed, name)
	p.names = append(room(p, p.names), hash)
	if p.twice[hash] {
		if p.seen[name] {
			return p.errorf(at, "the name %s stands twice", quoted(name))
		}
		p.seen[name] = true
	}
	e, err := p.entry(name, at)
	if p.spans == nil && len(p.file.Entries) < p.tensors {
		e.Shape = slices.Clone(e.Shape)
		p.file.Entries = append(p.file.Entries, e)
		return err
	}
	if p.spans == nil {
		for _, e := range p.file.Entries {
			p.spans = append(p.spans, span{e.Begin, e.End, 0})
		}
		p.file.Entries = nil
	}
	p.spans = append(room(p, p.spans), span{e.Begin, e.End, uint32(at)})
	return err
}

// room makes room for as many of a list as there will be if the rest of the header is
// like what was read of it.
func room[T any](p *parser, list []T) []T {
	if n := len(list); n == cap(list) && n >= 4096 {
		return slices.Grow(list, max(int(int64(n)*int64(len(p.header))/int64(p.pos))-n, n/8)+64)
	}
	return list
}

// equals are the hashes that several names have, nil if none.
func equals(hashes []uint64) map[uint64]bool {
	sorted := slices.Clone(hashes)
	slices.Sort(sorted)
	var out map[uint64]bool
	for i := 1; i < len(sorted); i++ {
		if sorted[i] != sorted[i-1] {
			continue
		}
		if out == nil {
			out = map[uint64]bool{}
		}
		out[sorted[i]] = true
	}
	return out
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
// size that dtype and shape ask for. The shape is valid until the next call.
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
	keys := [...]string{"dtype", "shape", "data_offsets"}
	var seen [len(keys)]bool
	err = p.object(func(key string, at int) (err error) {
		i := slices.Index(keys[:], key)
		if i < 0 {
			return p.errorf(at, "tensor %s has the unknown key %s", quoted(name), quoted(key))
		}
		if seen[i] {
			return p.errorf(at, "tensor %s has the key %s twice", quoted(name), quoted(key))
		}
		switch seen[i] = true; i {
		case 0:
			dtype, err = p.text()
		case 1:
			p.shape, err = p.integers(p.shape[:0])
			shape = p.shape
		default:
			p.offsets, err = p.integers(p.offsets[:0])
			offsets = p.offsets
		}
		return err
	})
	return dtype, shape, offsets, err
}
