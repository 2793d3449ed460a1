package archive

import (
	"encoding/binary"
	"io"
	"math"
)

// An lzma2Reader decompresses a sequence of LZMA2 chunks up to its end marker
// (liblzma:lzma2_decoder.c).
type lzma2Reader struct {
	d     lzmaDecoder
	begun bool // the dictionary was reset
	props bool // properties were set
	// Of the current chunk: bytes of content left, whether they are LZMA, and
	// where its compressed bytes end.
	left int
	lzma bool
	end  int64
	err  error
}

// dictionaryOf decodes the property byte of an LZMA2 filter.
func dictionaryOf(b byte) (uint32, bool) {
	switch {
	case b > 40:
		return 0, false
	case b == 40:
		return math.MaxUint32, true
	}
	return (2 | uint32(b)&1) << (b/2 + 11), true
}

func newLZMA2(in *input, dict uint32) *lzma2Reader {
	return &lzma2Reader{d: lzmaDecoder{in: in, window: newWindow(dict)}}
}

// Read implements io.Reader.
func (r *lzma2Reader) Read(p []byte) (int, error) {
	for r.err == nil && r.left == 0 {
		r.err = r.chunk()
	}
	if r.err != nil {
		return 0, r.err
	}
	want, n := min(len(p), r.left), 0
	if r.lzma {
		n, r.err = r.d.decode(want)
		if r.err == io.EOF {
			r.err = &FormatError{Offset: r.d.in.pos(), Msg: "an LZMA2 chunk ends early"}
		}
	} else {
		n, r.err = r.stored(want)
	}
	copy(p, r.d.window.last(n))
	r.left -= n
	if r.left == 0 && r.err == nil {
		r.err = r.closeChunk()
	}
	return n, r.err
}

// stored moves bytes of a chunk that is not compressed into the window.
func (r *lzma2Reader) stored(n int) (int, error) {
	w := &r.d.window
	n = w.room(n)
	n, err := r.d.in.Read(w.buf[w.pos : w.pos+n])
	w.pos, w.total = w.pos+n, w.total+int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// closeChunk checks that a chunk used all its compressed bytes.
func (r *lzma2Reader) closeChunk() error {
	if r.lzma {
		r.d.normalise()
		if r.d.in.pos() != r.end || r.d.pending > 0 {
			return &FormatError{Offset: r.d.in.pos(), Msg: "an LZMA2 chunk has another size than it claims"}
		}
	}
	return nil
}

// chunk reads the header of the next chunk; io.EOF is the end marker.
func (r *lzma2Reader) chunk() error {
	in := r.d.in
	control, err := in.ReadByte()
	if err != nil {
		return in.end()
	}
	bad := func() error {
		return &FormatError{Offset: in.pos(), Msg: "an LZMA2 chunk of a kind that may not stand here"}
	}
	switch {
	case control == 0:
		return io.EOF
	case control >= 0xe0 || control == 1:
		r.begun = true
		r.d.window.total = 0
	case !r.begun || control > 2 && control < 0x80:
		return bad()
	}
	if control < 0x80 {
		b, err := in.take(2)
		if err != nil {
			return err
		}
		r.lzma, r.left = false, int(binary.BigEndian.Uint16(b))+1
		return nil
	}
	b, err := in.take(4)
	if err != nil {
		return err
	}
	r.lzma, r.left = true, int(control&0x1f)<<16+int(binary.BigEndian.Uint16(b))+1
	packed := int64(binary.BigEndian.Uint16(b[2:])) + 1
	if control >= 0xc0 {
		props, err := in.ReadByte()
		if err != nil {
			return in.end()
		}
		if !r.d.setProps(props) || r.d.lc+r.d.lp > 4 {
			return bad()
		}
		r.props = true
	}
	if !r.props {
		return bad()
	}
	if control >= 0xa0 {
		r.d.reset()
	}
	r.end = in.pos() + packed
	return r.d.start()
}
