package zipfile

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// A Header describes a member that is written.
type Header struct {
	Name    string
	Method  uint16 // 0 stored, 8 DEFLATE: how the bytes that are written are packed
	Flags   uint16 // UTF-8 (bit 11), or the bits of the level; bit 3 is the Writer's own
	DOSTime uint32 // date (high half) and time (low half); torch writes 0
	// Size is the number of bytes that the member has when it is unpacked.
	Size int64
	// CRC32 is that of the unpacked bytes of a DEFLATE member. For a stored one
	// it is computed.
	CRC32 uint32
	// Packed is the number of bytes that are written of a DEFLATE member.
	Packed int64
	// Align, unless 0, is what the offset of the first byte is a multiple of.
	Align int64
}

// A Writer writes an archive as torch's writer lays it out
// (caffe2/serialize/inline_container.cc, PyTorchStreamWriter;
// third_party/miniz, mz_zip_writer_add_mem_ex_v2): sizes and checksums stand
// behind the members, the padding in a field "FB", and where a member begins
// follows from the sizes before it.
type Writer struct {
	w       io.Writer
	n       int64
	entries []written
}

type written struct {
	Header
	at int64 // of the local header
}

// NewWriter returns a Writer of an archive that begins where w stands.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Written is how many bytes were written.
func (z *Writer) Written() int64 { return z.n }

func (z *Writer) write(b []byte) error {
	n, err := z.w.Write(b)
	z.n += int64(n)
	return err
}

// Add writes a member. body must yield as many bytes as the header says.
func (z *Writer) Add(h Header, body io.Reader) error {
	if len(h.Name) > math.MaxUint16 {
		return fmt.Errorf("zip: a member's name of %d bytes", len(h.Name))
	}
	if h.Method == methodStored {
		h.Packed = h.Size
	}
	if h.Flags &^= flagDescriptor; h.Size > 0 { // miniz writes nothing behind nothing
		h.Flags |= flagDescriptor
	}
	e := written{h, z.n}
	if err := z.write(append(append(e.local(), h.Name...), e.localExtra()...)); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	var to io.Writer = z.w
	if h.Method == methodStored {
		to = io.MultiWriter(z.w, sum)
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{to}, io.LimitReader(body, h.Packed+1), make([]byte, 256<<10))
	z.n += n
	if err == nil && n != h.Packed {
		err = fmt.Errorf("zip: member %q has %d bytes, its header says %d", h.Name, n, h.Packed)
	}
	if err != nil {
		return err
	}
	if h.Method == methodStored {
		e.CRC32 = sum.Sum32()
	}
	z.entries = append(z.entries, e)
	if h.Size == 0 {
		return nil
	}
	return z.write(e.descriptor())
}

// wide reports which of the member's numbers need 64 bits.
func (e *written) wide() (size, offset bool) {
	return e.Size >= math.MaxUint32 || e.Packed >= math.MaxUint32, e.at >= math.MaxUint32
}

// needed is the version that the member says it needs, as miniz has it.
func (e *written) needed() uint16 {
	if e.Method == methodStored {
		return 0
	}
	return 20
}

func (e *written) local() []byte {
	b := le.AppendUint16([]byte(sigLocal), e.needed())
	b = le.AppendUint16(b, e.Flags)
	b = le.AppendUint16(b, e.Method)
	b = le.AppendUint16(le.AppendUint16(b, uint16(e.DOSTime)), uint16(e.DOSTime>>16))
	b = append(b, make([]byte, 12)...) // checksum and sizes stand behind
	if size, _ := e.wide(); size {
		for i := len(b) - 8; i < len(b); i++ {
			b[i] = 0xff
		}
	}
	b = le.AppendUint16(b, uint16(len(e.Name)))
	return le.AppendUint16(b, uint16(len(e.localExtra())))
}

