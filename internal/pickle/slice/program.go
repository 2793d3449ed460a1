package slice

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/pickle"
)

// MaxInstructions is how many instructions a stream may have to be sliced.
const MaxInstructions = 1_200_000

const none = int32(-1)

// A Program is one pickle stream, with what each instruction takes and gives.
type Program struct {
	r          io.ReaderAt
	start, end int64
	instrs     []instr
	inputs     []int32 // slots, of all instructions
	slots      []slot
	values     []int32           // the instruction that makes each value
	changes    map[int32][]int32 // of a value: the instructions that change it
	odd        map[int64]string  // what is odd about the spelling at a place
	raws       []Raw
	elements   map[int32]bool   // lists that are the elements of an array of objects
	moved      map[int32]bool   // GETs that get another value than they did
	fresh      map[int32][]byte // instructions that stand for an opMade
	lost       map[int32]int32  // of a slot that stands for another: what took it before
	framed     bool
	counts     bool // MEMOIZE is there
	indexed    bool // PUT, BINPUT or LONG_BINPUT is there
}

// An instr is one instruction. What its numbers mean depends on its kind.
type instr struct {
	pos, end int64
	in, n    int32 // inputs[in:in+n] are the slots that it takes from the stack
	slot     int32 // the slot that it pushes; for a change and a PUT the one it finds on top
	other    int32 // the MARK that it takes; for a GET the PUT
	code     pickle.Opcode
}

// A slot is one place of the stack, from the push to the pop.
type slot struct {
	value, by int32 // the value in it; the instruction that pushed it
	taker     int32 // the instruction that takes it, none if it is left over
}

// A Raw is a run of bytes that the loader reads itself behind a BUILD, as joblib
// reads an array: what is on top of the stack becomes what was read.
type Raw struct {
	Off, Len int64
	To       io.WriterTo // what is written in its place; nil means its bytes
}

// A Break is a place where a stream breaks off, so that no loader gets to its
// STOP. What is then in the slot Object of the stack, from its bottom, is taken for
// the object, and STOP put behind it.
type Break struct {
	At     int64
	Object int
}

// opRaw stands for such a run among the instructions. It is no opcode.
const opRaw = pickle.Opcode(0)

// Read reads the stream that begins at start and must end before end, with the
// runs of bytes between its instructions in order. A stream that CPython would
// not load to its STOP is an error that says where, unless it is mended at a Break.
func Read(r io.ReaderAt, start, end int64, raws []Raw, mend *Break) (*Program, error) {
	m := &machine{
		p:    &Program{r: r, start: start, changes: map[int32][]int32{}, odd: map[int64]string{}, raws: raws},
		memo: map[int64]int32{},
	}
	next := 0 // of raws
	dec := pickle.NewDecoder(r, start, end, pickle.Options{MaxOps: MaxInstructions})
	for {
		if mend != nil && dec.Pos() >= mend.At {
			if err := m.mend(mend); err != nil {
				return nil, err
			}
			break
		}
		err := dec.Read(&m.op)
		if err != nil {
			return nil, fmt.Errorf("at %#x: %w", dec.Pos(), noEOF(err))
		}
		if err := m.step(); err != nil {
			return nil, fmt.Errorf("%v at %#x: %w", m.op.Code, m.op.Pos, err)
		}
		if m.op.Code == pickle.OpStop {
			break
		}
		for next < len(raws) && raws[next].Off == m.op.End && m.op.Code == pickle.OpBuild && dec.FrameEnd() < 0 {
			if err := m.raw(next); err != nil {
				return nil, err
			}
			dec.SeekTo(m.op.End)
			next++
		}
	}
	if next < len(raws) {
		return nil, fmt.Errorf("at %#x: bytes that the loader reads itself, where no BUILD ends a frame", raws[next].Off)
	}
	m.p.end = m.op.End
	for _, a := range dec.Anomalies() {
		m.p.odd[a.Pos] = a.Msg
	}
	return m.p, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// End is the offset behind the STOP.
func (p *Program) End() int64 { return p.end }

func (p *Program) ins(i *instr) []int32 { return p.inputs[i.in : i.in+i.n] }

// made returns the instruction that makes the value in a slot.
func (p *Program) made(s int32) *instr { return &p.instrs[p.values[p.slots[s].value]] }
