package witness

import (
	"bytes"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

const (
	maxStream = 64 << 20  // bytes of the rewritten stream
	maxHeap   = 256 << 20 // estimated bytes that decoding keeps
	maxText   = 4096      // longer texts are cut out
	maxLong   = 255       // bytes of a binary integer
	// cutPrefix begins the text that stands for a text that was cut out.
	cutPrefix = "\x00text cut out at "
)

// A scan walks a stream once and writes the copy that gopickle will see.
type scan struct {
	window
	table  *[256]opInfo
	maxOps int
	out    bytes.Buffer

	ops   int
	cost  int64
	depth int   // stack items above the last mark
	marks []int // the depths below each mark
	memo  map[int64]struct{}

	stackGlobal, builtins, listOrDict bool // what the stream contains
}

// prepare returns the rewritten copy of the stream in [start, end) up to its
// STOP, or why the witness does not decode it.
func prepare(r io.ReaderAt, start, end int64, lim safeio.Limits) ([]byte, error) {
	if start < 0 || end < start {
		return nil, refusal("the range of the stream is empty")
	}
	s := &scan{window: window{r: r, pos: start, end: end}, table: opTable(), maxOps: lim.MaxOpcodes, memo: map[int64]struct{}{}}
	for {
		at := s.pos
		b, err := s.next(1)
		if err != nil {
			return nil, err
		}
		code := b[0]
		if err := s.opcode(code, at); err != nil {
			return nil, err
		}
		if code == '.' {
			return s.finish()
		}
		if s.ops++; s.ops >= s.maxOps {
			return nil, refusal(fmt.Sprintf("more than %d opcodes", s.maxOps))
		}
		if s.cost > maxHeap || s.out.Len() > maxStream {
			return nil, refusal(fmt.Sprintf("too large for the second decoder at byte %d", at))
		}
	}
}

func (s *scan) finish() ([]byte, error) {
	if s.stackGlobal && s.builtins && s.listOrDict {
		return nil, refusalBuiltins()
	}
	return s.out.Bytes(), nil
}

// gopickle cannot tell the classes builtins.list and builtins.dict from
// instances, and gives the argument of a call of them back unchanged.
func refusalBuiltins() error {
	return refusal("the stream names builtins.list or builtins.dict")
}

// opcode checks one opcode, follows its effect and writes its copy.
func (s *scan) opcode(code byte, at int64) error {
	info := s.table[code]
	if info.cost == 0 {
		return refusal(fmt.Sprintf("opcode %#02x at %d is not supported", code, at))
	}
	s.cost += info.cost
	if err := s.effect(code, info, at); err != nil {
		return err
	}
	s.stackGlobal = s.stackGlobal || code == 0x93
	return s.argument(code, info.arg, at)
}

// effect follows the stack's depth. gopickle leaves some underflows and odd
// counts to a panic, and pops what CPython's fence at a mark forbids.
func (s *scan) effect(code byte, info opInfo, at int64) error {
	switch {
	case code == '(':
		s.marks = append(s.marks, s.depth)
		s.depth = 0
	case code == '0' && s.depth > 0:
		s.depth--
	case code == '0' || info.mark:
		if len(s.marks) == 0 {
			return refusal(fmt.Sprintf("no mark on the stack at %d", at))
		}
		if info.even && s.depth%2 != 0 {
			return refusal(fmt.Sprintf("an odd number of keys and values at %d", at))
		}
		s.cost += int64(s.depth) * 100
		s.depth, s.marks = s.marks[len(s.marks)-1], s.marks[:len(s.marks)-1]
	}
	if s.depth < info.pop {
		return refusal(fmt.Sprintf("too few items on the stack at %d", at))
	}
	s.depth += info.push - info.pop
	return nil
}
