// Package plain recognises pickle streams that make nothing but plain values:
// numbers, texts, bytes, tuples, lists, dicts and sets. Such a stream imports
// and calls nothing, whatever its values are, so that it can be passed by
// without a graph of them: a value on the stack takes 16 bytes, one in the memo
// 8, and nothing is allocated for an opcode.
//
// [Read] says yes only where internal/pickle/symbolic, given memory without
// end, would find nothing to report. Everything else, and whatever is in doubt,
// is a no: then that package reads the stream from its beginning.
//
// # Security
//
// Input is hostile. Memory is bounded whatever the stream claims, and so is the
// number of opcodes. A yes needs all of this: opcodes of plain values only,
// each as every unpickler reads it; a stack that never runs short; marks that
// belong together; memo entries that were written before they are read; frames
// that end where an opcode ends; texts in UTF-8; keys that can be hashed and
// differ; no value that changes after another took it; a STOP. Keys are
// compared by a hash of 60 bits that anybody can compute: to make two of them
// collide leads to a no.
package plain

import (
	"io"
	"math"

	"github.com/modelaudit/action/internal/pickle"
)

// Limits of an object that Read accepts. An object above them may still be
// harmless; that is not for this package to say.
const (
	maxDepth = 5000        // values inside one another
	maxPaths = 100_000_000 // values met by who walks the object as a tree
)

// smallBytes is what several readers may take at the same time.
const smallBytes = 16 << 20

// Options bounds one Read. A zero field means its default.
type Options struct {
	MaxOps   int64 // opcodes; 0 means 500,000,000
	MaxBytes int64 // memory for stack, memo and keys; 0 means 144 MiB
	// Large, unless nil, is called once before that memory passes 16 MiB. It may wait.
	Large func()
}

// A Stream is what is known of a stream of plain values.
type Stream struct {
	End      int64 // behind STOP
	Ops      int64 // opcodes, STOP included
	Gets     int64 // GET, BINGET and LONG_BINGET
	Payload  int64 // bytes of counted payloads
	Memo     int   // memo entries
	Protocol int   // of PROTO, 0 without
}

// Read reports whether the stream that begins at start and ends before end
// makes only plain values. An error of r is a no.
func Read(r io.ReaderAt, start, end int64, opt Options) (Stream, bool) {
	if opt.MaxOps == 0 {
		opt.MaxOps = 500_000_000
	}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = 144 << 20
	}
	s := &reader{in: window{r: r, base: start, end: end, size: windowSize}, maxOps: opt.MaxOps, room: opt.MaxBytes, small: smallBytes, large: opt.Large, frameEnd: math.MaxInt64}
	return s.read()
}

func (s *reader) read() (Stream, bool) {
	if s.in.base < 0 || s.in.base > s.in.end || !s.run() {
		return Stream{}, false
	}
	s.out.End = s.in.pos()
	s.out.Memo = s.memo.n
	return s.out, true
}

// A reader is the state of one Read.
type reader struct {
	in     window
	dec    *pickle.Decoder // for arguments that are rare, nil until needed
	stack  []value
	marks  []int32
	memo   memo
	keys   []uint64 // hashes of the keys of the dicts on the stack, see value.ref
	room   int64    // bytes that may still be taken
	small  int64    // bytes that may still be taken before large is called
	large  func()
	out    Stream
	maxOps int64
	// frameEnd is where the open frame ends, math.MaxInt64 when none is open.
	frameEnd int64
}

func (s *reader) run() bool {
	for {
		code, ok := s.in.next()
		if !ok || s.out.Ops == s.maxOps {
			return false
		}
		s.out.Ops++
		if code == pickle.OpStop {
			return s.stop()
		}
		if !s.step(code) {
			return false
		}
		if at := s.in.pos(); at >= s.frameEnd {
			if at > s.frameEnd {
				return false
			}
			s.frameEnd = math.MaxInt64
		}
	}
}

// stop ends the stream: the object is on top, and whatever lies below it is
// looked at as if it were dropped.
func (s *reader) stop() bool {
	if len(s.stack) <= s.fence() {
		return false
	}
	if s.frameEnd != math.MaxInt64 && s.in.pos() != s.frameEnd {
		return false
	}
	return s.drop(0)
}

// frame is FRAME, which must not stand inside a frame.
func (s *reader) frame() bool {
	b, ok := s.in.take(8)
	if !ok {
		return false
	}
	size, at := le64(b), s.in.pos()
	if s.frameEnd != math.MaxInt64 && at != s.frameEnd || size > uint64(s.in.end-at) {
		return false
	}
	s.frameEnd = at + int64(size)
	if size == 0 {
		s.frameEnd = math.MaxInt64
	}
	return true
}

func (s *reader) proto() bool {
	b, ok := s.in.take(1)
	if !ok || b[0] > 5 || s.out.Ops != 1 {
		return false
	}
	s.out.Protocol = int(b[0])
	return true
}
