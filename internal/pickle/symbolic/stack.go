package symbolic

func (m *machine) push(n *Node) { m.stack = append(m.stack, n) }

// fence is the height below which no opcode but a MARK-consuming one may reach.
func (m *machine) fence() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (*Node, error) {
	if len(m.stack) <= m.fence() {
		return nil, errUnderflow
	}
	n := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return n, nil
}

// pop2 returns the two topmost values, the lower one first.
func (m *machine) pop2() (below, top *Node, err error) {
	if top, err = m.pop(); err == nil {
		below, err = m.pop()
	}
	return below, top, err
}

func (m *machine) top() (*Node, error) {
	if len(m.stack) <= m.fence() {
		return nil, errUnderflow
	}
	return m.stack[len(m.stack)-1], nil
}

// popMark removes the topmost mark and returns what stood above it, which the
// next push overwrites.
func (m *machine) popMark() ([]*Node, error) {
	if len(m.marks) == 0 {
		return nil, errNoMark
	}
	at := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	if at > len(m.stack) {
		return nil, errUnderflow
	}
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items, nil
}
