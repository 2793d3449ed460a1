package zipfile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/inflate"
	"github.com/modelaudit/action/internal/safeio"
)

// Compression methods (APPNOTE 4.4.5), beside those of arc.ZipMember.
const (
	methodStored  = 0
	methodDeflate = 8
)

// slowness is how much less other methods than DEFLATE may expand: they take that
// much longer, and expand without a bound of their own.
const slowness = 8

// Open returns the uncompressed bytes of e, an entry of f, and their number.
//
// A stored payload is a section of the archive of e.Size bytes, as torch reads
// it, even where CompressedSize differs. A compressed payload is decompressed into
// memory, up to e.Size bytes: torch and Python read no further. If the payload
// breaks or ends before, the bytes up to there come together with the
// *FormatError, because torch hands them out without a word of the damage.
//
// A compressed entry of more than lim.MaxAlloc or lim.MaxExpand bytes, or more than
// lim.MaxRatio times its compressed size, likewise gives the bytes up to the
// limit with a *FormatError wrapping safeio.ErrLimit. Other methods and an entry
// without local header are a *FormatError alone. Flags are not looked at: a
// payload that claims encryption is returned as it is.
func (f *File) Open(e Entry) (io.ReaderAt, int64, error) {
	payload, err := f.payload(e)
	if payload == nil {
		return nil, 0, err
	}
	if e.Method == methodStored {
		return payload, payload.Size(), err
	}
	want, lerr := f.inflatable(e)
	if f.lim.MaxAlloc < want {
		want, lerr = f.lim.MaxAlloc, e.limit("%d bytes would have to be held in memory, %d may be", e.Size, f.lim.MaxAlloc)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(want, 1<<20)) + bytes.MinRead) // what is claimed, up to a bound
	s := newStream(f, e, payload)
	defer s.done()
	n, err := io.CopyN(&buf, s.r, want)
	if err == nil {
		err = lerr
	}
	return bytes.NewReader(buf.Bytes()), n, e.inflateError(n, err)
}

// inflatable returns how many bytes e may inflate to: e.Size, or the limit that
// is below it with an error.
func (f *File) inflatable(e Entry) (int64, error) {
	if e.Size > f.lim.MaxExpand {
		return f.lim.MaxExpand, e.limit("it inflates to %d bytes, %d are allowed", e.Size, f.lim.MaxExpand)
	}
	ratio := f.lim.MaxRatio
	if e.Method != methodDeflate {
		ratio = max(ratio/slowness, 1)
	}
	if e.Size/ratio > e.CompressedSize {
		return e.CompressedSize * ratio, e.limit("%d bytes inflate to %d, %d times as many are allowed", e.CompressedSize, e.Size, ratio)
	}
	return e.Size, nil
}

// Extra is how many bytes of DEFLATE could be decompressed, about, in the time that e takes
// beyond that of what it gives: other methods take four times as long, and a block of
// bzip2 that of a megabyte, however little it holds.
func (f *File) Extra(e Entry) int64 {
	if e.Method == methodStored || e.Method == methodDeflate {
		return 0
	}
	n, _ := f.inflatable(e)
	return max(3*n, 1<<20)
}

// payload returns the raw bytes behind e. A stored payload that runs past the
// end comes with an error.
func (f *File) payload(e Entry) (*io.SectionReader, error) {
	n := e.CompressedSize
	if e.Method == methodStored {
		n = e.Size
	}
	fail := func(format string, args ...any) error {
		return &FormatError{Member: e.Name, Offset: max(e.DataOffset, e.HeaderOffset, 0), Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case e.DataOffset < 0 || e.DataOffset > f.size || n < 0 || e.Size < 0:
		return nil, fail("no local header")
	case e.Method != methodStored && e.Method != methodDeflate && !arc.ZipMethod(e.Method):
		return nil, fail("compression method %d", e.Method)
	}
	left := f.size - e.DataOffset
	section := io.NewSectionReader(f.r, e.DataOffset, min(n, left))
	if n > left && e.Method == methodStored {
		return section, fail("the file ends after %d of %d bytes", left, n)
	}
	return section, nil
}

func (e *Entry) limit(format string, args ...any) error {
	return &FormatError{Member: e.Name, Offset: e.DataOffset, Msg: fmt.Sprintf(format, args...), Err: safeio.ErrLimit}
}

// inflateError turns what a decompressor said after n bytes into the package's error; an
// error of the underlying reader stays what it is.
func (e *Entry) inflateError(n int64, err error) error {
	var corrupt inflate.CorruptError
	var damage *arc.FormatError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &damage) && (errors.Is(err, safeio.ErrLimit) || errors.Is(err, arc.ErrUnsupported)):
		return &FormatError{Member: e.Name, Offset: e.DataOffset, Msg: damage.Msg, Err: damage.Err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &corrupt), damage != nil:
		return &FormatError{Member: e.Name, Offset: e.DataOffset, Msg: fmt.Sprintf("the %s stream breaks after %d of %d bytes", e.compression(), n, e.Size)}
	}
	return err
}

// CheckCRC reads the whole payload of e in a fixed amount of memory and returns
// an Anomaly if its CRC-32 is not e.CRC32, or if a DEFLATE stream does not hold
// exactly e.Size bytes in exactly CompressedSize; nil if all is well. A CRC32 of
// zero is unknown and is not compared. It fails as Open does, except that
// lim.MaxAlloc does not matter and a broken stream is an Anomaly.
func (f *File) CheckCRC(e Entry) (*Anomaly, error) {
	payload, err := f.payload(e)
	if err != nil {
		return nil, err
	}
	if e.Method == methodStored {
		sum := crc32.NewIEEE()
		if _, err := io.Copy(sum, payload); err != nil {
			return nil, err
		}
		return f.compareCRC(e, sum.Sum32()), nil
	}
	if _, err = f.inflatable(e); err != nil {
		return nil, err
	}
	s, err := f.Stream(e)
	if err != nil {
		return nil, err
	}
	defer s.done()
	if _, err = io.Copy(io.Discard, s); err != nil && s.broken == "" {
		return nil, err
	}
	return s.Anomaly(), nil
}

func (e *Entry) compression() string {
	if e.Method == methodDeflate {
		return "DEFLATE"
	}
	return "compressed"
}

func (f *File) payloadAnomaly(e Entry, kind AnomalyKind, msg string) *Anomaly {
	return &Anomaly{kind, e.Name, e.DataOffset, min(e.DataOffset+e.CompressedSize, f.size), msg}
}
