package slice

import (
	"errors"

	p "github.com/modelaudit/action/internal/pickle"
)

var (
	errUnderflow = errors.New("the stack has too few values")
	errNoMark    = errors.New("there is no MARK on the stack")
)

// A machine follows a stream while it is read.
type machine struct {
	p     *Program
	op    p.Op
	stack []int32 // slots
	marks []mark
	memo  map[int64]int32 // index -> the PUT that wrote it last
}

type mark struct {
	height int
	by     int32
}

// step records one instruction.
func (m *machine) step() error {
	i := instr{pos: m.op.Pos, end: m.op.End, code: m.op.Code, slot: none, other: none}
	if len(m.p.slots) > 4*MaxInstructions || len(m.p.inputs) > 4*MaxInstructions {
		return errors.New("the stream moves too many values")
	}
	err := m.shape(&i)
	m.p.instrs = append(m.p.instrs, i)
	return err
}

func (m *machine) shape(i *instr) error {
	switch i.code {
	case p.OpProto, p.OpFrame:
		m.p.framed = m.p.framed || i.code == p.OpFrame
		return nil
	case p.OpMark:
		m.marks = append(m.marks, mark{len(m.stack), m.here()})
		return nil
	case p.OpPop:
		if n := len(m.marks); n > 0 && m.marks[n-1].height == len(m.stack) {
			i.other = m.marks[n-1].by
			m.marks = m.marks[:n-1]
			return nil
		}
		return m.take(i, 1)
	case p.OpPopMark:
		return m.takeMarked(i)
	case p.OpStop:
		return m.take(i, 1)
	case p.OpDup:
		top, err := m.top()
		if err == nil {
			i.other = top
			m.push(i, m.p.slots[top].value)
		}
		return err
	case p.OpGet, p.OpBinGet, p.OpLongBinGet:
		put, ok := m.memo[m.op.Int]
		if !ok {
			return errors.New("the memo has no such entry")
		}
		i.other = put
		m.push(i, m.p.slots[m.p.instrs[put].slot].value)
		return nil
	case p.OpPut, p.OpBinPut, p.OpLongBinPut, p.OpMemoize:
		return m.put(i)
	case p.OpReadonlyBuffer, p.OpNextBuffer:
		return errors.New("buffers that are not in the stream")
	case p.OpAppend, p.OpBuild:
		return m.change(i, m.take(i, 1))
	case p.OpSetItem:
		return m.change(i, m.take(i, 2))
	case p.OpAppends, p.OpSetItems, p.OpAddItems:
		return m.change(i, m.takeMarked(i))
	}
	return m.makes(i)
}

// mend ends the stream with instructions that have no bytes: they take what lies
// above the object, and the object.
func (m *machine) mend(at *Break) error {
	if at.Object >= len(m.stack) {
		return errUnderflow
	}
	step := func(code p.Opcode) error {
		m.op = p.Op{Code: code, Pos: at.At, End: at.At}
		return m.step()
	}
	for {
		var err error
		switch n := len(m.marks); {
		case n > 0 && m.marks[n-1].height > at.Object:
			err = step(p.OpPopMark)
		case len(m.stack) > at.Object+1:
			err = step(p.OpPop)
		default:
			return step(p.OpStop)
		}
		if err != nil {
			return err
		}
	}
}

// raw records that the loader read a run of bytes, and put what it read in the
// place of what is on top.
func (m *machine) raw(at int) error {
	x := m.p.raws[at]
	i := instr{pos: x.Off, end: x.Off + x.Len, code: opRaw, slot: none, other: int32(at)}
	if err := m.take(&i, 1); err != nil {
		return err
	}
	m.p.values = append(m.p.values, m.here())
	m.push(&i, int32(len(m.p.values)-1))
	m.p.instrs = append(m.p.instrs, i)
	m.op.End = i.end
	return nil
}

// makes records an instruction that pushes a new value.
func (m *machine) makes(i *instr) error {
	err := error(nil)
	switch i.code {
	case p.OpTuple, p.OpList, p.OpDict, p.OpFrozenSet, p.OpInst, p.OpObj:
		err = m.takeMarked(i)
	case p.OpTuple1, p.OpBinPersID:
		err = m.take(i, 1)
	case p.OpTuple2, p.OpStackGlobal, p.OpReduce, p.OpNewObj:
		err = m.take(i, 2)
	case p.OpTuple3, p.OpNewObjEx:
		err = m.take(i, 3)
	}
	if err != nil {
		return err
	}
	m.p.values = append(m.p.values, m.here())
	m.push(i, int32(len(m.p.values)-1))
	return nil
}

func (m *machine) put(i *instr) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	at := m.op.Int
	if i.code == p.OpMemoize {
		at = int64(len(m.memo))
		m.p.counts = true
	} else {
		m.p.indexed = true
	}
	i.slot = top
	m.memo[at] = m.here()
	return nil
}

// change records what the instruction changes: the value that is on top when
// its own inputs are gone.
func (m *machine) change(i *instr, err error) error {
	if err != nil {
		return err
	}
	top, err := m.top()
	if err != nil {
		return err
	}
	i.slot = top
	v := m.p.slots[top].value
	m.p.changes[v] = append(m.p.changes[v], m.here())
	return nil
}

// here is the number of the instruction that is being read.
func (m *machine) here() int32 { return int32(len(m.p.instrs)) }

func (m *machine) push(i *instr, value int32) {
	i.slot = int32(len(m.p.slots))
	m.p.slots = append(m.p.slots, slot{value, m.here(), none})
	m.stack = append(m.stack, i.slot)
}

func (m *machine) fence() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1].height
}

func (m *machine) top() (int32, error) {
	if len(m.stack) <= m.fence() {
		return none, errUnderflow
	}
	return m.stack[len(m.stack)-1], nil
}

// take moves n slots from the stack to the instruction's inputs.
func (m *machine) take(i *instr, n int) error {
	at := len(m.stack) - n
	if at < m.fence() {
		return errUnderflow
	}
	i.in, i.n = int32(len(m.p.inputs)), int32(n)
	m.p.inputs = append(m.p.inputs, m.stack[at:]...)
	for _, s := range m.stack[at:] {
		m.p.slots[s].taker = m.here()
	}
	m.stack = m.stack[:at]
	return nil
}

// takeMarked takes the topmost mark and what stands above it.
func (m *machine) takeMarked(i *instr) error {
	if len(m.marks) == 0 {
		return errNoMark
	}
	last := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	if last.height > len(m.stack) {
		return errUnderflow
	}
	i.other = last.by
	n := len(m.stack) - last.height
	if n%2 != 0 && (i.code == p.OpDict || i.code == p.OpSetItems) {
		return errors.New("odd number of items") // load_dict and do_setitems of Modules/_pickle.c
	}
	return m.take(i, n)
}
