package slice

import (
	"encoding/binary"
	"io"

	p "github.com/modelaudit/action/internal/pickle"
)

// The sizes in bytes that Modules/_pickle.c draws frames by, FRAME_SIZE_TARGET
// and FRAME_SIZE_MIN.
const (
	frameTarget = 64 << 10
	frameMin    = 4
)

// A framer writes instructions, in frames if the stream has any: as CPython
// draws them, a frame ends with the instruction that fills it to 64 KiB, and an
// instruction that is longer by itself stands in no frame.
type framer struct {
	w      io.Writer
	framed bool
	n      int64 // bytes written
	frame  []byte
	begun  bool // a first instruction, PROTO, was written
	buf    []byte
}

// op writes one instruction.
func (f *framer) op(b []byte) error {
	if !f.framed || !f.begun && b[0] == byte(p.OpProto) {
		f.begun = true
		return f.write(b)
	}
	f.begun = true
	f.frame = append(f.frame, b...)
	if len(f.frame) >= frameTarget {
		return f.flush()
	}
	return nil
}

// copy writes one instruction of n bytes from r.
func (f *framer) copy(r io.Reader, n int64) (int64, error) {
	if n <= frameTarget {
		f.buf = append(f.buf[:0], make([]byte, n)...)
		b := f.buf
		if m, err := io.ReadFull(r, b); err != nil {
			return int64(m), err
		}
		return n, f.op(b)
	}
	if err := f.flush(); err != nil {
		return 0, err
	}
	m, err := io.CopyN(f.w, r, n)
	f.n += m
	return m, err
}

// flush ends the frame that is open.
func (f *framer) flush() error {
	b := f.frame
	if len(b) == 0 {
		return nil
	}
	if len(b) >= frameMin {
		head := binary.LittleEndian.AppendUint64([]byte{byte(p.OpFrame)}, uint64(len(b)))
		if err := f.write(head); err != nil {
			return err
		}
	}
	f.frame = b[:0]
	return f.write(b)
}

func (f *framer) write(b []byte) error {
	n, err := f.w.Write(b)
	f.n += int64(n)
	return err
}
