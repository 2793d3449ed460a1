package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
)

const xzMagic = "\xfd7zXZ\x00"

// An xzReader decompresses one xz stream. It has its own reading of the frame
// around the LZMA2 chunks: blocks, filters, index, footer.
type xzReader struct {
	in     *input
	check  int // bytes of the check behind each block
	newSum func() hash.Hash
	block  io.Reader // nil between blocks
	start  int64     // where the block's chunks begin
	sum    hash.Hash
	err    error
}

func openXz(in *input) (io.Reader, error) {
	b, err := in.take(12)
	if err != nil {
		return nil, err
	}
	id := b[7]
	if b[6] != 0 || id > 15 {
		return nil, &FormatError{Offset: in.pos(), Msg: "stream flags that no version knows", Err: ErrUnsupported}
	}
	x := &xzReader{in: in, check: []int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[id]}
	switch id {
	case 1:
		x.newSum = func() hash.Hash { return crc32.NewIEEE() }
	case 4:
		x.newSum = func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) }
	case 10:
		x.newSum = sha256.New
	}
	return x, nil
}

// Read implements io.Reader.
func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			if x.err = x.open(); x.err != nil {
				break
			}
		}
		n, err := x.block.Read(p)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if err == io.EOF {
			x.block, x.err = nil, x.closeBlock()
		} else {
			x.err = err
		}
		if n > 0 {
			return n, nil // an error comes with the next call
		}
	}
	return 0, x.err
}

// open reads a block's header, or the index and footer, after which it is io.EOF.
func (x *xzReader) open() error {
	size, err := x.in.ReadByte()
	if err != nil {
		return x.in.end()
	}
	if size == 0 {
		return x.index()
	}
	at := x.in.pos()
	b, err := x.in.take(int(size)*4 + 3)
	if err != nil {
		return err
	}
	h := bytes.NewReader(b[:len(b)-4])
	flags, _ := h.ReadByte()
	for _, bit := range []byte{0x40, 0x80} { // the sizes are claims, and not needed
		if flags&bit != 0 {
			if _, err := varint(h); err != nil {
				return &FormatError{Offset: at, Msg: "a block header that is none"}
			}
		}
	}
	x.start = x.in.pos()
	x.block, err = x.filters(h, int(flags&3)+1)
	x.sum = nil
	if x.newSum != nil {
		x.sum = x.newSum()
	}
	return err
}

// filters builds the chain of filters, of which LZMA2 is the last.
func (x *xzReader) filters(h *bytes.Reader, n int) (io.Reader, error) {
	var around []func(io.Reader) io.Reader
	for i := range n {
		id, err := varint(h)
		length, err2 := varint(h)
		if err != nil || err2 != nil || length > int64(h.Len()) {
			return nil, &FormatError{Offset: x.start, Msg: "a block header that is none"}
		}
		props := make([]byte, length)
		_, _ = h.Read(props)
		switch {
		case id == 0x03 && length == 1 && i < n-1:
			around = append(around, func(r io.Reader) io.Reader { return &deltaReader{r: r, distance: int(props[0]) + 1} })
		case branches(id, 0) != nil && i < n-1 && (length == 0 || length == 4):
			start := binary.LittleEndian.Uint32(append(props, 0, 0, 0, 0))
			around = append(around, func(r io.Reader) io.Reader { return &branchReader{r: r, filter: branches(id, start)} })
		case id == 0x21 && length == 1 && i == n-1:
			dict, ok := dictionaryOf(props[0])
			if !ok {
				return nil, &FormatError{Offset: x.start, Msg: "a dictionary size that is none"}
			}
			var r io.Reader = newLZMA2(x.in, dict)
			for i := len(around) - 1; i >= 0; i-- {
				r = around[i](r)
			}
			return r, nil
		default:
			return nil, &FormatError{Offset: x.start, Msg: "a filter that is not supported", Err: ErrUnsupported}
		}
	}
	return nil, &FormatError{Offset: x.start, Msg: "no LZMA2 filter"}
}

// closeBlock reads the padding and the check behind a block.
func (x *xzReader) closeBlock() error {
	for (x.in.pos()-x.start)%4 != 0 {
		if _, err := x.in.ReadByte(); err != nil {
			return x.in.end()
		}
	}
	at := x.in.pos()
	want, err := x.in.take(x.check)
	if err != nil {
		return err
	}
	if x.sum != nil {
		got := x.sum.Sum(nil)
		if x.check < 32 { // numbers are little-endian
			for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
				got[i], got[j] = got[j], got[i]
			}
		}
		if !bytes.Equal(got, want) {
			return &FormatError{Offset: at, Msg: "the checksum does not match"}
		}
	}
	return nil
}

// index moves behind the index and the footer.
func (x *xzReader) index() error {
	start := x.in.pos() - 1
	records, err := varint(x.in)
	for i := int64(0); err == nil && i < 2*records; i++ {
		_, err = varint(x.in)
	}
	if err != nil {
		return err
	}
	pad := -(x.in.pos() - start) & 3
	if err := x.in.skip(pad + 4 + 12); err != nil {
		return err
	}
	return io.EOF
}

// varint reads a number of at most nine bytes, seven bits each.
func varint(r io.ByteReader) (int64, error) {
	var v int64
	for i := 0; i < 9; i++ {
		b, err := r.ReadByte()
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		v |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return v, nil
		}
	}
	return 0, &FormatError{Msg: "a number that does not end"}
}

// A deltaReader undoes the delta filter.
type deltaReader struct {
	r        io.Reader
	distance int
	last     [256]byte
	at       byte
}

// Read implements io.Reader.
func (d *deltaReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.last[d.at-byte(d.distance)]
		d.last[d.at] = p[i]
		d.at++
	}
	return n, err
}
