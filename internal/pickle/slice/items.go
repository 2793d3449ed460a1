package slice

import (
	"strconv"

	p "github.com/modelaudit/action/internal/pickle"
)

// items makes live what fills a list or a dict, but for what must go.
func (c *cutter) items(at int32) {
	i := &c.p.instrs[at]
	ins := c.p.ins(i)
	holder := i.slot
	if i.code != p.OpList && i.code != p.OpDict {
		c.slot(holder)
	}
	step := 1
	if i.code == p.OpSetItem || i.code == p.OpSetItems || i.code == p.OpDict {
		step = 2
	}
	if len(ins)%step != 0 {
		c.out.Conflicts = append(c.out.Conflicts, Conflict{Pos: i.pos, At: i.pos, Reason: "it sets a key without a value"})
		return
	}
	for k := 0; k < len(ins); k += step {
		item := ins[k : k+step]
		bad := none
		for _, s := range item {
			if c.cut(s) {
				bad = s
			}
		}
		switch {
		case bad == none:
			for _, s := range item {
				c.slot(s)
			}
		case !c.may(bad, holder, i):
		case step == 2 || c.req.DropItems && !c.p.elements[c.p.slots[holder].value]:
			c.gone(bad, Dropped, holder)
			if step == 2 {
				c.keyed(bad, item[0])
			}
		default:
			c.out.liveSlot[bad], c.out.null[bad] = true, true
			c.gone(bad, Nulled, holder)
		}
	}
}

// may reports whether an item may be left out of its holder: one that is
// exactly a list or a mapping, and no part of an object, for which every item
// has a meaning. Else it records the conflict.
func (c *cutter) may(s, holder int32, by *instr) bool {
	reason := ""
	if c.req.Keep != nil {
		reason = c.req.Keep(c.p.made(s).pos)
	}
	switch {
	case reason != "":
	case !c.p.plainHolder(c.p.slots[holder].value):
		reason = "it stands in an object that is not exactly a list or a dict"
	case c.inner[c.p.slots[holder].value] && (c.req.Free == nil || !c.req.Free(c.p.made(holder).pos)):
		reason = "it stands inside the state of an object, where its absence would have a meaning"
	default:
		return true
	}
	c.out.Conflicts = append(c.out.Conflicts, Conflict{Pos: c.p.made(s).pos, At: by.pos, Reason: reason})
	return false
}

func (c *cutter) gone(s int32, how How, holder int32) {
	if c.how == nil {
		c.how = map[int32]Removal{}
	}
	c.how[c.p.slots[s].value] = Removal{How: how, Holder: c.p.made(holder).pos}
}

// keyed notes the key with which a value goes.
func (c *cutter) keyed(s, key int32) {
	op, err := c.p.decode(c.p.made(key))
	r := c.how[c.p.slots[s].value]
	switch info, _ := op.Code.Info(); {
	case err != nil || op.Lazy || len(op.Text) > 200:
		return
	case op.Text != "" && info.Arg != p.ArgGlobalLines:
		r.Key = strconv.Quote(op.Text)
	case op.Code == p.OpBinInt || op.Code == p.OpBinInt1 || op.Code == p.OpBinInt2 || op.Code == p.OpInt:
		r.Key = strconv.FormatInt(op.Int, 10)
	}
	c.how[c.p.slots[s].value] = r
}

// plainHolder reports whether a value is exactly a list or a dict, or one of the
// mappings of Python's collections.
func (pr *Program) plainHolder(v int32) bool {
	i := &pr.instrs[pr.values[v]]
	switch i.code {
	case p.OpEmptyDict, p.OpDict, p.OpEmptyList, p.OpList, opMade:
		return true
	}
	return pr.mapping(i)
}

// mapping reports whether an instruction calls OrderedDict, defaultdict or dict.
func (pr *Program) mapping(i *instr) bool {
	if i.code != p.OpReduce && i.code != p.OpNewObj {
		return false
	}
	g := pr.made(pr.inputs[i.in])
	if g.code != p.OpGlobal && g.code != p.OpStackGlobal {
		return false
	}
	switch pr.spelled(g) {
	case "collections OrderedDict", "collections defaultdict", "builtins dict", "__builtin__ dict":
		return true
	}
	return false
}

// spelled returns "module name" of an instruction that names a global by text
// that the stream holds, else "".
func (pr *Program) spelled(g *instr) string {
	if g.code == p.OpStackGlobal {
		var words [2]string
		for k, s := range pr.ins(g) {
			op, err := pr.decode(pr.made(s))
			if err != nil || op.Lazy {
				return ""
			}
			words[k] = op.Text
		}
		return words[0] + " " + words[1]
	}
	op, err := pr.decode(g)
	if err != nil {
		return ""
	}
	return op.Text + " " + op.Name
}

// decode reads one instruction of the program again.
func (pr *Program) decode(i *instr) (p.Op, error) {
	return p.NewDecoder(pr.r, i.pos, i.end, p.Options{}).Next()
}

// insideObjects marks the values that are reachable from the state of an object
// or the arguments of a call, but for calls that make a mapping.
func (pr *Program) insideObjects() []bool {
	inner := make([]bool, len(pr.values))
	pr.elements = map[int32]bool{}
	arrays := map[int32]int32{} // of a list of elements: its array
	var todo []int32
	mark := func(slots []int32) {
		for _, s := range slots {
			if v := pr.slots[s].value; !inner[v] {
				inner[v] = true
				todo = append(todo, v)
			}
		}
	}
	for k := range pr.instrs {
		i := &pr.instrs[k]
		if list, ok := pr.elementsOf(i); ok {
			arrays[pr.slots[list].value] = pr.slots[i.slot].value
			pr.elements[pr.slots[list].value] = true
			continue
		}
		switch i.code {
		case p.OpBuild, p.OpReduce, p.OpNewObj, p.OpNewObjEx, p.OpInst, p.OpObj, p.OpBinPersID:
			mark(pr.ins(i))
		}
	}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		mark(pr.ins(&pr.instrs[pr.values[v]]))
		for _, c := range pr.changes[v] {
			mark(pr.ins(&pr.instrs[c]))
		}
	}
	for list, array := range arrays {
		inner[list] = inner[list] || inner[array]
	}
	return inner
}

// elementsOf returns the list of elements of an array of objects, if the
// instruction gives one to numpy's own array (numpy/core/src/multiarray/methods.c,
// array_setstate: version, shape, dtype, order, list).
func (pr *Program) elementsOf(i *instr) (list int32, ok bool) {
	if i.code != p.OpBuild {
		return 0, false
	}
	made, state := pr.made(i.slot), pr.made(pr.inputs[i.in])
	if made.code != p.OpReduce || state.code != p.OpTuple || state.n != 5 {
		return 0, false
	}
	list = pr.ins(state)[4]
	if code := pr.made(list).code; code != p.OpEmptyList && code != p.OpList {
		return 0, false
	}
	g := pr.made(pr.inputs[made.in])
	if g.code != p.OpGlobal && g.code != p.OpStackGlobal {
		return 0, false
	}
	switch pr.spelled(g) {
	case "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct":
		return list, true
	}
	return 0, false
}
