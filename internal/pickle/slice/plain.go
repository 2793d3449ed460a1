package slice

import (
	"slices"

	p "github.com/modelaudit/action/internal/pickle"
)

// opPlain stands for a BUILD that makes nothing: the state stays on the stack in
// the place of the object that would get it. It is no opcode.
const opPlain = p.Opcode(1)

// plain returns the program in which the dict that is the state of an object
// stands for the object, for every object whose instruction is at a place that
// of names and that gets one state and nothing else. done lists those places.
func (pr *Program) plain(of func(pos int64) bool) (out *Program, done []int64) {
	if of == nil {
		return pr, nil
	}
	next := *pr
	next.instrs, next.slots, next.inputs = slices.Clone(pr.instrs), slices.Clone(pr.slots), slices.Clone(pr.inputs)
	next.moved = map[int32]bool{}
	m := next.mentions(of)
	for v, by := range pr.values {
		if i := &pr.instrs[by]; of(i.pos) && next.stateFor(int32(v), m) {
			done = append(done, i.pos)
		}
	}
	return &next, done
}

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

// stateFor puts the state of the object v in its place. It changes nothing and
// returns false where that cannot be.
func (pr *Program) stateFor(v int32, m *mentions) bool {
	changes := pr.changes[v]
	if len(changes) != 1 || pr.instrs[changes[0]].code != p.OpBuild {
		return false
	}
	at := changes[0]
	build := &pr.instrs[at]
	object, value := build.slot, pr.slots[pr.inputs[build.in]].value
	if code := pr.instrs[pr.values[value]].code; code != p.OpEmptyDict && code != p.OpDict {
		return false
	}
	for _, k := range m.gets[v] {
		if k < at || pr.instrs[k].code != p.OpDup && (m.put[value] == none || m.put[value] > k) {
			return false // a cycle, or a state that the memo does not have
		}
	}
	// From here on the object's slot is that of the state.
	to := int32(len(pr.slots))
	pr.slots = append(pr.slots, slot{value: value, by: at, taker: pr.slots[object].taker})
	build.code, build.slot = opPlain, to
	pr.slots[object].taker = at
	for _, k := range m.uses[object] {
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
	for _, k := range m.gets[v] {
		i := &pr.instrs[k]
		if pr.slots[i.slot].value = value; i.code != p.OpDup {
			i.other = m.put[value]
			pr.moved[k] = true
		}
	}
	return true
}
