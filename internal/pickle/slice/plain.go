package slice

import (
	p "github.com/modelaudit/action/internal/pickle"
)

// opPlain stands for a BUILD that makes nothing: the state stays on the stack in
// the place of the object that would get it. It is no opcode.
const opPlain = p.Opcode(1)

// mentions says where some values and their slots are mentioned, in the order
// of the stream.
type mentions struct {
	uses map[int32][]int32 // of a slot: the instructions that find or take it
	gets map[int32][]int32 // of a value: the GETs and DUPs that push it again
	put  []int32           // of every value: the first PUT of it
}

func (pr *Program) mentions(of func(pos int64) bool) *mentions {
	m := &mentions{uses: map[int32][]int32{}, gets: map[int32][]int32{}, put: make([]int32, len(pr.values))}
	for v := range m.put {
		m.put[v] = none
	}
	wanted := make([]bool, len(pr.values))
	for v, by := range pr.values {
		wanted[v] = of(pr.instrs[by].pos)
	}
	use := func(slot, k int32) {
		if slot != none && wanted[pr.slots[slot].value] {
			m.uses[slot] = append(m.uses[slot], k)
		}
	}
	for k := range pr.instrs {
		i, at := &pr.instrs[k], int32(k)
		use(i.slot, at)
		for _, s := range pr.ins(i) {
			use(s, at)
		}
		switch i.code {
		case p.OpPut, p.OpBinPut, p.OpLongBinPut, p.OpMemoize:
			if v := pr.slots[i.slot].value; m.put[v] == none {
				m.put[v] = at
			}
		case p.OpDup:
			use(i.other, at)
			fallthrough
		case p.OpGet, p.OpBinGet, p.OpLongBinGet:
			if v := pr.slots[i.slot].value; wanted[v] {
				m.gets[v] = append(m.gets[v], at)
			}
		}
	}
	return m
}

// stateFor puts the dict that is the state of the object v in its place, if it
// gets one state and nothing else. It changes nothing and returns false where that
// cannot be.
func (w *rewiring) stateFor(v int32) bool {
	pr := w.pr
	changes := pr.changes[v]
	if len(changes) != 1 || pr.instrs[changes[0]].code != p.OpBuild {
		return false
	}
	build := &pr.instrs[changes[0]]
	state := pr.inputs[build.in]
	if code := pr.made(state).code; code != p.OpEmptyDict && code != p.OpDict {
		return false
	}
	return w.stand(v, changes[0], build.slot, state)
}

// stand lets the value in the slot from take the place of the value v, which is in
// the slot object, behind the instruction at. It changes nothing and returns false
// where that cannot be.
func (w *rewiring) stand(v, at, object, from int32) bool {
	pr, value := w.pr, w.pr.slots[from].value
	late := func(k int32) bool { return pr.instrs[k].code == p.OpDup || pr.instrs[k].other > at }
	for _, k := range w.gets[v] {
		if k < at || !late(k) && (w.put[value] == none || w.put[value] > k) {
			return false // a cycle, or a value that the memo does not have
		}
	}
	// From here on the object's slot is that of the value.
	to := int32(len(pr.slots))
	pr.slots = append(pr.slots, slot{value: value, by: at, taker: pr.slots[object].taker})
	pr.instrs[at].code, pr.instrs[at].slot = opPlain, to
	pr.slots[object].taker = at
	for _, k := range w.mentions.uses[object] {
		if k <= at {
			continue
		}
		i := &pr.instrs[k]
		if i.slot == object {
			i.slot = to
		}
		if i.code == p.OpDup && i.other == object {
			i.other = to
		}
		for n, s := range pr.ins(i) {
			if s == object {
				pr.inputs[i.in+int32(n)] = to
			}
		}
	}
	for _, k := range w.gets[v] {
		i := &pr.instrs[k]
		if pr.slots[i.slot].value = value; !late(k) {
			i.other = w.put[value]
			pr.moved[k] = true
		}
	}
	return true
}
