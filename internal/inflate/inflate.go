// Package inflate decompresses DEFLATE as the libraries that load models do.
//
// Sources of the format facts: RFC 1951; zlib:inflate.c and inftrees.c, which Python's zlib, gzip
// and zipfile run; miniz:tinfl_decompress, which torch's reader of zip archives runs.
//
// # Security
//
// Input is hostile. A [Reader] holds its tables and the last 96 KiB of what it gave out,
// whatever the input says, refers to no byte before the first and gives out what
// comes before damage, since a loader got that far too.
package inflate

import (
	"encoding/binary"
	"io"
)

const (
	historyBytes = 32 << 10 // how far back a match may refer
	longestMatch = 258
	// bufferBytes is the buffer of a Reader, the history and what is new; behind it
	// is room for what one step of the decoder adds.
	bufferBytes = historyBytes + 64<<10
	// ahead is how many bytes of input one step of the quick decoder may load.
	ahead = 16
)

// A CorruptError says what is wrong with deflated bytes.
type CorruptError string

// Error returns the text.
func (e CorruptError) Error() string { return string(e) }

const (
	errBlockType  CorruptError = "an unknown type of deflate block"
	errStored     CorruptError = "the lengths of a stored deflate block differ"
	errCodes      CorruptError = "no codes of a deflate block"
	errSymbol     CorruptError = "an unknown code in a deflate block"
	errTooFarBack CorruptError = "a deflate match begins before the first byte"
)

// A Source is where compressed bytes come from; *bufio.Reader is one.
type Source interface {
	io.Reader
	io.ByteReader
	// Buffered is how many bytes Peek returns without reading.
	Buffered() int
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
}

// A Reader decompresses DEFLATE as zlib does: it gives out every symbol whose bits are
// there, and then says what is missing, as io.ErrUnexpectedEOF, or wrong, as a CorruptError.
// It reads no byte of its source behind the end.
type Reader struct {
	// Loose says that blocks of codes are taken that miniz takes and zlib refuses:
	// those that nothing ends, and a single code that is longer than a bit.
	Loose bool

	in   Source
	bits uint64 // that were read, the next one lowest
	n    uint   // how many of them count, fewer than 8 between two symbols

	out  []byte // what was given out at last, then what was not
	r, w int    // of out: the next byte to give out, where the next one goes

	stored     int // bytes that are left of a stored block
	inCodes    bool
	final      bool // the block is the last one
	err        error
	lit, dist  *codes
	own        [2]codes // of a block that brings them: those of lit and dist
	lengths    [maxLit + maxDist]uint8
	lengthCode codes
}

// NewReader decompresses the stream that src begins with.
func NewReader(src Source) *Reader {
	f := &Reader{out: make([]byte, bufferBytes+longestMatch+2)}
	f.Reset(src)
	return f
}

// Reset begins with another stream, in the memory of the one before.
func (f *Reader) Reset(src Source) {
	f.in, f.bits, f.n, f.r, f.w = src, 0, 0, 0, 0
	f.stored, f.inCodes, f.final, f.err = 0, false, false, nil
}

// Read implements io.Reader.
func (f *Reader) Read(p []byte) (int, error) {
	for f.r == f.w {
		if f.err != nil {
			return 0, f.err
		}
		if f.w >= bufferBytes {
			copy(f.out, f.out[f.w-historyBytes:f.w])
			f.r, f.w = historyBytes, historyBytes
		}
		f.err = f.step()
	}
	n := copy(p, f.out[f.r:f.w])
	f.r += n
	return n, nil
}

// step decompresses until the buffer is full or a block ends.
func (f *Reader) step() error {
	switch {
	case f.stored > 0:
		return f.copyStored()
	case f.inCodes:
		return f.symbols()
	case f.final:
		return io.EOF
	}
	return f.header()
}

// short is err, with io.ErrUnexpectedEOF for an input that ends too early.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// need makes n bits available, byte by byte.
func (f *Reader) need(n uint) error {
	for f.n < n {
		b, err := f.in.ReadByte()
		if err != nil {
			return short(err)
		}
		f.bits |= uint64(b) << f.n
		f.n += 8
	}
	return nil
}

// take returns n bits.
func (f *Reader) take(n uint) (uint, error) {
	if err := f.need(n); err != nil {
		return 0, err
	}
	v := uint(f.bits) & (1<<n - 1)
	f.bits >>= n
	f.n -= n
	return v, nil
}

// header reads what a block begins with.
func (f *Reader) header() error {
	v, err := f.take(3)
	if err != nil {
		return err
	}
	f.final = v&1 == 1
	switch v >> 1 {
	case 0:
		f.bits, f.n = 0, 0 // the rest of the byte
		var b [4]byte
		if _, err := io.ReadFull(f.in, b[:]); err != nil {
			return short(err)
		}
		f.stored = int(binary.LittleEndian.Uint16(b[:]))
		if f.stored != int(^binary.LittleEndian.Uint16(b[2:])) {
			f.stored = 0
			return errStored
		}
	case 1:
		f.lit, f.dist = fixed()
		f.inCodes = true
	case 2:
		err = f.dynamic()
		f.inCodes = err == nil
	default:
		return errBlockType
	}
	return err
}

// copyStored copies a part of a stored block.
func (f *Reader) copyStored() error {
	n, err := f.in.Read(f.out[f.w:min(f.w+f.stored, bufferBytes)])
	f.w, f.stored = f.w+n, f.stored-n
	return short(err)
}

// symbols decompresses until the buffer is full or the block ends.
func (f *Reader) symbols() error {
	for f.w < bufferBytes {
		if n := f.in.Buffered(); n >= ahead {
			buf, err := f.in.Peek(n)
			if err != nil {
				return err
			}
			if err := f.quick(buf); err != nil || !f.inCodes {
				return err
			}
			continue
		}
		if err := f.symbol(); err != nil || !f.inCodes {
			return err
		}
	}
	return nil
}

// symbol decompresses one symbol, reading byte by byte.
func (f *Reader) symbol() error {
	e, err := f.code(f.lit)
	if err != nil {
		return err
	}
	switch e.kind() {
	case kindLiteral:
		f.out[f.w] = e.literal()
		f.w++
		return nil
	case kindEnd:
		f.inCodes = false
		return nil
	}
	more, err := f.take(e.extra())
	if err != nil {
		return err
	}
	length := int(e.value() + more)
	if e, err = f.code(f.dist); err != nil {
		return err
	}
	if more, err = f.take(e.extra()); err != nil {
		return err
	}
	return f.match(length, int(e.value()+more))
}

// code reads one code. It asks for a byte more only where those that are there do not
// make one up, so that none is read behind the end.
func (f *Reader) code(c *codes) (codeword, error) {
	for {
		e := c.find(f.bits & (1<<f.n - 1))
		if e.length() <= f.n {
			if e.kind() == kindNone {
				return 0, errSymbol
			}
			f.bits >>= e.length()
			f.n -= e.length()
			return e, nil
		}
		if err := f.need(f.n + 1); err != nil {
			return 0, err
		}
	}
}

// match repeats what lies so far back.
func (f *Reader) match(length, distance int) error {
	if distance > f.w {
		return errTooFarBack
	}
	f.w = repeat(f.out, f.w, length, distance)
	return nil
}
