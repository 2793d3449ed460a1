package slice

import (
	"bytes"
	"io"
)

// raw writes what the loader reads itself, outside of frames.
func (e *emitter) raw(i *instr) error {
	if err := e.out.flush(); err != nil {
		return err
	}
	if to := e.s.p.raws[i.other].To; to != nil {
		n, err := to.WriteTo(e.out.w)
		e.out.n += n
		return err
	}
	if err := e.skipTo(i.pos); err != nil {
		return err
	}
	length := i.end - i.pos
	if err := e.padding(&length); err != nil {
		return err
	}
	n, err := io.CopyN(e.out.w, e.in, length)
	e.at, e.out.n = e.at+n, e.out.n+n
	return err
}

// joblibAlign is what joblib since 1.2 aligns arrays to: a byte with the number
// of bytes that follow it up to there (joblib/numpy_pickle.py, write_array).
const joblibAlign = 16

func joblibPadding(at int64) int64 { return joblibAlign - (at+1)%joblibAlign }

// padding draws the padding of an array anew if it is what joblib writes, and
// takes the old one off the length that is left to copy.
func (e *emitter) padding(length *int64) error {
	n := joblibPadding(e.at)
	head, err := e.in.Peek(int(min(n+1, *length)))
	if err != nil {
		return err
	}
	if int64(len(head)) != n+1 || int64(head[0]) != n || len(bytes.Trim(head[1:], "\xff")) > 0 {
		return nil
	}
	if _, err := e.in.Discard(len(head)); err != nil {
		return err
	}
	e.at, *length = e.at+n+1, *length-n-1
	n = joblibPadding(e.out.n)
	return e.out.write(append([]byte{byte(n)}, bytes.Repeat([]byte{0xff}, int(n))...))
}
