package slice

import (
	"bufio"
	"fmt"
	"io"

	p "github.com/modelaudit/action/internal/pickle"
)

// WriteTo writes the stream that is left: the instructions that stay, in their
// order and with their bytes, but for memo indices where MEMOIZE counts them, odd
// spellings, and frames. It fails if there are conflicts.
func (s *Slice) WriteTo(w io.Writer) (int64, error) {
	if len(s.Conflicts) > 0 {
		return 0, &s.Conflicts[0]
	}
	e := &emitter{s: s, out: &framer{w: w, framed: s.p.framed}, marks: s.marks(), entries: map[int32]int64{}, taken: map[int64]bool{}}
	e.in = bufio.NewReaderSize(io.NewSectionReader(s.p.r, s.p.start, s.p.end-s.p.start), 64<<10)
	e.at = s.p.start
	for k := range s.p.instrs {
		if err := e.instr(int32(k)); err != nil {
			return e.out.n, err
		}
	}
	return e.out.n, e.out.flush()
}

// marks lists the MARKs that a live instruction takes.
func (s *Slice) marks() []bool {
	used := make([]bool, len(s.p.instrs))
	for k := range s.p.instrs {
		i := &s.p.instrs[k]
		switch i.code {
		case p.OpPopMark, p.OpAppends, p.OpSetItems, p.OpAddItems, p.OpTuple, p.OpList, p.OpDict, p.OpFrozenSet, p.OpInst, p.OpObj:
			used[i.other] = used[i.other] || s.liveInstr[k]
		}
	}
	return used
}

type emitter struct {
	s       *Slice
	out     *framer
	in      *bufio.Reader
	at      int64 // where in stands
	marks   []bool
	entries map[int32]int64 // the memo index that a PUT has now
	taken   map[int64]bool  // indices that are written
}

func (e *emitter) instr(k int32) error {
	i := &e.s.p.instrs[k]
	if i.slot != none && e.s.null[i.slot] && e.s.p.slots[i.slot].by == k {
		if err := e.out.op([]byte{byte(p.OpNone)}); err != nil {
			return err
		}
	}
	if e.stays(i, k) {
		if err := e.spell(i, k); err != nil {
			return err
		}
	}
	if e.s.popAfter[k] {
		return e.out.op([]byte{byte(p.OpPop)})
	}
	return nil
}

// stays reports whether an instruction is written.
func (e *emitter) stays(i *instr, k int32) bool {
	switch i.code {
	case p.OpProto:
		return k == 0
	case p.OpFrame:
		return false
	case p.OpMark:
		return e.marks[k]
	}
	return e.s.liveInstr[k]
}

func (e *emitter) spell(i *instr, k int32) error {
	switch i.code {
	case opRaw:
		return e.raw(i)
	case opMade:
		return e.out.op(e.s.p.fresh[k])
	case opPlain:
		return nil // what is on top stays there
	case p.OpMemoize, p.OpPut, p.OpBinPut, p.OpLongBinPut:
		b, err := e.put(k)
		switch {
		case err != nil:
			return err
		case b == nil:
			return e.copy(i)
		}
		return e.out.op(b)
	case p.OpGet, p.OpBinGet, p.OpLongBinGet:
		if !e.s.p.counts && !e.s.p.moved[k] {
			return e.copy(i)
		}
		at, err := e.index(i.other)
		if err != nil {
			return err
		}
		code := i.code
		if code != p.OpGet {
			code = byIndex(at, p.OpBinGet, p.OpLongBinGet)
		}
		return e.encode(p.Op{Code: code, Int: at})
	}
	if i.end == i.pos { // of machine.mend
		return e.out.op([]byte{byte(i.code)})
	}
	if t, ok := e.s.texts[i.pos]; ok {
		return e.replaced(i, t)
	}
	if len(e.s.p.odd) > 0 {
		return e.respell(i)
	}
	return e.copy(i)
}

// index is the memo index that a PUT writes.
func (e *emitter) index(put int32) (int64, error) {
	if e.s.p.counts {
		return e.entries[put], nil
	}
	op, err := e.s.p.decode(&e.s.p.instrs[put])
	return op.Int, err
}

// put gives a PUT its index. It returns the instruction to write, nil if the
// bytes stay. Where a stream both counts and names indices, all are named anew,
// one after another, so that none is written twice.
func (e *emitter) put(k int32) ([]byte, error) {
	prog := e.s.p
	if !prog.counts {
		return nil, nil
	}
	at := int64(len(e.taken))
	e.entries[k], e.taken[at] = at, true
	if !prog.indexed {
		return nil, nil
	}
	return p.Encode(p.Op{Code: byIndex(at, p.OpBinPut, p.OpLongBinPut), Int: at})
}

func byIndex(at int64, short, long p.Opcode) p.Opcode {
	if at < 256 {
		return short
	}
	return long
}

func (e *emitter) encode(op p.Op) error {
	b, err := p.Encode(op)
	if err != nil {
		return err
	}
	return e.out.op(b)
}

// respell writes an instruction of a stream with oddities as CPython writes it,
// if it is a short one.
func (e *emitter) respell(i *instr) error {
	op, err := e.s.p.decode(i)
	if err != nil {
		return err
	}
	b, err := p.Encode(op)
	if op.Lazy || err != nil || i.code == p.OpGet || i.code == p.OpLong1 || i.code == p.OpLong4 {
		return e.copy(i)
	}
	return e.out.op(b)
}

// copy writes the bytes of an instruction.
func (e *emitter) copy(i *instr) error {
	if err := e.skipTo(i.pos); err != nil {
		return err
	}
	n, err := e.out.copy(e.in, i.end-i.pos)
	e.at += n
	return err
}

// skipTo passes over what is left out.
func (e *emitter) skipTo(pos int64) error {
	skip := pos - e.at
	if skip <= 0 {
		return nil
	}
	if skip > 1<<20 { // nothing is read only to be thrown away
		e.in.Reset(io.NewSectionReader(e.s.p.r, pos, e.s.p.end-pos))
		e.at = pos
		return nil
	}
	n, err := io.CopyN(io.Discard, e.in, skip)
	if e.at += n; err != nil {
		return fmt.Errorf("at %#x: %w", e.at, err)
	}
	return nil
}
