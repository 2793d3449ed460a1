package slice

import (
	"slices"

	p "github.com/modelaudit/action/internal/pickle"
)

// clear finds the slots that stay only because the memo, or a change, has them,
// and whose taker is gone or takes them no more: each is popped behind the last
// instruction that finds it on top. Instructions that only move such slots fall.
func (c *cutter) clear() {
	s := c.out
	last := make([]int32, len(c.p.slots)) // the last live instruction that finds a slot on top
	for k := range c.p.instrs {
		i, at := &c.p.instrs[k], int32(k)
		switch i.code {
		case p.OpPop, p.OpPopMark:
			s.liveInstr[k] = c.anyLive(i)
		case p.OpPut, p.OpBinPut, p.OpLongBinPut, p.OpMemoize:
			// What stays on the stack keeps its place in the memo.
			s.liveInstr[k] = s.liveInstr[k] || s.liveSlot[i.slot] && !s.null[i.slot]
		}
		if i.slot != none && s.liveSlot[i.slot] && (s.liveInstr[k] || s.null[i.slot] && c.p.slots[i.slot].by == at) {
			last[i.slot] = at
		}
		if i.code == p.OpDup && s.liveInstr[k] {
			last[i.other] = none // something lies above it from here on
		}
	}
	for k := range c.p.slots {
		slot := int32(k)
		if !s.liveSlot[k] || c.taken(slot) || c.p.slots[k].taker == none {
			continue
		}
		if last[k] == none {
			s.Conflicts = append(s.Conflicts, Conflict{Pos: c.p.made(slot).pos, At: c.p.instrs[c.p.slots[k].by].pos, Reason: "a copy of it is kept that DUP made"})
			continue
		}
		s.popAfter[last[k]] = true
	}
	c.empty()
}

// taken reports whether a slot's taker is live and takes it.
func (c *cutter) taken(slot int32) bool {
	at := c.p.slots[slot].taker
	if at == none || !c.out.liveInstr[at] {
		return false
	}
	i := &c.p.instrs[at]
	ins := c.p.ins(i)
	k, ok := slices.BinarySearch(ins, slot) // what lies higher on the stack was made later
	if !ok {
		k = slices.Index(ins, slot)
	}
	return k >= 0 && c.takes(i, k)
}

// takes reports whether a live instruction takes its k'th input: of a pair both
// must be there.
func (c *cutter) takes(i *instr, k int) bool {
	ins := c.p.ins(i)
	switch i.code {
	case p.OpSetItem, p.OpSetItems, p.OpDict:
		k &^= 1
		return !c.dropped(ins[k]) && !c.dropped(ins[k+1])
	case p.OpAppend, p.OpAppends, p.OpList:
		return c.out.null[ins[k]] || !c.dropped(ins[k])
	}
	return c.out.liveSlot[ins[k]]
}

func (c *cutter) dropped(s int32) bool { return c.cut(s) && !c.out.null[s] || !c.out.liveSlot[s] }

func (c *cutter) anyLive(i *instr) bool {
	for _, s := range c.p.ins(i) {
		if c.out.liveSlot[s] {
			return true
		}
	}
	return false
}

// empty takes out instructions that have nothing left to add.
func (c *cutter) empty() {
	for k := range c.p.instrs {
		i := &c.p.instrs[k]
		if !c.out.liveInstr[k] || i.n == 0 {
			continue
		}
		switch i.code {
		case p.OpAppend, p.OpAppends, p.OpSetItem, p.OpSetItems:
			left := false
			for n := range c.p.ins(i) {
				left = left || c.takes(i, n)
			}
			c.out.liveInstr[k] = left
		}
	}
}

// removed lists the states and values that must go and what became of each.
func (c *cutter) removed() {
	for v := range c.p.values {
		for _, k := range c.p.changes[int32(v)] {
			if i := &c.p.instrs[k]; c.liveValue[v] && c.req.Unset != nil && c.req.Unset(i.pos) {
				c.out.Removed = append(c.out.Removed, Removal{Pos: i.pos, End: i.end, How: Unset})
			}
		}
	}
	for v, by := range c.p.values {
		i := &c.p.instrs[by]
		if !c.req.Cut(i.pos) {
			continue
		}
		r := c.how[int32(v)]
		r.Pos, r.End = i.pos, i.end
		if how, ok := c.done[i.pos]; ok {
			r.How = how
		}
		c.out.Removed = append(c.out.Removed, r)
	}
}

// tainted records a conflict for a value that stays and that something which
// goes could have changed.
func (c *cutter) tainted() {
	if c.req.Changed == nil {
		return
	}
	for v, live := range c.liveValue {
		if i := &c.p.instrs[c.p.values[v]]; live && c.req.Changed(i.pos) {
			c.out.Conflicts = append(c.out.Conflicts, Conflict{Pos: i.pos, At: i.pos, Reason: "a call that must go was given it and could have changed it"})
			return
		}
	}
}
