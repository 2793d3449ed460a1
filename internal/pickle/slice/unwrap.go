package slice

import (
	p "github.com/modelaudit/action/internal/pickle"
)

// opMade stands for a call in whose place an empty object is made. It is no opcode.
const opMade = p.Opcode(3)

// An Inner is a value that was given to a call, and stands for what it gives.
type Inner struct {
	At int64 // of the instruction that makes it
	// Loose: it is not the same, so that it may stand only in a list or a dict that
	// is no part of an object, or be the object that the stream holds.
	Loose bool
	// Copy: it is equal, so that nothing else may refer to it.
	Copy bool
}

// rewired returns the program in which values stand in the place of others, as
// the request says, and what became of the instructions of those.
func (pr *Program) rewired(req Request) (out *Program, done map[int64]How) {
	if req.Plain == nil && req.Inner == nil && req.Made == nil {
		return pr, nil
	}
	next := *pr
	next.instrs, next.slots, next.inputs = append([]instr{}, pr.instrs...), append([]slot{}, pr.slots...), append([]int32{}, pr.inputs...)
	next.moved, next.fresh, next.lost = map[int32]bool{}, map[int32][]byte{}, map[int32]int32{}
	plain := func(pos int64) bool { return req.Plain != nil && req.Plain(pos) }
	inner := func(pos int64) (in Inner, ok bool) {
		if req.Inner != nil {
			in, ok = req.Inner(pos)
		}
		return in, ok
	}
	w := &rewiring{pr: &next, uses: make([]int32, len(pr.values)), within: pr.insideObjects()}
	for _, s := range pr.slots {
		w.uses[s.value]++
	}
	w.mentions = next.mentions(func(pos int64) bool {
		_, ok := inner(pos)
		return ok || plain(pos)
	})
	done = map[int64]How{}
	for v, by := range pr.values {
		pos := pr.instrs[by].pos
		in, ok := inner(pos)
		switch {
		case req.Made != nil && req.Made(pos) != nil && next.empty(by, req.Made(pos)):
			done[pos] = Emptied
		case ok && w.innerFor(int32(v), in):
			done[pos] = Unwrapped
		case plain(pos) && w.stateFor(int32(v)):
			done[pos] = Stated
		}
	}
	return &next, done
}

// empty lets a call make an empty object, by the instructions text, of nothing.
func (pr *Program) empty(at int32, text []byte) bool {
	if code := pr.instrs[at].code; code != p.OpReduce && code != p.OpNewObj {
		return false
	}
	pr.instrs[at].code, pr.instrs[at].n = opMade, 0
	pr.fresh[at] = text
	return true
}

// A rewiring puts values in the place of others.
type rewiring struct {
	*mentions
	pr     *Program
	uses   []int32 // of a value: the slots that it is in
	within []bool  // that of Program.insideObjects
}

// innerFor puts a value that the call v was given in the place of what it gives.
// It changes nothing and returns false where that cannot be.
func (w *rewiring) innerFor(v int32, in Inner) bool {
	pr, at := w.pr, w.pr.values[v]
	object := pr.instrs[at].slot
	switch changes := pr.changes[v]; {
	case len(changes) == 1 && pr.instrs[changes[0]].code == p.OpBuild && in.Loose:
		at = changes[0]
		if object = pr.instrs[at].slot; pr.slots[object].value != v {
			return false
		}
	case len(changes) > 0 || pr.instrs[at].code != p.OpReduce:
		return false
	}
	left := 10_000
	from := pr.find(pr.ins(&pr.instrs[at]), in.At, &left)
	if from == none || in.Loose && (w.within[v] || !w.free(v, object)) || in.Copy && w.uses[pr.slots[from].value] > 1 {
		return false
	}
	taker := pr.slots[from].taker
	if !w.stand(v, at, object, from) {
		return false
	}
	pr.lost[from] = taker
	build := &pr.instrs[at]
	build.in, build.n = int32(len(pr.inputs)), 1
	pr.inputs = append(pr.inputs, from)
	pr.slots[from].taker = at
	return true
}

// find returns the slot, among some and those that what is in them is made from
// on the stack, that holds the value that is made at a place.
func (pr *Program) find(among []int32, at int64, left *int) int32 {
	for _, s := range among {
		if *left--; *left < 0 {
			return none
		}
		if pr.made(s).pos == at {
			return s
		}
		maker := pr.made(s)
		if pr.slots[s].by != pr.values[pr.slots[s].value] {
			continue // it comes from elsewhere
		}
		switch maker.code {
		case p.OpTuple, p.OpTuple1, p.OpTuple2, p.OpTuple3, p.OpList, p.OpDict, p.OpReduce:
			if found := pr.find(pr.ins(maker), at, left); found != none {
				return found
			}
		}
		for _, k := range pr.changes[pr.slots[s].value] {
			if change := &pr.instrs[k]; change.slot == s {
				if found := pr.find(pr.ins(change), at, left); found != none {
					return found
				}
			}
		}
	}
	return none
}

// free reports whether a value stands nowhere but in lists and dicts, or is the
// object that the stream holds.
func (w *rewiring) free(v, object int32) bool {
	slots := []int32{object}
	for _, k := range w.gets[v] {
		slots = append(slots, w.pr.instrs[k].slot)
	}
	for _, s := range slots {
		at := w.pr.slots[s].taker
		if at == none {
			continue
		}
		switch i := &w.pr.instrs[at]; i.code {
		case p.OpStop, p.OpPop, p.OpPopMark, p.OpList, p.OpDict:
		case p.OpAppend, p.OpAppends, p.OpSetItem, p.OpSetItems:
			if !w.pr.plainHolder(w.pr.slots[i.slot].value) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
