package pytorch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"math"
	"strconv"
)

// alignment is the multiple of bytes at which the content of each record begins
// (caffe2/serialize/inline_container.h, kFieldAlignment).
const alignment = 64

// A record is one member of the archive, stored as it is.
type record struct {
	name string // below the archive's root
	data io.WriterTo
	size int64

	header int64 // where the local header stands
	crc    uint32
}

// wide lists what of a record needs the fields of zip64: its sizes, its place.
func (r *record) wide() (values []int64) {
	if r.size >= math.MaxUint32 {
		values = append(values, r.size, r.size)
	}
	if r.header >= math.MaxUint32 {
		values = append(values, r.header)
	}
	return values
}

// flags: the name is UTF-8, and behind a record with content stands a descriptor.
func (r *record) flags() uint16 {
	if r.size == 0 {
		return 0x0800
	}
	return 0x0808
}

// root is the directory of all records, as torch.save names it for a file
// without a name.
const root = "archive/"

// An archive is a zip as torch writes it: records stored and aligned, each with
// its checksum behind it, and zip64 end records always.
type archive struct {
	records []*record
	size    int64
}

// serialization is the record that identifies what was saved; its text is known
// when all others are written.
const (
	serialization     = ".data/serialization_id"
	serializationSize = 40
)

// newArchive lays an archive out. The last record is the serialization id.
func newArchive(records []*record) (*archive, error) {
	a := &archive{records: append(records, &record{name: serialization, size: serializationSize})}
	pos, central := int64(0), int64(0)
	for _, r := range a.records {
		if r.size > math.MaxInt64-1<<40-pos {
			return nil, errors.New("the file's size overflows")
		}
		r.header = pos
		pos += int64(len(r.local())) + r.size + int64(len(r.descriptor()))
		central += int64(len(r.central()))
	}
	a.size = pos + central + int64(len(a.end(pos, central)))
	return a, nil
}

// local is the local header with what fills up to the aligned content: an extra
// field FB, as torch's writer pads (caffe2/serialize/inline_container.cc, getPadding).
func (r *record) local() []byte {
	b := make([]byte, 30, 128)
	copy(b, "PK\x03\x04")
	binary.LittleEndian.PutUint16(b[6:], r.flags())
	name, extra := root+r.name, zip64(r.wide())
	start := r.header + 30 + int64(len(name)) + int64(len(extra)) + 4
	pad := int((alignment - start%alignment) % alignment)
	extra = append(extra, 'F', 'B', byte(pad), 0)
	for range pad {
		extra = append(extra, 'Z')
	}
	binary.LittleEndian.PutUint16(b[26:], uint16(len(name)))
	binary.LittleEndian.PutUint16(b[28:], uint16(len(extra)))
	return append(append(b, name...), extra...)
}

// zip64 is the extra field of that name (APPNOTE 4.5.3), nothing without values.
func zip64(values []int64) []byte {
	if len(values) == 0 {
		return nil
	}
	b := []byte{1, 0, byte(8 * len(values)), 0}
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// descriptor follows the content: checksum and sizes.
func (r *record) descriptor() []byte {
	if r.size == 0 {
		return nil
	}
	b := binary.LittleEndian.AppendUint32([]byte("PK\x07\x08"), r.crc)
	if r.wide() != nil {
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, uint64(r.size)), uint64(r.size))
	}
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, uint32(r.size)), uint32(r.size))
}

// central is the record's entry in the directory.
func (r *record) central() []byte {
	b := make([]byte, 46, 128)
	copy(b, "PK\x01\x02")
	binary.LittleEndian.PutUint16(b[8:], r.flags())
	binary.LittleEndian.PutUint32(b[16:], r.crc)
	binary.LittleEndian.PutUint32(b[20:], uint32(min(r.size, math.MaxUint32)))
	binary.LittleEndian.PutUint32(b[24:], uint32(min(r.size, math.MaxUint32)))
	binary.LittleEndian.PutUint32(b[42:], uint32(min(r.header, math.MaxUint32)))
	name, extra := root+r.name, zip64(r.wide())
	binary.LittleEndian.PutUint16(b[28:], uint16(len(name)))
	binary.LittleEndian.PutUint16(b[30:], uint16(len(extra)))
	return append(append(b, name...), extra...)
}

// end are the records behind the directory, which begins at start.
func (a *archive) end(start, size int64) []byte {
	n := uint64(len(a.records))
	b := make([]byte, 56+20+22)
	copy(b, "PK\x06\x06")
	binary.LittleEndian.PutUint64(b[4:], 44)
	binary.LittleEndian.PutUint16(b[12:], 0x031e)
	binary.LittleEndian.PutUint16(b[14:], 45)
	binary.LittleEndian.PutUint64(b[24:], n)
	binary.LittleEndian.PutUint64(b[32:], n)
	binary.LittleEndian.PutUint64(b[40:], uint64(size))
	binary.LittleEndian.PutUint64(b[48:], uint64(start))
	at := b[56:]
	copy(at, "PK\x06\x07")
	binary.LittleEndian.PutUint64(at[8:], uint64(start+size))
	binary.LittleEndian.PutUint32(at[16:], 1)
	at = at[20:]
	copy(at, "PK\x05\x06")
	binary.LittleEndian.PutUint16(at[8:], uint16(min(n, math.MaxUint16)))
	binary.LittleEndian.PutUint16(at[10:], uint16(min(n, math.MaxUint16)))
	binary.LittleEndian.PutUint32(at[12:], uint32(min(size, math.MaxUint32)))
	binary.LittleEndian.PutUint32(at[16:], uint32(min(start, math.MaxUint32)))
	return b
}

// writeTo streams the archive.
func (a *archive) writeTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	names := fnv.New64a()
	var sums uint64
	for _, r := range a.records {
		if r.name == serialization {
			r.data = textOf(fmt.Sprintf("%020d%020d", names.Sum64(), sums))
		}
		if err := out.record(r); err != nil {
			return out.n, err
		}
		io.WriteString(names, r.name+"\x00"+strconv.FormatInt(r.size, 10)+"\x00")
		sums = sums*0x9e3779b97f4a7c15 + uint64(r.crc)
	}
	start := out.n
	for _, r := range a.records {
		if _, err := out.Write(r.central()); err != nil {
			return out.n, err
		}
	}
	_, err := out.Write(a.end(start, out.n-start))
	return out.n, err
}

// A counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// record writes one record with exactly the bytes that it was laid out with.
func (c *counter) record(r *record) error {
	if _, err := c.Write(r.local()); err != nil {
		return err
	}
	s := &summed{w: c, left: r.size}
	_, err := r.data.WriteTo(s)
	if s.err != nil {
		err = s.err
	}
	if err == nil && s.left > 0 {
		err = fmt.Errorf("%d of %d bytes were not written", s.left, r.size)
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", r.name, err)
	}
	r.crc = s.crc
	_, err = c.Write(r.descriptor())
	return err
}

// A summed passes on left bytes, refuses more, and knows their checksum. Its
// first error stays.
type summed struct {
	w    io.Writer
	left int64
	crc  uint32
	err  error
}

func (s *summed) Write(p []byte) (int, error) {
	if s.err == nil && int64(len(p)) > s.left {
		s.err = fmt.Errorf("%d bytes more than the shape says", int64(len(p))-s.left)
	}
	if s.err != nil {
		return 0, s.err
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p)
	n, err := s.w.Write(p)
	s.left -= int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	s.err = err
	return n, err
}
