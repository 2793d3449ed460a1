package archive

import (
	"bytes"
	"errors"
	"io"
)

// ErrUnsupported is wrapped by the error for a file that other readers may read
// and this package does not.
var ErrUnsupported = errors.New("not supported")

// A Method names a way to compress a file.
type Method string

// The methods.
const (
	Gzip  Method = "gzip"
	Zlib  Method = "zlib"
	Bzip2 Method = "bzip2"
	Xz    Method = "xz"
	LZMA  Method = "lzma"
	Zstd  Method = "zstd"
	LZ4   Method = "lz4"
	ZFile Method = "joblib-zfile"
)

// sniffSize is how many bytes Sniff looks at, skippable frames aside.
const sniffSize = 32

// Sniff names the method that the beginning of a file shows, "" if it shows
// none. Zlib and LZMA have no magic number: an answer of these may be chance.
func Sniff(r io.ReaderAt, size int64) Method {
	for at := int64(0); at < size; {
		b := make([]byte, min(sniffSize, size-at))
		n, _ := r.ReadAt(b, at) // what cannot be read shows nothing
		b = b[:n]
		skip := skippable(b)
		switch {
		case skip > 0 && skip < size-at:
			at += skip
			continue
		case skip > 0 && at > 0, bytes.HasPrefix(b, []byte(zstdMagic)):
			return Zstd
		case bytes.HasPrefix(b, []byte(lz4Magic)):
			return LZ4
		case at > 0:
			return ""
		}
		return magic(b)
	}
	return ""
}

// magic is Sniff for methods without skippable frames.
func magic(b []byte) Method {
	switch {
	case bytes.HasPrefix(b, []byte("\x1f\x8b\x08")):
		return Gzip
	case bytes.HasPrefix(b, []byte(xzMagic)):
		return Xz
	case isBzip2(b):
		return Bzip2
	case isZFile(b):
		return ZFile
	case isZlib(b):
		return Zlib
	case isAlone(b):
		return LZMA
	}
	return ""
}

// A Reader decompresses a file: all its streams, one behind the other, as the
// libraries do that read them. Zero bytes between streams are skipped.
type Reader struct {
	method  Method
	in      *input
	stream  io.Reader // nil between streams
	streams int
	err     error
}

// NewReader returns a reader of the size bytes of r.
func NewReader(m Method, r io.ReaderAt, size int64) *Reader {
	return &Reader{method: m, in: newInput(r, 0, size)}
}

// Read implements io.Reader. io.EOF means that all streams were read to their
// ends. For damage the error is a *FormatError; what was decompressed before it
// has been given out.
func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.stream == nil {
			if r.stream, r.err = r.open(); r.err != nil {
				break
			}
		}
		n, err := r.stream.Read(p)
		if err == io.EOF {
			r.stream = nil
		} else {
			r.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	var fe *FormatError
	if r.err != io.EOF && !errors.As(r.err, &fe) && r.in.err == nil {
		r.err = &FormatError{Offset: r.in.pos(), Msg: reason(r.err)}
	}
	return 0, r.err
}

// reason is what a person is told of an error of a library.
func reason(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends before its end"
	}
	return err.Error()
}

// Consumed returns how many compressed bytes were read. After io.EOF the bytes
// from there on belong to no stream, and the first of them is not zero.
func (r *Reader) Consumed() int64 { return r.in.pos() }

// open opens the stream that stands at the input's place, or returns io.EOF.
func (r *Reader) open() (io.Reader, error) {
	m := r.method
	if r.streams > 0 || m == Zstd || m == LZ4 {
		// A stream of LZMA may begin with a zero, so that zeros are skipped last.
		var more bool
		if m, more = r.next(); !more && r.in.zeros() {
			m, more = r.next()
		}
		if !more {
			return nil, io.EOF
		}
	}
	r.streams++
	switch m {
	case Gzip:
		return openGzip(r.in)
	case Zlib:
		return openZlib(r.in)
	case Bzip2:
		return openBzip2(r.in)
	case Xz:
		return openXz(r.in)
	case LZMA:
		return openAlone(r.in)
	case Zstd:
		return openZstd(r.in)
	case LZ4:
		return openLZ4(r.in)
	case ZFile:
		return openZFile(r.in)
	}
	return nil, &FormatError{Msg: "no method of that name", Err: ErrUnsupported}
}

// next says which stream comes next, and whether one does. Python's lzma reads
// both of its formats in one file, and old joblib one stream only.
func (r *Reader) next() (Method, bool) {
	for {
		b := r.in.peek(sniffSize)
		switch r.method {
		case Zstd, LZ4:
			if n := skippable(b); n > 0 {
				r.streams++
				if r.in.skip(n) != nil || !r.in.fill(1) {
					return "", false
				}
				continue
			}
			magic := map[Method]string{Zstd: zstdMagic, LZ4: lz4Magic}[r.method]
			return r.method, r.streams == 0 || bytes.HasPrefix(b, []byte(magic))
		case Xz, LZMA:
			m := magic(b)
			return m, m == Xz || m == LZMA
		case ZFile:
			return "", false
		}
		m := magic(b)
		return m, m == r.method
	}
}
