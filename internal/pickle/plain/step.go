package plain

import (
	"encoding/binary"
	"math"

	p "github.com/modelaudit/action/internal/pickle"
)

// step carries out one opcode that is not STOP.
func (s *reader) step(code p.Opcode) bool {
	switch code {
	case p.OpMemoize:
		return s.memoize()
	case p.OpBinGet:
		return s.getFixed(1)
	case p.OpLongBinGet:
		return s.getFixed(4)
	case p.OpBinPut:
		return s.putFixed(1)
	case p.OpLongBinPut:
		return s.putFixed(4)
	case p.OpMark:
		return s.mark()
	case p.OpShortBinUnicode:
		return s.counted(1, unicode)
	case p.OpBinUnicode:
		return s.counted(4, unicode)
	case p.OpBinUnicode8:
		return s.counted(8, unicode)
	case p.OpShortBinBytes:
		return s.counted(1, raw)
	case p.OpBinBytes:
		return s.counted(4, raw)
	case p.OpBinBytes8:
		return s.counted(8, raw)
	case p.OpByteArray8:
		return s.counted(8, changing)
	case p.OpShortBinString:
		return s.counted(1, python2)
	case p.OpBinString:
		return s.counted(4, python2)
	case p.OpBinInt1, p.OpBinInt2, p.OpBinInt, p.OpBinFloat, p.OpLong1, p.OpLong4:
		return s.number(code)
	case p.OpNone:
		return s.push(scalar(seedNone & hashMask))
	case p.OpNewTrue:
		return s.push(scalar(hashInt(1)))
	case p.OpNewFalse:
		return s.push(scalar(hashInt(0)))
	case p.OpInt, p.OpLong, p.OpFloat, p.OpString, p.OpUnicode, p.OpGet, p.OpPut:
		return s.text(code)
	}
	return s.container(code)
}

func (s *reader) container(code p.Opcode) bool {
	switch code {
	case p.OpEmptyDict:
		return s.push(s.newDict())
	case p.OpEmptyList:
		return s.push(empty(list))
	case p.OpEmptySet:
		return s.push(empty(set))
	case p.OpEmptyTuple:
		return s.push(scalar(seedTuple & hashMask))
	case p.OpTuple1, p.OpTuple2, p.OpTuple3:
		n := int(code-p.OpTuple1) + 1
		return len(s.stack)-s.fence() >= n && s.tuple(len(s.stack)-n)
	case p.OpTuple, p.OpList, p.OpDict, p.OpFrozenSet:
		return s.marked(code)
	case p.OpAppend:
		return s.extend(len(s.stack)-1, list)
	case p.OpSetItem:
		return s.extend(len(s.stack)-2, dict)
	case p.OpAppends:
		return s.extendMarked(list)
	case p.OpSetItems:
		return s.extendMarked(dict)
	case p.OpAddItems:
		return s.extendMarked(set)
	case p.OpPop:
		return s.pop()
	case p.OpPopMark:
		at, ok := s.popMark()
		return ok && s.drop(at)
	case p.OpDup:
		v := s.top()
		return v != nil && v.kind == done && s.push(*v)
	case p.OpFrame:
		return s.frame()
	case p.OpProto:
		return s.proto()
	}
	return false
}

// number decodes numbers of fixed or counted size.
func (s *reader) number(code p.Opcode) bool {
	switch code {
	case p.OpBinInt1:
		b, ok := s.in.take(1)
		return ok && s.push(scalar(hashInt(int64(b[0]))))
	case p.OpBinInt2:
		b, ok := s.in.take(2)
		return ok && s.push(scalar(hashInt(int64(binary.LittleEndian.Uint16(b)))))
	case p.OpBinInt:
		b, ok := s.in.take(4)
		return ok && s.push(scalar(hashInt(int64(int32(binary.LittleEndian.Uint32(b))))))
	case p.OpBinFloat:
		b, ok := s.in.take(8)
		return ok && s.pushFloat(math.Float64frombits(binary.BigEndian.Uint64(b)))
	}
	width := 1
	if code == p.OpLong4 {
		width = 4
	}
	b, ok := s.in.take(width)
	if !ok {
		return false
	}
	n := length(b)
	if n > math.MaxInt32 {
		return false
	}
	s.out.Payload += int64(n)
	if n > 8 {
		return s.in.skip(int64(n)) && s.push(opaque())
	}
	b, ok = s.in.take(int(n))
	return ok && s.push(scalar(hashInt(signed(b))))
}

// length reads up to 8 bytes, little-endian, unsigned.
func length(b []byte) (n uint64) {
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	return n
}

// signed reads two's complement of up to 8 bytes; none are 0.
func signed(b []byte) int64 {
	unused := 64 - 8*len(b)
	if unused == 64 {
		return 0
	}
	return int64(length(b)<<unused) >> unused
}

func (s *reader) pushFloat(f float64) bool {
	if h, ok := hashFloat(f); ok {
		return s.push(scalar(h))
	}
	return s.push(opaque())
}