// localExtra is the field of wide numbers and that of the padding.
func (e *written) localExtra() []byte {
	b := e.extra64()
	if e.Align <= 0 {
		return b
	}
	at := e.at + localLen + int64(len(e.Name)) + int64(len(b)) + 4
	pad := (e.Align - at%e.Align) % e.Align
	b = le.AppendUint16(append(b, 'F', 'B'), uint16(pad))
	for range pad {
		b = append(b, 'Z')
	}
	return b
}

// extra64 is the field of wide numbers, empty where there are none.
func (e *written) extra64() []byte {
	size, offset := e.wide()
	var b []byte
	if size {
		b = le.AppendUint64(le.AppendUint64(b, uint64(e.Size)), uint64(e.Packed))
	}
	if offset {
		b = le.AppendUint64(b, uint64(e.at))
	}
	if b == nil {
		return nil
	}
	return append(le.AppendUint16(le.AppendUint16(nil, 1), uint16(len(b))), b...)
}

func (e *written) descriptor() []byte {
	b := le.AppendUint32([]byte(sigDescriptor), e.CRC32)
	if size, offset := e.wide(); size || offset {
		return le.AppendUint64(le.AppendUint64(b, uint64(e.Packed)), uint64(e.Size))
	}
	return le.AppendUint32(le.AppendUint32(b, uint32(e.Packed)), uint32(e.Size))
}

// central is the member's entry in the directory.
func (e *written) central() []byte {
	b := le.AppendUint16(le.AppendUint16([]byte(sigCentral), 0), e.needed())
	b = le.AppendUint16(b, e.Flags)
	b = le.AppendUint16(b, e.Method)
	b = le.AppendUint16(le.AppendUint16(b, uint16(e.DOSTime)), uint16(e.DOSTime>>16))
	b = le.AppendUint32(b, e.CRC32)
	packed, size := uint32(e.Packed), uint32(e.Size)
	wide, far := e.wide()
	if wide {
		packed, size = math.MaxUint32, math.MaxUint32
	}
	b = le.AppendUint32(le.AppendUint32(b, packed), size)
	b = le.AppendUint16(b, uint16(len(e.Name)))
	b = le.AppendUint16(b, uint16(len(e.extra64())))
	b = append(b, make([]byte, 2+2+2+4)...) // comment, disk, attributes
	at := uint32(e.at)
	if far {
		at = math.MaxUint32
	}
	b = append(le.AppendUint32(b, at), e.Name...)
	return append(b, e.extra64()...)
}

// Close writes the directory. It does not close the underlying writer.
func (z *Writer) Close() error {
	start := z.n
	for i := range z.entries {
		if err := z.write(z.entries[i].central()); err != nil {
			return err
		}
	}
	size, count := z.n-start, int64(len(z.entries))
	if size < 0 || count < 0 {
		return errors.New("zip: the directory is too large")
	}
	if err := z.write(end64(z.n, start, size, count)); err != nil { // torch always has it
		return err
	}
	b := append([]byte(sigEnd), 0, 0, 0, 0)
	n := uint16(min(count, math.MaxUint16))
	b = le.AppendUint16(le.AppendUint16(b, n), n)
	b = le.AppendUint32(b, uint32(min(size, math.MaxUint32)))
	b = le.AppendUint32(b, uint32(min(start, math.MaxUint32)))
	return z.write(append(b, 0, 0))
}

// end64 is the end record with wide numbers, which will stand at the offset at,
// and the record that points to it.
func end64(at, start, size, count int64) []byte {
	b := le.AppendUint64([]byte(sigEnd64), 44)
	b = le.AppendUint16(le.AppendUint16(b, 0x031e), 45) // made by miniz, needs 4.5
	b = append(b, make([]byte, 8)...)                   // disks
	b = le.AppendUint64(le.AppendUint64(b, uint64(count)), uint64(count))
	b = le.AppendUint64(le.AppendUint64(b, uint64(size)), uint64(start))
	b = append(append(b, sigLocator...), 0, 0, 0, 0)
	b = le.AppendUint64(b, uint64(at))
	return le.AppendUint32(b, 1)
}
