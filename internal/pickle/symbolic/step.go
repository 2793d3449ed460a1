package symbolic

import (
	"fmt"
	"math"
	"unicode/utf8"

	p "github.com/modelaudit/action/internal/pickle"
)

// step carries out one opcode that is not STOP. Opcodes are grouped as in
// Lib/pickletools.py.
func (m *machine) step() error {
	switch m.op.Code {
	case p.OpProto:
		if m.op.Int > 5 {
			return fmt.Errorf("unsupported pickle protocol: %d", m.op.Int)
		}
		m.proto = int(m.op.Int)
		m.tr.Protocol = max(m.tr.Protocol, m.proto)
		return nil
	case p.OpFrame:
		return nil
	case p.OpMark:
		if m.opt.Fold && m.opt.Pack != nil {
			m.beginPack()
		}
		m.marks = append(m.marks, len(m.stack))
		return m.charge(costItem)
	case p.OpPop:
		return m.doPop()
	case p.OpPopMark:
		_, err := m.popMark()
		return err
	case p.OpDup:
		n, err := m.top()
		if err == nil {
			n.flags |= held
			m.thinGet(n)
			m.push(n)
		}
		return err
	}
	if done, err := m.stepMemo(); done {
		return err
	}
	if done, err := m.stepScalar(); done {
		return err
	}
	if done, err := m.stepContainer(); done {
		return err
	}
	return m.stepObject()
}

// doPop removes a mark if that is the topmost thing, as load_pop does.
func (m *machine) doPop() error {
	if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
		m.marks = m.marks[:n-1]
		return nil
	}
	_, err := m.pop()
	return err
}

// maxMemoGap is the memo index up to which gaps are nobody's business. CPython
// keeps the memo as an array of twice the largest index (_Unpickler_MemoPut).
const maxMemoGap = 1 << 20

func (m *machine) stepMemo() (bool, error) {
	switch m.op.Code {
	case p.OpGet, p.OpBinGet, p.OpLongBinGet:
		m.tr.Gets++
		n := m.memo.entries.get(m.op.Int)
		if n == nil {
			return true, fmt.Errorf("%w: %d", errMemo, m.op.Int)
		}
		if n == m.memo.gone {
			return true, errBudget
		}
		m.thinGet(n)
		m.push(n)
	case p.OpPut, p.OpBinPut, p.OpLongBinPut:
		n, err := m.top()
		if err != nil {
			return true, err
		}
		if m.op.Int < 0 {
			return true, fmt.Errorf("negative memo index %d", m.op.Int)
		}
		if m.op.Int > maxMemoGap && m.op.Int > 64*int64(m.memo.entries.n+1) {
			m.detailed(EventExcess, n, &detail{Text: fmt.Sprintf("memo index %d makes the unpickler allocate a table of that size", m.op.Int)})
		}
		return true, m.remember(m.op.Int, n)
	case p.OpMemoize:
		n, err := m.top()
		if err != nil {
			return true, err
		}
		return true, m.remember(int64(m.memo.entries.n), n)
	default:
		return false, nil
	}
	return true, nil
}

func (m *machine) remember(at int64, n *Node) error {
	if n == m.thin.value { // whoever reads the entry gets an error
		n, m.thin.value = m.nothing(), nil
	} else {
		n.flags |= held
	}
	m.fold.puts = [2]int64{m.fold.puts[1], at}
	m.thinPut(n, at)
	err := m.charge(m.memo.entries.put(at, n))
	if m.thin.on && at%pageSize == 0 {
		m.squeeze(at - pageSize)
	}
	return err
}

func (m *machine) stepScalar() (bool, error) {
	switch m.op.Code {
	case p.OpNone:
		m.push(m.consts[0])
	case p.OpNewFalse:
		m.push(m.consts[1])
	case p.OpNewTrue:
		m.push(m.consts[2])
	case p.OpInt, p.OpBinInt, p.OpBinInt1, p.OpBinInt2, p.OpLong, p.OpLong1, p.OpLong4:
		return true, m.pushInt()
	case p.OpFloat, p.OpBinFloat:
		n, err := m.newNode(Float)
		if err != nil {
			return true, err
		}
		n.Int = int64(math.Float64bits(m.op.Float))
		m.push(n)
	case p.OpString, p.OpBinString, p.OpShortBinString, p.OpUnicode, p.OpBinUnicode, p.OpShortBinUnicode, p.OpBinUnicode8:
		return true, m.pushText(String)
	case p.OpBinBytes, p.OpShortBinBytes, p.OpBinBytes8:
		return true, m.pushText(Bytes)
	case p.OpByteArray8:
		return true, m.pushText(ByteArray)
	default:
		return false, nil
	}
	return true, nil
}

// pushInt shares the nodes of small integers, which are most of them.
func (m *machine) pushInt() error {
	if m.op.Bool {
		m.push(m.consts[1+m.op.Int])
		return nil
	}
	if n := m.small[m.op.Int]; n != nil && m.op.Big == nil {
		m.push(n)
		return nil
	}
	n, err := m.newNode(Int)
	if err != nil {
		return err
	}
	n.Int = m.op.Int
	if m.op.Big != nil {
		n.extra().big = m.op.Big
		if err := m.charge(costMore + costRare + int64(m.op.Big.BitLen()/8)); err != nil {
			return err
		}
	} else if n.Int >= -1024 && n.Int <= 65536 {
		m.small[n.Int] = n
		n.flags |= held
	}
	m.push(n)
	return nil
}

// maxText is how long a binary payload may be to be held in memory; longer ones
// are read from the file when they are wanted.
const maxText = 4 << 10

func (m *machine) pushText(k Kind) error {
	// A Python 2 str that is no ASCII fails to decode under the default
	// encoding, and the load with it.
	py2 := m.op.Code == p.OpString || m.op.Code == p.OpBinString || m.op.Code == p.OpShortBinString
	n, err := m.newNode(k)
	if err != nil {
		return err
	}
	n.Text, n.Lazy = m.op.Text, m.op.Lazy
	switch {
	case m.op.Code == p.OpUnicode:
		n.form = formLine
	case m.op.Code == p.OpString:
		n.form = formQuoted
	default:
		n.form = formBinary
	}
	if py2 && !m.decodes(n) {
		// encoding="latin1" and "bytes" are what old numpy files are loaded
		// with, so the stream goes on; the value is bytes to all of them.
		n.Kind = Bytes
	}
	cost := int64(len(n.Text)+7) &^ 7
	if m.op.Data.Len > maxText {
		n.Text, n.Lazy = "", true
	}
	if n.Lazy {
		n.extra().data = m.op.Data
		cost = costMore + costRare
	}
	if err := m.charge(cost); err != nil {
		return err
	}
	if k == String && n.Kind == String {
		m.thinKey(n)
	}
	m.push(n)
	return nil
}

// decodes reports whether a text of Python 2 is one to the loader. One that is
// too long to be looked at is taken for the bytes of an array.
func (m *machine) decodes(n *Node) bool {
	if !m.opt.UTF8 {
		return !n.Lazy && ascii(n.Text)
	}
	if !n.Lazy && utf8.ValidString(n.Text) {
		return true
	}
	if m.tr.Undecodable == nil {
		m.tr.Undecodable = n
	}
	return false
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
