package pickle

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/big"
)

// A Range is a run of bytes of the input.
type Range struct {
	Off, Len int64
}

// An Op is one decoded instruction. Fields that the opcode's argument does not
// fill are zero.
type Op struct {
	Code Opcode
	// Pos and End are the half-open byte range of opcode and argument,
	// absolute in the reader.
	Pos, End int64
	// Int is the value of INT, BININT*, LONG* if it fits; else the memo index,
	// extension code, protocol or frame length; 0 or 1 for a boolean.
	Int int64
	// Bool says that the C unpickler up to Python 3.13 reads this INT as False
	// or True: I00 and I01, and the odd spellings of two bytes such as I+1,
	// which are anomalies too, because later versions read them as integers.
	Bool bool
	// Big is an INT, LONG* or FRAME value that does not fit Int, else nil.
	Big *big.Int
	// Float is the value of FLOAT and BINFLOAT; BINFLOAT keeps the bits of a NaN.
	Float float64
	// Text is the decoded text: a str as UTF-8 in which lone surrogates stand
	// as three bytes each (Python's "surrogatepass"), the undecoded bytes of
	// bytes, bytearray and Python 2 str, the module of GLOBAL and INST, the
	// persistent id of PERSID.
	Text string
	// Name is the second line of GLOBAL and INST.
	Name string
	// Data is the byte range of a counted payload, without its length.
	Data Range
	// Lazy says that the payload is longer than Options.MaxInline: Text, Int
	// and Big are zero, only Data is set, and neither UTF-8 nor escapes were
	// checked. Of a line, Data is what stands in the quotes of STRING and behind UNICODE.
	Lazy bool
}

// Options bounds a Decoder. A zero field means its default.
type Options struct {
	MaxInline int64 // longest payload or line that is held in memory; 0 means 1 MiB
	MaxLine   int64 // longest line of STRING and UNICODE that is passed over; 0 means any
	MaxOps    int   // most instructions of one decoder; 0 means 20,000,000
	// Drops says that the C unpickler reads from a file that it cannot look
	// ahead in, such as io.BytesIO: what an instruction lacks at the end of its
	// frame it reads behind the frame, and drops what it had (_Unpickler_ReadImpl
	// of Modules/_pickle.c before 3.13.15 and 3.14.7). That is no anomaly then.
	Drops bool
	// Frame is the end of the frame in which the bytes begin: that of the pickle
	// before, if one Unpickler of Modules/_pickle.c reads both. 0 if there is none.
	Frame int64
}

// A FormatError says where a stream is no pickle, and why.
type FormatError struct {
	Offset int64  // of the opcode byte
	Op     Opcode // the byte at Offset
	Msg    string

	kind errorKind
}

type errorKind byte

const (
	malformed errorKind = iota
	truncated
	limited
)

// Error returns a text like "opcode GLOBAL at 0x1f: module is not UTF-8".
func (e *FormatError) Error() string {
	return fmt.Sprintf("opcode %v at %#x: %s", e.Op, e.Offset, e.Msg)
}

// Truncated reports that the input ends inside the instruction.
func (e *FormatError) Truncated() bool { return e.kind == truncated }

// Limit reports that a limit of Options was reached, not that the stream is wrong.
func (e *FormatError) Limit() bool { return e.kind == limited }

// A Decoder reads instructions from a run of bytes. It knows no stack, memo or
// STOP: after STOP it goes on with the next instruction.
type Decoder struct {
	in    window
	start int64
	opt   Options

	pos       int64
	ops       int
	frameEnd  int64 // -1 when no frame is open
	leftover  int64
	resume    *jump // what the loader read from the file behind the frame, or nil
	opsSince  int   // instructions since the last STOP
	protoSeen bool  // a PROTO since the last STOP
	anomalies []Anomaly
	torn      bool
}

// NewDecoder returns a decoder of the bytes [start, end) of r. Offsets in what
// it returns are offsets in r. It holds one buffer of at most 64 KiB.
func NewDecoder(r io.ReaderAt, start, end int64, opt Options) *Decoder {
	if opt.MaxInline <= 0 {
		opt.MaxInline = 1 << 20
	}
	if opt.MaxOps <= 0 {
		opt.MaxOps = 20_000_000
	}
	return &Decoder{in: window{r: r, end: end}, start: start, opt: opt, pos: start, frameEnd: cmp.Or(opt.Frame, -1)}
}

// Pos returns the offset of the next instruction; after an error, of the
// instruction that is wrong.
func (d *Decoder) Pos() int64 { return d.pos }

// SeekTo continues at pos and ends the current frame. A pos outside the input
// makes Next fail.
func (d *Decoder) SeekTo(pos int64) {
	d.pos, d.frameEnd, d.resume = pos, -1, nil
}

// FrameEnd returns the end of the frame that holds the next instruction, or -1
// if there is none. It may lie beyond the input, whatever the frame claims.
func (d *Decoder) FrameEnd() int64 {
	if d.pos >= d.frameEnd {
		return -1
	}
	return d.frameEnd
}

// Next decodes one instruction. At the end of the input it returns io.EOF;
// where the bytes are no instruction a *FormatError; any other error comes
// from the reader. After an error the decoder stands where it stood before.
func (d *Decoder) Next() (Op, error) {
	var op Op
	if err := d.Read(&op); err != nil {
		return Op{}, err
	}
	return op, nil
}

// Read is Next into op, all of which it overwrites; after an error op is of no use.
func (d *Decoder) Read(op *Op) error {
	d.leap()
	if d.pos < d.start || d.pos > d.in.end {
		return &FormatError{Offset: d.pos, Msg: "position outside the input", kind: truncated}
	}
	if d.pos == d.in.end {
		return io.EOF
	}
	b, err := d.in.bytes(d.pos, 1)
	if err != nil {
		return err
	}
	*op = Op{Code: Opcode(b[0]), Pos: d.pos, End: d.pos + 1}
	if d.ops >= d.opt.MaxOps {
		return op.limit("more than %d instructions", d.opt.MaxOps)
	}
	info := &table[op.Code]
	if info.Name == "" {
		return op.fail("unknown opcode")
	}
	if info.Arg != ArgNone {
		before, frame := len(d.anomalies), d.frameEnd
		if err := d.argument(op, info.Arg); err != nil {
			d.anomalies, d.frameEnd = d.anomalies[:before], frame
			d.torn = d.torn || op.Pos < frame
			return err
		}
	}
	if d.resume != nil && op.End > d.resume.at {
		return op.fail("goes on behind its frame, where the loader has read an array")
	}
	if d.opt.Drops {
		if err := d.dropFrame(op); err != nil {
			return err
		}
	} else {
		d.pos = op.End
		d.frame(op)
	}
	d.proto(op)
	d.ops++
	return nil
}

// fail returns the error that the instruction is malformed.
func (op *Op) fail(format string, args ...any) error {
	return &FormatError{Offset: op.Pos, Op: op.Code, Msg: fmt.Sprintf(format, args...)}
}

// limit returns the error that the instruction passes a limit.
func (op *Op) limit(format string, args ...any) error {
	return &FormatError{Offset: op.Pos, Op: op.Code, Msg: fmt.Sprintf(format, args...), kind: limited}
}

// short returns the error that the input ends where n more bytes were claimed.
func (op *Op) short(n uint64, left int64) error {
	return &FormatError{Offset: op.Pos, Op: op.Code, kind: truncated,
		Msg: fmt.Sprintf("argument of %d bytes, but the input has %d", n, left)}
}

// saturated adds two offsets, neither negative, without overflow.
func saturated(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
