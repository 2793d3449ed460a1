package numpy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
)

// Magic begins a .npy file (numpy/lib/format.py, MAGIC_PREFIX).
const Magic = "\x93NUMPY"

// maxHeader is the longest header that is read, in bytes: numpy itself reads
// 10,000 unless it is told to trust the file.
const maxHeader = 1 << 20

// A Header is what a .npy file says of its array.
type Header struct {
	DType DType
	// Object reports that elements are Python objects, or have some among their
	// fields: a pickle of the whole array stands in place of the elements.
	Object  bool
	Shape   []int64
	Fortran bool // the first index changes fastest
	// Offset and Length are where the elements are and how many bytes they
	// have. Length is 0 if Object.
	Offset, Length int64
}

// A FormatError says why a run of bytes is no .npy file that can be read.
type FormatError struct {
	Offset int64 // where it begins
	Data   int64 // where the data behind the header begins, -1 if that is not known
	Msg    string
}

// Error returns a text like "numpy array at 0x0: version 9.0".
func (e *FormatError) Error() string { return fmt.Sprintf("numpy array at %#x: %s", e.Offset, e.Msg) }

// ReadHeader reads the header at start of an array that must end before end,
// in the versions 1.0, 2.0 and 3.0 (numpy/lib/format.py, _read_array_header). An
// error of it is a *FormatError or comes from r.
func ReadHeader(r io.ReaderAt, start, end int64) (*Header, error) {
	bad := func(data int64, format string, args ...any) error {
		return &FormatError{start, data, fmt.Sprintf(format, args...)}
	}
	fixed, err := safeio.ReadRange(r, end, start, min(12, end-start), 12)
	if err != nil {
		return nil, err
	}
	if len(fixed) < 10 || string(fixed[:6]) != Magic {
		return nil, bad(-1, "no complete header")
	}
	version := [2]byte(fixed[6:8])
	at, size := start+10, int64(binary.LittleEndian.Uint16(fixed[8:]))
	switch version {
	case [2]byte{1, 0}:
	case [2]byte{2, 0}, [2]byte{3, 0}:
		if len(fixed) < 12 {
			return nil, bad(-1, "no complete header")
		}
		at, size = start+12, int64(binary.LittleEndian.Uint32(fixed[8:]))
	default:
		return nil, bad(-1, "version %d.%d", version[0], version[1])
	}
	if size > end-at {
		return nil, bad(-1, "a header of %d bytes, but the file has %d", size, end-at)
	}
	if size > maxHeader {
		return nil, bad(at+size, "a header of %d bytes", size)
	}
	text, err := safeio.ReadRange(r, end, at, size, maxHeader)
	if err != nil {
		return nil, err
	}
	h := &Header{Shape: []int64{}, Offset: at + size}
	if err := h.parse(text, version[0]); err != nil {
		return nil, bad(h.Offset, "%v", err)
	}
	if h.Length > end-h.Offset {
		return nil, bad(h.Offset, "%d bytes of data, but the file has %d", h.Length, end-h.Offset)
	}
	return h, nil
}

// parse reads the text of a header.
func (h *Header) parse(text []byte, version byte) error {
	s := string(text)
	switch {
	case version == 3 && !utf8.Valid(text):
		return errors.New("the header is not UTF-8")
	case version < 3:
		s = latin1(text)
	}
	dict, err := parseLiteral(s, version < 3)
	if err != nil {
		return err
	}
	if dict.kind != '{' || len(dict.items) != 6 {
		return errors.New("the header is no dict of three items")
	}
	item := map[string]literal{}
	for i := 0; i < 6; i += 2 {
		if k := dict.items[i]; k.kind == 's' {
			item[k.text] = dict.items[i+1]
		}
	}
	shape, order, descr := item["shape"], item["fortran_order"], item["descr"]
	if shape.kind != '(' || order.kind != 'b' || descr.kind == 0 {
		return errors.New("the header lacks a shape, an order or a type")
	}
	h.Fortran = order.n != 0
	if err := h.takeShape(shape); err != nil {
		return err
	}
	if descr.kind == '(' {
		return errors.New("the type is an array itself")
	}
	e, err := descrOf(descr)
	if err != nil {
		return err
	}
	h.DType, h.Object = e.DType, e.object
	return h.measure()
}

// latin1 decodes text in which each byte is a character.
func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

func (h *Header) takeShape(shape literal) error {
	if len(shape.items) > 64 {
		return fmt.Errorf("%d dimensions", len(shape.items))
	}
	for _, i := range shape.items {
		if i.kind != 'i' && i.kind != 'b' || i.n < 0 {
			return errors.New("the shape has something else than sizes")
		}
		h.Shape = append(h.Shape, i.n)
	}
	return nil
}

// measure multiplies the shape out.
func (h *Header) measure() error {
	count := uint64(1)
	for _, n := range h.Shape {
		hi, lo := bits.Mul64(count, uint64(n))
		if hi != 0 || lo > 1<<62 {
			return fmt.Errorf("the shape %v overflows", h.Shape)
		}
		count = lo
	}
	if h.Object {
		return nil
	}
	hi, lo := bits.Mul64(count, uint64(h.DType.Size))
	if hi != 0 || lo > 1<<62 {
		return fmt.Errorf("the shape %v overflows", h.Shape)
	}
	h.Length = int64(lo)
	return nil
}
