package zipfile

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	arc "github.com/modelaudit/action/internal/archive"
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
	n, err := io.CopyN(&buf, e.decompress(&counted{ReaderAt: payload, r: payload}, payload.Size()), want)
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

// inflateError turns what flate said after n bytes into the package's error; an
// error of the underlying reader stays what it is.
func (e *Entry) inflateError(n int64, err error) error {
	var corrupt flate.CorruptInputError
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
	sum := crc32.NewIEEE()
	if e.Method == methodStored {
		_, err = io.Copy(sum, payload)
	} else if _, err = f.inflatable(e); err == nil {
		var msg string
		if msg, err = e.sumUp(sum, payload); msg != "" {
			return f.payloadAnomaly(e, SizeMismatch, msg), nil
		}
	}
	if err != nil {
		return nil, err
	}
	if got := sum.Sum32(); e.CRC32 != 0 && got != e.CRC32 {
		return f.payloadAnomaly(e, CRCMismatch, fmt.Sprintf("CRC %08x of the bytes, %08x in the directory", got, e.CRC32)), nil
	}
	return nil, nil
}

// sumUp decompresses the payload into sum. It says what is wrong with a stream that
// does not hold what the directory says; of methods that torch does not know it
// says no more than where they break.
func (e *Entry) sumUp(sum io.Writer, payload *io.SectionReader) (string, error) {
	in := bufio.NewReader(payload)
	out := flate.NewReader(in)
	if e.Method != methodDeflate {
		out = io.NopCloser(e.decompress(&counted{ReaderAt: payload, r: payload}, payload.Size()))
	}
	n, err := io.CopyN(sum, out, e.Size)
	if fe := (*FormatError)(nil); errors.As(e.inflateError(n, err), &fe) && !errors.Is(fe, safeio.ErrLimit) {
		return fe.Msg, err
	}
	if err == nil && e.Method == methodDeflate {
		return streamEnd(out, in), nil
	}
	return "", err
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

// streamEnd says what is wrong at the end of a DEFLATE stream whose expected
// bytes were read, or "".
func streamEnd(out io.Reader, in *bufio.Reader) string {
	var one [1]byte
	if n, err := io.ReadFull(out, one[:]); n > 0 {
		return "the DEFLATE stream holds more bytes than the directory says"
	} else if err != io.EOF {
		return "the DEFLATE stream does not end"
	}
	if _, err := in.ReadByte(); err == nil {
		return "bytes follow the end of the DEFLATE stream"
	}
	return ""
}
