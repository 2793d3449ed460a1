package archive

import (
	"bytes"
	"encoding/binary"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
)

// A deflated is a DEFLATE stream with a check behind it.
type deflated struct {
	in    *input
	r     io.Reader
	sum   hash.Hash32
	size  uint32
	check func(*deflated) error
	err   error
}

func newDeflated(in *input, sum hash.Hash32, check func(*deflated) error) *deflated {
	return &deflated{in: in, r: in.inflated(), sum: sum, check: check}
}

// Read implements io.Reader.
func (d *deflated) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.r.Read(p)
	d.sum.Write(p[:n])
	d.size += uint32(n)
	if err == io.EOF {
		if err = d.check(d); err == nil {
			err = io.EOF
		}
	}
	d.err = err
	return n, err
}

func (d *deflated) mismatch(at int64) error {
	return &FormatError{Offset: at, Msg: "the checksum does not match"}
}

// openGzip reads a member's header as CPython's gzip does, which compares no
// checksum of it and takes names of any length.
func openGzip(in *input) (io.Reader, error) {
	b, err := in.take(10)
	if err != nil {
		return nil, err
	}
	method, flags := b[2], b[3]
	if method != 8 {
		return nil, &FormatError{Offset: in.pos(), Msg: "an unknown compression method", Err: ErrUnsupported}
	}
	if flags&4 != 0 {
		b, err := in.take(2)
		if err != nil {
			return nil, err
		}
		if err := in.skip(int64(binary.LittleEndian.Uint16(b))); err != nil {
			return nil, err
		}
	}
	for _, bit := range []byte{8, 16} { // name, comment
		for flags&bit != 0 {
			c, err := in.ReadByte()
			if err != nil {
				return nil, in.end()
			}
			if c == 0 {
				break
			}
		}
	}
	if flags&2 != 0 {
		if err := in.skip(2); err != nil {
			return nil, err
		}
	}
	return newDeflated(in, crc32.NewIEEE(), func(d *deflated) error {
		at := in.pos()
		b, err := in.take(8)
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint32(b) != d.sum.Sum32() || binary.LittleEndian.Uint32(b[4:]) != d.size {
			return d.mismatch(at)
		}
		return nil
	}), nil
}

// isZlib: a header whose check bits fit, without a preset dictionary.
func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0xf == 8 && b[0]>>4 <= 7 && binary.BigEndian.Uint16(b)%31 == 0 && b[1]&0x20 == 0
}

func openZlib(in *input) (io.Reader, error) {
	if _, err := in.take(2); err != nil {
		return nil, err
	}
	return newDeflated(in, adler32.New(), func(d *deflated) error {
		at := in.pos()
		b, err := in.take(4)
		if err != nil {
			return err
		}
		if binary.BigEndian.Uint32(b) != d.sum.Sum32() {
			return d.mismatch(at)
		}
		return nil
	}), nil
}

// zfileHeader is the length of "ZF" and of the hexadecimal size behind it, which
// is padded to the length of hex(2**64) (joblib/numpy_pickle_compat.py).
const zfileHeader = 2 + 19

// isZFile reports whether b begins a file that joblib before 0.9 compressed.
func isZFile(b []byte) bool {
	if len(b) < zfileHeader+2 || string(b[:2]) != "ZF" {
		return false
	}
	digits := strings.ToLower(strings.TrimSpace(string(b[2:zfileHeader])))
	digits = strings.TrimSuffix(strings.TrimPrefix(digits, "0x"), "l")
	_, err := strconv.ParseUint(digits, 16, 64)
	return err == nil
}

func openZFile(in *input) (io.Reader, error) {
	if _, err := in.take(zfileHeader); err != nil {
		return nil, err
	}
	// Python 2 wrote one space more.
	if bytes.Equal(in.peek(1), []byte(" ")) {
		in.i++
	}
	if !isZlib(in.peek(2)) {
		return nil, &FormatError{Offset: in.pos(), Msg: "no zlib stream"}
	}
	return openZlib(in)
}
