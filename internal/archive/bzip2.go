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
	in *input
	r  io.Reader
}

func openBzip2(in *input) (io.Reader, error) {
	return &bzip2Reader{in: in, r: bzip2.NewReader(in)}, nil
}

// Read implements io.Reader.
func (b *bzip2Reader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	var bad bzip2.StructuralError
	if errors.As(err, &bad) {
		switch {
		case strings.Contains(string(bad), "continuation file"):
			// It looked for the next stream two bytes beyond the end of the last.
			*b.in = *newInput(b.in.r, b.in.pos()-2, b.in.size)
			return n, io.EOF
		case strings.Contains(string(bad), "randomized"):
			err = &FormatError{Offset: b.in.pos(), Msg: "blocks of a kind that is no longer written", Err: ErrUnsupported}
		}
	}
	return n, err
}
