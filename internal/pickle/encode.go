package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Encode returns the bytes of op, which are exactly the bytes it was decoded
// from unless its opcode allows several spellings: INT, LONG, FLOAT, STRING,
// UNICODE, GET and PUT are written as CPython writes them, LONG1 and LONG4 with
// the fewest bytes. Positions are ignored; a lazy op is an error. To keep the
// bytes of any op, use Copy.
func Encode(op Op) ([]byte, error) {
	b, err := appendOp(nil, op)
	if err != nil {
		return nil, fmt.Errorf("encode %v: %w", op.Code, err)
	}
	return b, nil
}

// Copy writes the bytes [op.Pos, op.End) of r, from which op was decoded, to w.
// It holds no more than a buffer, however long the payload is.
func Copy(w io.Writer, r io.ReaderAt, op Op) error {
	n, err := io.Copy(w, io.NewSectionReader(r, op.Pos, op.End-op.Pos))
	if err == nil && n != op.End-op.Pos {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func appendOp(b []byte, op Op) ([]byte, error) {
	info, ok := op.Code.Info()
	if !ok {
		return nil, errors.New("unknown opcode")
	}
	if op.Lazy {
		return nil, errors.New("the payload is not in memory")
	}
	if info.Arg.isUnicode() {
		if at := invalidUTF8(op.Text); at >= 0 {
			return nil, fmt.Errorf("byte %d of the text is not UTF-8", at)
		}
	}
	b = append(b, byte(op.Code))
	switch info.Arg {
	case ArgNone:
		return b, nil
	case ArgUint1, ArgUint2, ArgUint4, ArgInt4, ArgUint8:
		return appendFixed(b, info.Arg, op.integer())
	case ArgFloat8:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(op.Float)), nil
	case ArgLong1, ArgLong4:
		return appendCounted(b, info.Arg, string(appendTwosComplement(nil, op.integer())))
	case ArgString1, ArgString4, ArgBytes1, ArgBytes4, ArgBytes8, ArgUnicode1, ArgUnicode4, ArgUnicode8:
		return appendCounted(b, info.Arg, op.Text)
	case ArgGlobalLines:
		return appendLines(b, utf8.ValidString, op.Text, op.Name)
	case ArgInstLines:
		return appendLines(b, isASCII, op.Text, op.Name)
	case ArgPersIDLine:
		return appendLines(b, isASCII, op.Text)
	case ArgIndexLine:
		if op.Int < 0 {
			return nil, fmt.Errorf("memo index %d is negative", op.Int)
		}
	}
	return append(append(b, lineText(info.Arg, op)...), '\n'), nil
}

// appendFixed appends an integer of the argument's width, if it is in range.
func appendFixed(b []byte, kind ArgKind, v *big.Int) ([]byte, error) {
	size := uint(8 * kind.width())
	u := v.Uint64()
	if kind == ArgInt4 {
		if !v.IsInt64() || v.Int64() != int64(int32(v.Int64())) {
			return nil, fmt.Errorf("%v does not fit 4 signed bytes", v)
		}
		u = uint64(uint32(v.Int64()))
	} else if !v.IsUint64() || bits.Len64(u) > int(size) {
		return nil, fmt.Errorf("%v does not fit %d unsigned bytes", v, size/8)
	}
	return append(b, binary.LittleEndian.AppendUint64(nil, u)[:size/8]...), nil
}

// appendCounted appends the length of s and s.
func appendCounted(b []byte, kind ArgKind, s string) ([]byte, error) {
	if kind == ArgLong4 && len(s) > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes are too many", len(s))
	}
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(s)))
	if w := kind.width(); bits.Len64(uint64(len(s))) > int(8*w) {
		return nil, fmt.Errorf("%d bytes are too many for a length of %d bytes", len(s), w)
	}
	return append(append(b, length[:kind.width()]...), s...), nil
}

// appendTwosComplement appends the fewest little-endian bytes that mean v, none
// for 0 (encode_long of Lib/pickle.py).
func appendTwosComplement(b []byte, v *big.Int) []byte {
	if v.Sign() == 0 {
		return b
	}
	magnitude := v
	if v.Sign() < 0 {
		magnitude = new(big.Int).Not(v) // -v-1 has as many bits as v has in two's complement
	}
	n := magnitude.BitLen()/8 + 1
	be := magnitude.FillBytes(make([]byte, n))
	if v.Sign() < 0 {
		for i := range be {
			be[i] = ^be[i]
		}
	}
	slices.Reverse(be)
	return append(b, be...)
}

// appendLines appends lines that valid accepts.
func appendLines(b []byte, valid func(string) bool, lines ...string) ([]byte, error) {
	for _, line := range lines {
		if strings.Contains(line, "\n") || !valid(line) {
			return nil, fmt.Errorf("%q cannot stand in a line", line)
		}
		b = append(append(b, line...), '\n')
	}
	return b, nil
}
