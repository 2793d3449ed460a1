package bytecode

import "github.com/modelaudit/action/internal/marshal"

// load does the instructions that push a constant or a variable.
func (b *block) load() bool {
	arg, v := b.in.Arg, b.f.Version
	switch b.in.Name {
	case "LOAD_CONST":
		b.push(b.constant(arg))
	case "LOAD_SMALL_INT":
		b.push(integer(arg))
	case "LOAD_COMMON_CONSTANT":
		names := []string{"AssertionError", "NotImplementedError", "tuple", "all", "any"}
		if arg >= len(names) {
			return false
		}
		b.push(&Expr{Kind: Global, Name: names[arg]})
	case "LOAD_ASSERTION_ERROR":
		b.push(&Expr{Kind: Global, Name: "AssertionError"})
	case "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_CLOSURE", "LOAD_DEREF":
		b.push(b.variable(arg))
	case "LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW":
		b.push(b.variable(arg >> 4))
		b.push(b.variable(arg & 15))
	case "LOAD_NAME":
		b.push(&Expr{Kind: Global, Name: b.name(arg)})
	case "LOAD_GLOBAL":
		if v < 11 {
			b.push(&Expr{Kind: Global, Name: b.name(arg)})
			break
		}
		b.callable(&Expr{Kind: Global, Name: b.name(arg >> 1)}, arg&1 != 0)
	case "LOAD_ATTR":
		method := v >= 12 && arg&1 != 0
		if v >= 12 {
			arg >>= 1
		}
		b.callable(&Expr{Kind: Attribute, Name: b.name(arg), Args: b.popN(1)}, method)
	case "LOAD_METHOD":
		b.callable(&Expr{Kind: Attribute, Name: b.name(arg), Args: b.popN(1)}, true)
	default:
		return false
	}
	return true
}

// callable pushes a value and, for a call that follows, the NULL beside it:
// below it up to 3.12, above it since.
func (b *block) callable(e *Expr, call bool) {
	null := &Expr{Kind: missing}
	switch {
	case !call:
		b.push(e)
	case b.f.Version < 13:
		b.stack = append(b.stack, null, e)
	default:
		b.stack = append(b.stack, e, null)
	}
}

func (b *block) constant(i int) *Expr {
	if i >= len(b.f.Code.Consts) {
		b.fail("names a constant that is not there")
		return none()
	}
	return &Expr{Kind: Const, Value: b.f.Code.Consts[i]}
}

func (b *block) name(i int) string {
	if i >= len(b.f.Code.Names) {
		b.fail("names a name that is not there")
		return ""
	}
	return b.f.Code.Names[i]
}

// variable is the local or closure variable that an instruction's number means.
func (b *block) variable(i int) *Expr {
	kind, name, ok := variable(b.f.Code, b.in.Name, i)
	if !ok {
		b.fail("names a variable that is not there")
	}
	return &Expr{Kind: kind, Name: name}
}

// variable resolves a number as localsplus does since 3.11, as two tables before.
func variable(c *marshal.Code, instruction string, i int) (kind Kind, name string, ok bool) {
	switch {
	case c.Layout == marshal.Layout311:
		if i >= len(c.Slots) {
			return Local, "", false
		}
		if c.Slots[i].Kind&marshal.SlotFree != 0 {
			kind = Free
		} else {
			kind = Local
		}
		return kind, c.Slots[i].Name, true
	case instruction == "LOAD_CLOSURE" || len(instruction) > 6 && instruction[len(instruction)-6:] == "_DEREF":
		if i < len(c.Cells) {
			return Local, c.Cells[i], true
		}
		if i -= len(c.Cells); i < len(c.Free) {
			return Free, c.Free[i], true
		}
		return Local, "", false
	case i < len(c.Variables):
		return Local, c.Variables[i], true
	}
	return Local, "", false
}

// store does the instructions that assign and delete.
func (b *block) store() bool {
	arg := b.in.Arg
	switch b.in.Name {
	case "STORE_FAST", "STORE_DEREF":
		b.assign(b.variable(arg), b.pop())
	case "STORE_FAST_STORE_FAST":
		b.assign(b.variable(arg>>4), b.pop())
		b.assign(b.variable(arg&15), b.pop())
	case "STORE_FAST_LOAD_FAST":
		b.assign(b.variable(arg>>4), b.pop())
		b.push(b.variable(arg & 15))
	case "STORE_GLOBAL", "STORE_NAME":
		b.assign(&Expr{Kind: Global, Name: b.name(arg)}, b.pop())
	case "STORE_ATTR":
		object := b.pop()
		b.assign(&Expr{Kind: Attribute, Name: b.name(arg), Args: []*Expr{object}}, b.pop())
	case "STORE_SUBSCR":
		place := b.popN(2)
		b.assign(&Expr{Kind: Item, Args: place}, b.pop())
	case "STORE_SLICE":
		place := b.popN(3)
		if place == nil {
			return true
		}
		part := &Expr{Kind: SliceOf, Args: []*Expr{place[1], place[2], none()}}
		b.assign(&Expr{Kind: Item, Args: []*Expr{place[0], part}}, b.pop())
	case "DELETE_FAST", "DELETE_DEREF":
		b.do(Stmt{Kind: Delete, Target: b.variable(arg)})
	case "DELETE_GLOBAL", "DELETE_NAME":
		b.do(Stmt{Kind: Delete, Target: &Expr{Kind: Global, Name: b.name(arg)}})
	case "DELETE_ATTR":
		b.do(Stmt{Kind: Delete, Target: &Expr{Kind: Attribute, Name: b.name(arg), Args: b.popN(1)}})
	case "DELETE_SUBSCR":
		b.do(Stmt{Kind: Delete, Target: &Expr{Kind: Item, Args: b.popN(2)}})
	default:
		return false
	}
	return true
}

func (b *block) assign(target, value *Expr) {
	if value.Kind == missing {
		b.fail("stores NULL")
	}
	b.do(Stmt{Kind: Assign, Target: target, Value: value})
}
