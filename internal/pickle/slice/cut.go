package slice

import (
	p "github.com/modelaudit/action/internal/pickle"
)

// A Request says what must go.
type Request struct {
	// Cut says of the instruction at a place whether the value that it makes
	// must go.
	Cut func(pos int64) bool
	// Stay, unless nil, says of the instruction at a place that it stays even if
	// nothing uses what it makes.
	Stay func(pos int64) bool
	// Keep, unless nil, says why the value made at a place may not be left out,
	// "" if it may.
	Keep func(pos int64) string
	// Free, unless nil, says of the dict made at a place that it may lose a key
	// although it is a part of an object.
	Free func(pos int64) bool
	// Changed, unless nil, says of the instruction at a place whether the value
	// that it makes could have been changed by something that goes. It may not stay.
	Changed func(pos int64) bool
	// Unset, unless nil, says of the BUILD at a place that it is left out, with the state.
	Unset func(pos int64) bool
	// Texts gives literals, by the place of their instruction, another payload.
	Texts map[int64]Text
	// Plain, unless nil, says of the instruction at a place that the state of the
	// object that it makes stands for the object.
	Plain func(pos int64) bool
	// Inner, unless nil, says of the instruction at a place which value that it is
	// given stands for what it gives.
	Inner func(pos int64) (Inner, bool)
	// Made, unless nil, says of the instruction at a place with which instructions
	// an empty object is made that stands for what it gives; nil if none does.
	Made func(pos int64) []byte
	// DropItems leaves an item that must go out of a list; else None takes its
	// place, so that the others keep theirs. A dict loses the key in any case.
	DropItems bool
}

// A How says what became of a value that must go.
type How uint8

// The ways in which a value goes.
const (
	Unused    How = iota // nothing that is kept refers to it
	Dropped              // it is left out, in a dict with its key
	Nulled               // None stands in its place
	Stated               // its state stands in its place, as a dict
	Unwrapped            // a value that it was given stands in its place
	Emptied              // an empty object stands in its place
	Unset                // it is a state that its object does not get
)

// A Removal is one value that is no longer made.
type Removal struct {
	Pos, End int64 // of the instruction that makes it
	How      How
	Holder   int64 // where the container that it was in is made, for Dropped and Nulled
	// Key is the key of a dict that is Dropped with it, as a text in quotes or a
	// number; "" for any other.
	Key string
}

// A Conflict is a value that must go and cannot be left out.
type Conflict struct {
	Pos    int64 // of the instruction that makes it
	At     int64 // of the instruction that uses it
	Root   bool  // that is STOP
	Reason string
}

func (c *Conflict) Error() string { return c.Reason }

// A Slice is a Program of which some instructions are left out.
type Slice struct {
	p         *Program
	liveInstr []bool
	liveSlot  []bool
	null      []bool // of a slot: None is pushed instead
	texts     map[int64]Text
	popAfter  map[int32]bool // instructions behind which the slot on top goes
	Removed   []Removal
	Conflicts []Conflict // with one of them there is nothing to write
}

// Cut slices the program.
func (pr *Program) Cut(req Request) *Slice {
	pr, done := pr.rewired(req)
	c := &cutter{p: pr, req: req, liveValue: make([]bool, len(pr.values)), out: &Slice{
		p: pr, liveInstr: make([]bool, len(pr.instrs)), liveSlot: make([]bool, len(pr.slots)), null: make([]bool, len(pr.slots)), texts: req.Texts, popAfter: map[int32]bool{},
	}}
	c.done = done
	c.inner = pr.insideObjects()
	stop := int32(len(pr.instrs) - 1)
	c.instr(stop)
	for k := range pr.instrs {
		if i := &pr.instrs[k]; req.Stay != nil && i.slot != none && pr.slots[i.slot].by == int32(k) && req.Stay(i.pos) {
			c.slot(i.slot)
		}
	}
	for len(c.todo) > 0 {
		i := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.needs(i)
	}
	c.clear()
	c.twice()
	c.removed()
	c.tainted()
	return c.out
}

type cutter struct {
	p         *Program
	req       Request
	out       *Slice
	todo      []int32 // live instructions whose needs are not yet known
	liveValue []bool
	inner     []bool // values that an object's state or a call's arguments hold
	how       map[int32]Removal
	done      map[int64]How // what became of values otherwise
}

// instr makes an instruction live.
func (c *cutter) instr(i int32) {
	if !c.out.liveInstr[i] {
		c.out.liveInstr[i] = true
		c.todo = append(c.todo, i)
	}
}

// slot makes a slot live, with what changes the value in it.
func (c *cutter) slot(s int32) {
	if c.out.liveSlot[s] {
		return
	}
	c.out.liveSlot[s] = true
	c.instr(c.p.slots[s].by)
	v := c.p.slots[s].value
	if c.liveValue[v] {
		return
	}
	c.liveValue[v] = true
	for _, i := range c.p.changes[v] {
		if c.req.Unset == nil || !c.req.Unset(c.p.instrs[i].pos) {
			c.instr(i)
		}
	}
}

// needs makes live what a live instruction cannot do without.
func (c *cutter) needs(at int32) {
	i := &c.p.instrs[at]
	switch i.code {
	case p.OpGet, p.OpBinGet, p.OpLongBinGet:
		c.instr(i.other)
		return
	case p.OpPut, p.OpBinPut, p.OpLongBinPut, p.OpMemoize:
		c.slot(i.slot)
		return
	case p.OpDup:
		c.slot(i.other)
		return
	case p.OpAppend, p.OpAppends, p.OpSetItem, p.OpSetItems, p.OpList, p.OpDict:
		c.items(at)
		return
	case p.OpBuild, p.OpAddItems:
		c.slot(i.slot)
	}
	for _, s := range c.p.ins(i) {
		if c.cut(s) {
			c.conflict(s, i)
			continue
		}
		c.slot(s)
	}
}

// cut reports whether the value in a slot must go.
func (c *cutter) cut(s int32) bool {
	i := c.p.made(s)
	return i.code != opMade && c.req.Cut(i.pos)
}

// twice records a conflict for a value that stands in the place of another one and
// stays where it was besides.
func (c *cutter) twice() {
	for s, taker := range c.p.lost {
		if taker != none && c.out.liveInstr[taker] && c.out.liveSlot[s] {
			c.conflict(s, &c.p.instrs[taker])
		}
	}
}

func (c *cutter) conflict(s int32, by *instr) {
	const most = 100
	if len(c.out.Conflicts) < most {
		c.out.Conflicts = append(c.out.Conflicts, Conflict{Pos: c.p.made(s).pos, At: by.pos, Root: by.code == p.OpStop, Reason: usedAs(by.code)})
	}
}

// usedAs says why a value cannot be left out where code takes it.
func usedAs(code p.Opcode) string {
	switch code {
	case p.OpStop:
		return "it is the object that the file holds"
	case p.OpBuild:
		return "it is the state of an object that is kept"
	case p.OpTuple, p.OpTuple1, p.OpTuple2, p.OpTuple3:
		return "it stands in a tuple, where every place has its meaning"
	case p.OpReduce, p.OpNewObj, p.OpNewObjEx, p.OpInst, p.OpObj:
		return "an object that is kept is made from it"
	case p.OpAddItems, p.OpFrozenSet:
		return "it stands in a set"
	}
	return "something that is kept needs it"
}
