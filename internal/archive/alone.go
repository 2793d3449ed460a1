package archive

import (
	"encoding/binary"
	"io"
	"math"
)

// aloneHeader is the length of the header of an .lzma file: a byte of
// properties, the dictionary's size and that of the content.
const aloneHeader = 13

// isAlone reports whether b begins an .lzma file. There is no magic number:
// liblzma (alone_decoder.c, is_lzma of the xz program) looks for a dictionary of
// 2^n or 2^n + 2^(n-1) bytes and a content below 256 GiB; the first byte of the
// range coder is zero.
func isAlone(b []byte) bool {
	if len(b) < aloneHeader+1 || b[0] >= 9*5*5 || b[aloneHeader] != 0 {
		return false
	}
	dict, size := binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint64(b[5:])
	d := dict - 1
	for _, shift := range []int{2, 3, 4, 8, 16} {
		d |= d >> shift
	}
	return (dict == math.MaxUint32 || d+1 == dict) && dict > 0 && (size == math.MaxUint64 || size < 1<<38)
}

// An aloneReader decompresses one .lzma stream.
type aloneReader struct {
	d    lzmaDecoder
	left int64 // -1: up to the end marker
	err  error
}

// newLZMA reads a bare LZMA stream of size bytes, or with -1 up to its marker.
func newLZMA(in *input, props byte, dict uint32, size int64) (*aloneReader, error) {
	r := &aloneReader{d: lzmaDecoder{in: in, window: newWindow(dict)}, left: size}
	if !r.d.setProps(props) {
		return nil, &FormatError{Offset: in.pos(), Msg: "the LZMA properties are none"}
	}
	r.d.reset()
	return r, r.d.start()
}

func openAlone(in *input) (io.Reader, error) {
	b, err := in.take(aloneHeader)
	if err != nil {
		return nil, err
	}
	return newLZMA(in, b[0], binary.LittleEndian.Uint32(b[1:]), int64(binary.LittleEndian.Uint64(b[5:])))
}

// Read implements io.Reader.
func (r *aloneReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	want := len(p)
	if r.left >= 0 {
		want = int(min(int64(want), r.left))
	}
	n, err := r.d.decode(want)
	copy(p, r.d.window.last(n))
	if r.left >= 0 {
		if r.left -= int64(n); r.left == 0 && err == nil {
			err = r.finish()
		} else if err == io.EOF {
			err = &FormatError{Offset: r.d.in.pos(), Msg: "it ends before the size that its header names"}
		}
	}
	if err == io.EOF {
		r.d.normalise()
	}
	r.err = err
	return n, err
}

// finish reads an end marker that may stand behind content of a known size.
func (r *aloneReader) finish() error {
	r.d.normalise()
	if r.d.code != 0 && r.d.pending == 0 && r.d.in.fill(1) {
		r.d.window.room(1)
		if err := r.d.operation(); err != io.EOF {
			return &FormatError{Offset: r.d.in.pos(), Msg: "there is more behind the size that its header names"}
		}
	}
	return io.EOF
}
