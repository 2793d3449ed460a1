package archive

import (
	"encoding/binary"
	"io"
	"math"
)

// ZipMember returns a reader of the size bytes of r, which are what a member of a
// zip holds that is compressed by another method than DEFLATE, and nil for a
// method that is not read here. Python's zipfile has bzip2 and LZMA, and zstd
// from 3.14 on; xz is 7-Zip's. No more than plain bytes are to be read: LZMA
// remembers no more, whatever dictionary it claims.
func ZipMember(method uint16, r io.ReaderAt, size, plain int64) io.Reader {
	m, ok := zipMethods[method]
	if !ok {
		return nil
	}
	if m == zipLZMA {
		return &zipLZMA1{in: newInput(r, 0, size), plain: plain}
	}
	return &Reader{method: m, in: newInput(r, 0, size)}
}

// ZipMethod reports whether ZipMember reads a method.
func ZipMethod(method uint16) bool {
	_, ok := zipMethods[method]
	return ok
}

// zipMethods are methods by their numbers (APPNOTE 4.4.5).
var zipMethods = map[uint16]Method{12: Bzip2, 14: zipLZMA, 93: Zstd, 95: Xz}

const zipLZMA Method = "zip-lzma"

// zipLZMA1 reads LZMA as a zip has it: two bytes of version, two with the length of
// the properties, these, and a stream whose end the directory knows (APPNOTE 5.8.8).
type zipLZMA1 struct {
	in    *input
	plain int64
	r     io.Reader
}

// Read implements io.Reader.
func (z *zipLZMA1) Read(p []byte) (int, error) {
	if z.r == nil {
		b, err := z.in.take(9)
		if err == nil && binary.LittleEndian.Uint16(b[2:]) != 5 {
			err = &FormatError{Offset: z.in.pos(), Msg: "LZMA properties of another length"}
		}
		if err != nil {
			return 0, err
		}
		dict := min(int64(binary.LittleEndian.Uint32(b[5:])), max(z.plain, 0), math.MaxUint32)
		if z.r, err = newLZMA(z.in, b[4], uint32(dict), -1); err != nil {
			return 0, err
		}
	}
	return z.r.Read(p)
}
