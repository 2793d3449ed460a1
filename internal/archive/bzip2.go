package archive

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"strings"
)

// isBzip2 reports whether b begins a bzip2 stream: its magic number, and that
// of a block or of the end.
func isBzip2(b []byte) bool {
	if len(b) < 4 || string(b[:3]) != "BZh" || b[3] < '1' || b[3] > '9' {
		return false
	}
	rest := b[4:min(len(b), 10)]
	return bytes.HasPrefix([]byte("1AY&SY"), rest) || bytes.HasPrefix([]byte("\x17rE8P\x90"), rest)
}

// A bzip2Reader decompresses streams that stand directly behind one another.
type bzip2Reader struct {
	in *paddedInput
	r  io.Reader
}

func openBzip2(in *input) (io.Reader, error) {
	p := &paddedInput{in: in}
	return &bzip2Reader{in: p, r: bzip2.NewReader(p)}, nil
}

// Read implements io.Reader.
func (b *bzip2Reader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	var bad bzip2.StructuralError
	if errors.As(err, &bad) {
		switch {
		case strings.Contains(string(bad), "continuation file"):
			// It looked two bytes beyond the end of the stream.
			b.in.back()
			return n, io.EOF
		case strings.Contains(string(bad), "randomized"):
			err = &FormatError{Offset: b.in.in.pos(), Msg: "blocks of a kind that is no longer written", Err: ErrUnsupported}
		}
	}
	return n, err
}

// A paddedInput has two bytes behind its end that are no magic number, so that
// the end of the last stream looks like that of every other.
type paddedInput struct {
	in    *input
	extra int
}

// ReadByte implements io.ByteReader.
func (p *paddedInput) ReadByte() (byte, error) {
	b, err := p.in.ReadByte()
	if err == io.EOF && p.extra < 2 {
		p.extra++
		return 0xff, nil
	}
	return b, err
}

// Read implements io.Reader.
func (p *paddedInput) Read(b []byte) (int, error) { return p.in.Read(b) }

// back gives back the last two bytes.
func (p *paddedInput) back() {
	n := 2 - p.extra
	p.extra = 0
	at := p.in.pos() - int64(n)
	*p.in = *newInput(p.in.r, at, p.in.size)
}
