package archive

import (
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// maxDictionary bounds the bytes that are kept for references back. It is what
// the strongest preset of xz asks for. A file that claims more is read as long
// as it refers to no more.
const maxDictionary = 64 << 20

// A lenCoder holds the probabilities of lengths.
type lenCoder struct {
	choice   [2]uint16
	low, mid [16][8]uint16
	high     [256]uint16
}

// lzmaProbs are the probabilities of one LZMA state (LZMA specification).
type lzmaProbs struct {
	match, rep0Long          [12][16]uint16
	rep, repG0, repG1, repG2 [12]uint16
	slot                     [4][64]uint16
	special                  [128]uint16
	align                    [16]uint16
	length, repLength        lenCoder
}

// An lzmaDecoder decodes LZMA operations from a range coder into a window.
type lzmaDecoder struct {
	in        *input
	rng, code uint32
	err       error // the input ended

	lc, lp, pb int
	probs      lzmaProbs
	literals   []uint16
	state      int
	reps       [4]uint32

	window window
	// A match that did not fit into the last piece.
	pending int
	marker  bool // the end marker was read
}

// setProps takes the byte that encodes lc, lp and pb.
func (d *lzmaDecoder) setProps(b byte) bool {
	if b >= 9*5*5 {
		return false
	}
	d.lc, d.lp, d.pb = int(b%9), int(b/9%5), int(b/45)
	if n := 0x300 << (d.lc + d.lp); n != len(d.literals) {
		d.literals = make([]uint16, n)
	}
	return true
}

// reset forgets state and probabilities.
func (d *lzmaDecoder) reset() {
	d.state, d.reps, d.pending, d.marker = 0, [4]uint32{}, 0, false
	const half = 1 << 10
	fill := func(p []uint16) {
		for i := range p {
			p[i] = half
		}
	}
	fill(d.literals)
	p := &d.probs
	for i := range p.match {
		fill(p.match[i][:])
		fill(p.rep0Long[i][:])
	}
	for _, s := range [][]uint16{p.rep[:], p.repG0[:], p.repG1[:], p.repG2[:], p.special[:], p.align[:]} {
		fill(s)
	}
	for i := range p.slot {
		fill(p.slot[i][:])
	}
	for _, l := range []*lenCoder{&p.length, &p.repLength} {
		fill(l.choice[:])
		fill(l.high[:])
		for i := range l.low {
			fill(l.low[i][:])
			fill(l.mid[i][:])
		}
	}
}

// start reads the first bytes of the range coder.
func (d *lzmaDecoder) start() error {
	b, err := d.in.take(5)
	if err != nil {
		return err
	}
	if b[0] != 0 {
		return &FormatError{Offset: d.in.pos(), Msg: "the range coder does not begin with a zero"}
	}
	d.rng, d.code, d.err = 0xffffffff, uint32(b[1])<<24|uint32(b[2])<<16|uint32(b[3])<<8|uint32(b[4]), nil
	return nil
}

// decode appends at most n bytes to the window, in one piece, and returns how
// many. With io.EOF the end marker was read.
func (d *lzmaDecoder) decode(n int) (int, error) {
	n = d.window.room(n)
	start := d.window.pos
	end := start + n
	for d.window.pos < end {
		if d.pending > 0 {
			d.pending -= d.window.copy(d.reps[0], min(d.pending, end-d.window.pos))
			continue
		}
		if err := d.operation(); err != nil {
			return d.window.pos - start, err
		}
	}
	return n, nil
}

// operation decodes one literal into the window, or the length of a match into
// pending and its distance into reps.
func (d *lzmaDecoder) operation() error {
	p, w := &d.probs, &d.window
	at := int(w.total) & (1<<d.pb - 1)
	if d.bit(&p.match[d.state][at]) == 0 {
		b := d.literal()
		if d.err != nil {
			return d.err
		}
		w.put(b)
		return nil
	}
	length := 0
	if d.bit(&p.rep[d.state]) == 0 {
		length = d.length(&p.length, at)
		distance := d.distance(length)
		if d.err == nil && distance == 0xffffffff {
			d.marker = true
			return io.EOF
		}
		d.reps = [4]uint32{distance, d.reps[0], d.reps[1], d.reps[2]}
		d.state = next(d.state, 7, 10)
	} else if d.repeated(at) {
		length, d.state = 1, next(d.state, 9, 11)
	} else {
		length, d.state = d.length(&p.repLength, at), next(d.state, 8, 11)
	}
	if d.err != nil {
		return d.err
	}
	if !w.has(d.reps[0]) {
		if int64(d.reps[0]) < w.total && d.reps[0] < w.claimed {
			return &FormatError{Offset: d.in.pos(), Msg: "it refers further back than is kept", Err: safeio.ErrLimit}
		}
		return &FormatError{Offset: d.in.pos(), Msg: "it refers to bytes before its beginning"}
	}
	d.pending = length
	return nil
}

// repeated reads which distance is used again, and reports whether it is for a
// single byte.
func (d *lzmaDecoder) repeated(at int) bool {
	p, r := &d.probs, &d.reps
	switch {
	case d.bit(&p.repG0[d.state]) == 0:
		return d.bit(&p.rep0Long[d.state][at]) == 0
	case d.bit(&p.repG1[d.state]) == 0:
		r[0], r[1] = r[1], r[0]
	case d.bit(&p.repG2[d.state]) == 0:
		r[0], r[1], r[2] = r[2], r[0], r[1]
	default:
		r[0], r[1], r[2], r[3] = r[3], r[0], r[1], r[2]
	}
	return false
}

// next is the state after a match.
func next(state, afterLiteral, afterMatch int) int {
	if state < 7 {
		return afterLiteral
	}
	return afterMatch
}
