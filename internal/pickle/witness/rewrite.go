package witness

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// argument checks the argument of an opcode and writes the copy of both.
func (s *scan) argument(code byte, kind argKind, at int64) error {
	switch kind {
	case argNone:
		s.out.WriteByte(code)
		if code == 0x94 {
			s.memo[int64(len(s.memo))] = struct{}{}
		}
		return nil
	case arg1, arg2, arg4, arg8:
		return s.fixed(code, kind, at)
	case argLine:
		return s.textLine(code, at)
	case argLine2:
		return s.globalLines(code)
	case argLong1, argLong4:
		return s.long(kind, at)
	case argText1, argText4, argText8:
		n, err := s.length(kind - argText1)
		if err != nil {
			return err
		}
		if code == 'T' && n > math.MaxInt32 {
			return refusal(fmt.Sprintf("a negative length at %d", at))
		}
		return s.text(n, at)
	}
	n, err := s.length(kind - argBlob1)
	if err != nil {
		return err
	}
	return s.blob(code, n)
}

// length reads a length of 1, 4 or 8 bytes (class 0, 1, 2) and compares it
// with the bytes that are left.
func (s *scan) length(class argKind) (int64, error) {
	b, err := s.next([]int64{1, 4, 8}[class])
	if err != nil {
		return 0, err
	}
	var n uint64
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	if n > math.MaxInt64 || int64(n) > s.end-s.pos {
		return 0, refusal(fmt.Sprintf("%d bytes claimed at %d, %d are left", n, s.pos, s.end-s.pos))
	}
	return int64(n), nil
}

func (s *scan) fixed(code byte, kind argKind, at int64) error {
	b, err := s.next(1 << (kind - arg1))
	if err != nil {
		return err
	}
	switch code {
	case 0x80:
		if b[0] > 5 {
			return refusal(fmt.Sprintf("pickle protocol %d at %d", b[0], at))
		}
	case 0x95:
		return nil // frames hold no meaning for CPython's loads
	case 'h', 'q':
		err = s.useMemo(code, int64(b[0]), at)
	case 'j', 'r':
		err = s.useMemo(code, int64(binary.LittleEndian.Uint32(b)), at)
	}
	s.out.WriteByte(code)
	s.out.Write(b)
	return err
}

// useMemo records a PUT and refuses a GET of what was never put, for which
// gopickle pushes None and CPython raises.
func (s *scan) useMemo(code byte, index, at int64) error {
	if code == 'p' || code == 'q' || code == 'r' {
		s.memo[index] = struct{}{}
		return nil
	}
	if _, ok := s.memo[index]; !ok {
		return refusal(fmt.Sprintf("memo entry %d is not set at %d", index, at))
	}
	return nil
}

func (s *scan) textLine(code byte, at int64) error {
	line, err := s.line()
	if err != nil {
		return err
	}
	s.cost += 8 * int64(len(line))
	switch code {
	case 'g', 'p':
		i, err := strconv.ParseInt(line, 10, 32)
		if err != nil || i < 0 {
			return refusal(fmt.Sprintf("odd memo index at %d", at))
		}
		if err := s.useMemo(code, i, at); err != nil {
			return err
		}
	case 'S', 'V':
		if strings.Contains(line, `\`) {
			return refusal(fmt.Sprintf("a text with escapes at %d", at))
		}
		if err := s.word(strings.Trim(line, `'"`)); err != nil {
			return err
		}
	case 'L', 'I':
		if len(line) > 9 && strconv.IntSize == 32 {
			return refusal(fmt.Sprintf("a large integer at %d", at))
		}
	}
	s.out.WriteByte(code)
	s.out.WriteString(line)
	s.out.WriteByte('\n')
	return nil
}

func (s *scan) globalLines(code byte) error {
	s.out.WriteByte(code)
	var names [2]string
	for i := range names {
		line, err := s.line()
		if err != nil {
			return err
		}
		s.cost += 8 * int64(len(line))
		names[i] = line
		s.out.WriteString(line)
		s.out.WriteByte('\n')
	}
	if names[0] == "builtins" && (names[1] == "list" || names[1] == "dict") {
		return refusalBuiltins()
	}
	return s.name(names[1])
}

// name refuses streams that other rules than those of pickle hold for.
func (s *scan) name(n string) error {
	switch n {
	case "NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper":
		return refusal("joblib keeps array bytes between the opcodes")
	case "_array_reconstructor":
		return refusal("the stream holds an array.array")
	}
	return nil
}

// word looks at a text that STACK_GLOBAL might take as a name.
func (s *scan) word(text string) error {
	s.builtins = s.builtins || text == "builtins"
	s.listOrDict = s.listOrDict || text == "list" || text == "dict"
	return s.name(text)
}

// text writes a text, or what stands for it if it is long.
func (s *scan) text(n, at int64) error {
	var text string
	if n > maxText {
		text = fmt.Sprintf("%s%d", cutPrefix, s.pos)
		if err := s.skip(n); err != nil {
			return err
		}
	} else {
		b, err := s.next(n)
		if err != nil {
			return err
		}
		text = string(b)
		if strings.HasPrefix(text, cutPrefix) {
			return refusal(fmt.Sprintf("a text that looks like a mark of ours at %d", at))
		}
	}
	s.cost += 8 * int64(len(text))
	s.out.WriteByte('X')
	s.out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
	s.out.WriteString(text)
	return s.word(text)
}

// blob writes the place of a bytes payload instead of the payload.
func (s *scan) blob(code byte, n int64) error {
	place := binary.LittleEndian.AppendUint64(nil, uint64(s.pos))
	place = binary.LittleEndian.AppendUint64(place, uint64(n))
	if code == 0x96 {
		s.out.WriteByte(code)
		s.out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(place))))
	} else {
		s.out.WriteByte('C')
		s.out.WriteByte(byte(len(place)))
	}
	s.out.Write(place)
	return s.skip(n)
}

// long writes a binary integer; gopickle's panics when it has no bytes, takes
// quadratic time when it has many, and is cut to 32 bits where int is.
func (s *scan) long(kind argKind, at int64) error {
	n, err := s.length(kind - argLong1)
	if err != nil {
		return err
	}
	if n > maxLong {
		return refusal(fmt.Sprintf("an integer of %d bytes at %d", n, at))
	}
	b, err := s.next(n)
	if err != nil {
		return err
	}
	if n == 0 {
		s.out.WriteString("K\x00")
		return nil
	}
	if n > 4 && strconv.IntSize == 32 {
		return refusal(fmt.Sprintf("a large integer at %d", at))
	}
	s.out.WriteByte(0x8a)
	s.out.WriteByte(byte(n))
	s.out.Write(b)
	return nil
}
