package archive

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	historyBytes = 32 << 10 // how far back a match may refer
	longestMatch = 258
	// inflateBytes is the buffer of an inflater, the history and what is new; behind it
	// is room for what one step of the decoder adds.
	inflateBytes = historyBytes + 64<<10
	// ahead is how many bytes of input one step of the quick decoder may load.
	ahead = 16
)

// What is wrong with deflated bytes.
var (
	errBlockType  = errors.New("an unknown type of deflate block")
	errStored     = errors.New("the lengths of a stored deflate block differ")
	errCodes      = errors.New("no codes of a deflate block")
	errSymbol     = errors.New("an unknown code in a deflate block")
	errTooFarBack = errors.New("a deflate match begins before the first byte")
)

// An inflater decompresses DEFLATE (RFC 1951) as zlib does: it gives out every symbol
// whose bits are there, and then says what is missing or wrong. It reads no byte
// of in behind the end.
type inflater struct {
	in   *input
	bits uint64 // that were read, the next one lowest
	n    uint   // how many of them count

	out  []byte // what was given out at last, then what was not
	r, w int    // of out: the next byte to give out, where the next one goes

	stored     int // bytes that are left of a stored block
	inCodes    bool
	final      bool // the block is the last one
	err        error
	lit, dist  codes
	lengths    [maxLit + maxDist]uint8
	lengthCode codes
}

// newInflater decompresses the stream that begins where in is, with the memory of the
// one before.
func newInflater(in *input) *inflater {
	f := in.inflater
	if f == nil {
		f = &inflater{in: in, out: make([]byte, inflateBytes+longestMatch+2)}
		in.inflater = f
	}
	f.bits, f.n, f.r, f.w = 0, 0, 0, 0
	f.stored, f.inCodes, f.final, f.err = 0, false, false, nil
	return f
}

// Read implements io.Reader.
func (f *inflater) Read(p []byte) (int, error) {
	for f.r == f.w {
		if f.err != nil {
			return 0, f.err
		}
		if f.w >= inflateBytes {
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
func (f *inflater) step() error {
	switch {
	case f.stored > 0:
		return f.copyStored()
	case f.inCodes:
		return f.symbols()
	case f.final:
		f.unread()
		return io.EOF
	}
	return f.header()
}

// unread gives back the bytes that were read and not used. Those that need pulled from
// in are never among them.
func (f *inflater) unread() {
	f.in.i -= int(f.n / 8)
	f.bits, f.n = 0, 0
}

// need makes n bits available, byte by byte.
func (f *inflater) need(n uint) error {
	for f.n < n {
		b, err := f.in.ReadByte()
		if err != nil {
			return f.in.end()
		}
		f.bits |= uint64(b) << f.n
		f.n += 8
	}
	return nil
}

// take returns n bits.
func (f *inflater) take(n uint) (uint, error) {
	if err := f.need(n); err != nil {
		return 0, err
	}
	v := uint(f.bits) & (1<<n - 1)
	f.bits >>= n
	f.n -= n
	return v, nil
}

// header reads what a block begins with.
func (f *inflater) header() error {
	v, err := f.take(3)
	if err != nil {
		return err
	}
	f.final = v&1 == 1
	switch v >> 1 {
	case 0:
		f.bits >>= f.n % 8
		f.n -= f.n % 8
		f.unread()
		b, err := f.in.take(4)
		if err != nil {
			return err
		}
		f.stored = int(binary.LittleEndian.Uint16(b))
		if f.stored != int(^binary.LittleEndian.Uint16(b[2:])) {
			f.stored = 0
			return errStored
		}
	case 1:
		f.fixed()
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
func (f *inflater) copyStored() error {
	n, err := f.in.Read(f.out[f.w:min(f.w+f.stored, inflateBytes)])
	f.w, f.stored = f.w+n, f.stored-n
	if err == io.EOF {
		err = f.in.end()
	}
	return err
}

// symbols decompresses until the buffer is full or the block ends.
func (f *inflater) symbols() error {
	for f.w < inflateBytes {
		if len(f.in.buf)-f.in.i >= ahead {
			if err := f.quick(); err != nil || !f.inCodes {
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
func (f *inflater) symbol() error {
	e, err := f.code(&f.lit)
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
	if e, err = f.code(&f.dist); err != nil {
		return err
	}
	if more, err = f.take(e.extra()); err != nil {
		return err
	}
	return f.match(length, int(e.value()+more))
}

// code reads one code. It asks for a byte more only where those that are there do not
// make one up, so that none is read behind the end.
func (f *inflater) code(c *codes) (codeword, error) {
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
func (f *inflater) match(length, distance int) error {
	if distance > f.w {
		return errTooFarBack
	}
	f.w = repeat(f.out, f.w, length, distance)
	return nil
}
