package symbolic

import (
	"errors"

	p "github.com/modelaudit/action/internal/pickle"
)

func (m *machine) stepContainer() (bool, error) {
	switch m.op.Code {
	case p.OpEmptyTuple:
		return true, m.pushItems(Tuple, nil)
	case p.OpEmptyList:
		return true, m.pushItems(List, nil)
	case p.OpEmptyDict:
		return true, m.pushItems(Dict, nil)
	case p.OpEmptySet:
		return true, m.pushItems(Set, nil)
	case p.OpTuple:
		return true, m.pushMarked(Tuple)
	case p.OpList:
		return true, m.pushMarked(List)
	case p.OpFrozenSet:
		return true, m.pushMarked(FrozenSet)
	case p.OpTuple1, p.OpTuple2, p.OpTuple3:
		return true, m.pushTuple(int(m.op.Code-p.OpTuple1) + 1)
	case p.OpDict:
		return true, m.pushDict()
	case p.OpAppend:
		n, err := m.pop()
		if err != nil {
			return true, err
		}
		return true, m.extend([]*Node{n}, List)
	case p.OpAppends:
		return true, m.extendMarked(List)
	case p.OpAddItems:
		return true, m.extendMarked(Set)
	case p.OpSetItem:
		k, v, err := m.pop2()
		if err != nil {
			return true, err
		}
		return true, m.setItems([]*Node{k, v})
	case p.OpSetItems:
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.setItems(items)
	}
	return false, nil
}

func (m *machine) pushItems(k Kind, items []*Node) error {
	n, err := m.newNode(k)
	if err != nil {
		return err
	}
	if len(items) > 0 {
		n.items = items
		if err := m.charge(costItem * int64(len(items))); err != nil {
			return err
		}
	}
	if k == FrozenSet {
		if err := m.uniqueItems(n, items); err != nil {
			return err
		}
	}
	m.push(n)
	return nil
}

func (m *machine) pushMarked(k Kind) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.pushItems(k, items)
}

func (m *machine) pushTuple(size int) error {
	if len(m.stack)-m.fence() < size {
		return errUnderflow
	}
	at := len(m.stack) - size
	items := append([]*Node(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return m.pushItems(Tuple, items)
}

func (m *machine) pushDict() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	if len(items)%2 != 0 {
		return errors.New("odd number of items for DICT")
	}
	n, err := m.newNode(Dict)
	if err != nil {
		return err
	}
	m.push(n)
	return m.setPairs(n, items)
}

func (m *machine) extendMarked(exact Kind) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.extend(items, exact)
}

// extend adds items to the value on top of the stack. On anything but the
// exact builtin it is a method call (load_appends, load_additems).
func (m *machine) extend(items []*Node, exact Kind) error {
	n, err := m.top()
	if err != nil {
		return err
	}
	if len(items) == 0 && m.op.Code != p.OpAppend {
		return nil
	}
	if n.Kind != exact {
		m.event(EventAppend, n, items...)
	}
	m.change(n)
	if n.Kind == Set {
		return m.uniqueItems(n, items)
	}
	if n.Kind == List || n.Kind == Object {
		n.items = append(n.items, items...)
	}
	return m.charge(costItem * int64(len(items)))
}

// uniqueItems adds items to a set, once each by Python's equality.
func (m *machine) uniqueItems(n *Node, items []*Node) error {
	if err := m.charge(costPair * int64(len(items))); err != nil {
		return err
	}
	e := n.ext()
	if e.index == nil {
		e.index, n.items = map[keyHash]int{}, nil
	}
	for _, i := range items {
		h, ok := hashKey(i)
		if !ok {
			return errors.New("unhashable element")
		}
		if _, dup := e.index[h]; !dup {
			e.index[h] = len(n.items)
			n.items = append(n.items, i)
		}
	}
	return nil
}

// setItems sets key, value, key, value... on the value on top of the stack.
func (m *machine) setItems(items []*Node) error {
	n, err := m.top()
	if err != nil {
		return err
	}
	if len(items)%2 != 0 {
		return errors.New("odd number of items for SETITEMS")
	}
	if len(items) == 0 {
		return nil
	}
	if n.Kind != Dict {
		m.event(EventSetItem, n, items...)
	}
	m.change(n)
	if n.Kind != Dict && n.Kind != Object {
		return nil // the event says it; nothing of ours has such items
	}
	return m.setPairs(n, items)
}

// setPairs follows dict.__setitem__: an equal key keeps its first spelling and
// place, and takes the last value.
func (m *machine) setPairs(n *Node, items []*Node) error {
	if err := m.charge(costPair * int64(len(items)/2)); err != nil {
		return err
	}
	e := n.ext()
	if e.index == nil {
		e.index = map[keyHash]int{}
	}
	for i := 0; i < len(items); i += 2 {
		h, ok := hashKey(items[i])
		if !ok {
			return errors.New("unhashable key")
		}
		if at, dup := e.index[h]; dup {
			m.event(EventCollision, n, items[i])
			if err := m.own(n); err != nil {
				return err
			}
			e.pairs[at].Value = items[i+1]
			continue
		}
		e.index[h] = len(e.pairs)
		e.pairs = append(e.pairs, Pair{Key: items[i], Value: items[i+1], Pos: m.op.Pos})
	}
	return nil
}
