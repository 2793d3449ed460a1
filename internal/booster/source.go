package booster

import (
	"bufio"
	"fmt"
	"io"
)

// A source is a run of bytes that is read once. Where it is not as it should
// be it panics with a *FormatError, which recover turns into an error.
type source struct {
	in *bufio.Reader
	at int64
}

func newSource(r io.ReaderAt, size int64) source {
	return source{in: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10)}
}

// recover is deferred by whoever reads.
func (s *source) recover(err *error) {
	switch p := recover().(type) {
	case nil:
	case *FormatError:
		*err = p
	default:
		panic(p)
	}
}

func (s *source) fail(format string, args ...any) {
	panic(&FormatError{Offset: s.at, Msg: fmt.Sprintf(format, args...)})
}

// peek returns the next byte, 0 at the end.
func (s *source) peek() byte {
	b, err := s.in.Peek(1)
	if err != nil {
		return 0
	}
	return b[0]
}

// second returns the byte behind the next one, 0 at the end.
func (s *source) second() byte {
	b, err := s.in.Peek(2)
	if err != nil {
		return 0
	}
	return b[1]
}

func (s *source) next() byte {
	b, err := s.in.ReadByte()
	if err != nil {
		s.fail("the model ends early")
	}
	s.at++
	return b
}

func (s *source) expect(b byte) {
	if c := s.next(); c != b {
		s.fail("%q where %q is expected", c, b)
	}
}

// bytes returns the next n bytes, which must be few.
func (s *source) bytes(n int64) []byte {
	if n < 0 || n > maxWord {
		s.fail("a text of %d bytes", n)
	}
	b := make([]byte, 0, min(n, 4<<10))
	for int64(len(b)) < n {
		b = append(b, s.next())
	}
	return b
}

func (s *source) skip(n int64) {
	for n > 0 {
		d, err := s.in.Discard(int(min(n, 1<<20)))
		s.at += int64(d)
		n -= int64(d)
		if err != nil {
			s.fail("the model ends early")
		}
	}
}
