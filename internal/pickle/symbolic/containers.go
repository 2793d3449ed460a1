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
		if _, err := m.pop(); err != nil {
			return true, err
		}
		return true, m.extend(m.stack[len(m.stack):len(m.stack)+1], List)
	case p.OpAppends:
		return true, m.extendMarked(List)
	case p.OpAddItems:
		return true, m.extendMarked(Set)
	case p.OpSetItem:
		if _, _, err := m.pop2(); err != nil {
			return true, err
		}
		return true, m.setItems(m.stack[len(m.stack) : len(m.stack)+2])
	case p.OpSetItems:
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.setItems(items)
	}
	return false, nil
}

// pushItems pushes a container of items, which it keeps.
func (m *machine) pushItems(k Kind, items []*Node) error {
	n, err := m.newNode(k)
	if err != nil {
		return err
	}
	switch {
	case k == FrozenSet:
		err = m.uniqueItems(n, items)
	case len(items) > 0:
		m.own(n).items = items
		err = m.charge(costMore + costItem*int64(len(items)))
	}
	if err != nil {
		return err
	}
	m.push(n)
	return nil
}

func (m *machine) pushMarked(k Kind) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.pushItems(k, append([]*Node(nil), items...))
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
	if err := m.setPairs(n, items); err != nil {
		return err
	}
	m.push(n)
	return nil
}

func (m *machine) extendMarked(exact Kind) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.extend(items, exact)
}

// extend adds items to the value on top of the stack, and does not keep the
// slice. On anything but the exact builtin it is a method call (load_appends,
// load_additems).
func (m *machine) extend(items []*Node, exact Kind) error {
	n, err := m.top()
	if err != nil {
		return err
	}
	if len(items) == 0 && m.op.Code != p.OpAppend {
		return nil
	}
	if n.Kind != exact {
		m.event(EventAppend, n, append([]*Node(nil), items...)...)
	}
	m.change(n)
	if n.Kind == Set {
		return m.uniqueItems(n, items)
	}
	cost := costItem * int64(len(items))
	if n.Kind == List || n.Kind == Object {
		if n.more == nil {
			cost += costMore
		}
		e := m.own(n)
		if m.opt.Fold && len(e.items) > m.opt.foldFrom {
			m.foldScalars(items, 0, 1)
		}
		e.items = append(e.items, items...)
	}
	return m.charge(cost)
}

// mapping returns the items of a dict, or the elements of a set by key, to be
// written.
func (m *machine) mapping(n *Node) (*mapping, error) {
	e := m.own(n)
	if e.dict == nil {
		e.dict = &mapping{}
		return e.dict, m.charge(costMore + costMapping)
	}
	return e.dict, nil
}

// uniqueItems adds items to a set, once each by Python's equality.
func (m *machine) uniqueItems(n *Node, items []*Node) error {
	d, err := m.mapping(n)
	if err != nil {
		return err
	}
	if err := m.charge((costItem + costSlot) * int64(len(items))); err != nil {
		return err
	}
	e := n.more
	for _, i := range items {
		h, ok := hashKey(i)
		if !ok {
			return errors.New("unhashable element")
		}
		same := func(at int) bool { return sameKey(e.items[at], h) }
		if _, dup := d.index.find(h, len(e.items), same); !dup {
			e.items = append(e.items, i)
		}
	}
	return nil
}

func sameKey(n *Node, h keyHash) bool {
	k, ok := hashKey(n)
	return ok && k == h
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
		var args []*Node
		if !m.opt.Fold || len(n.Pairs()) <= m.opt.foldFrom {
			args = append(args, items...)
		}
		m.event(EventSetItem, n, args...)
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
	d, err := m.mapping(n)
	if err != nil {
		return err
	}
	if err := m.charge((costPair + costSlot) * int64(len(items)/2)); err != nil {
		return err
	}
	if m.opt.Fold && len(d.pairs) > m.opt.foldFrom {
		m.foldScalars(items, 1, 2)
	}
	thin := m.thin.on && len(d.pairs) > m.opt.foldFrom // which no event has the items of
	for i := 0; i < len(items); i += 2 {
		h, ok := hashKey(items[i])
		if !ok && n.Kind == Object && !unhashable(n) {
			m.detailed(EventAnomaly, n, &detail{Text: "an object is given an item with a key that no dict takes"})
			continue
		}
		if !ok {
			return errors.New("unhashable key")
		}
		if thin && thinned(items[i], items[i+1]) {
			if err := m.thinItem(n, d, h, items[i], items[i+1]); err != nil {
				return err
			}
			continue
		}
		if at, dup := d.index.find(h, len(d.pairs), d.same(h)); dup {
			m.event(EventCollision, n, items[i])
			if at >= firstThin {
				return errBudget
			}
			if err := m.unshare(n); err != nil {
				return err
			}
			d.pairs[at].Value = items[i+1]
			continue
		}
		d.pairs = append(d.pairs, Pair{Key: items[i], Value: items[i+1], Pos: m.op.Pos})
	}
	return nil
}
