package bytecode

import "strings"

// shuffle does the instructions that move what is on the stack, and those that do nothing.
func (b *block) shuffle() bool {
	switch b.in.Name {
	case "NOP", "RESUME", "PRECALL", "MAKE_CELL", "COPY_FREE_VARS", "NOT_TAKEN":
	case "PUSH_NULL":
		b.push(&Expr{Kind: missing})
	case "POP_TOP":
		e := b.pop()
		if e.Kind == Import && len(e.Keys) > 0 || e.Kind != Import && fixed(e, nil) {
			break
		}
		b.do(Stmt{Kind: Do, Value: e})
	case "DUP_TOP":
		b.copy(1)
	case "DUP_TOP_TWO":
		b.copy(2)
		b.copy(2)
	case "COPY":
		b.copy(b.in.Arg)
	case "ROT_TWO":
		b.sink(2)
	case "ROT_THREE":
		b.sink(3)
	case "ROT_FOUR":
		b.sink(4)
	case "ROT_N":
		b.sink(b.in.Arg)
	case "SWAP":
		n := len(b.stack)
		if b.in.Arg < 1 || b.in.Arg > n {
			b.fail("finds too few values")
			break
		}
		b.stack[n-1], b.stack[n-b.in.Arg] = b.stack[n-b.in.Arg], b.stack[n-1]
	default:
		return false
	}
	return true
}

// copy pushes the n-th value from the top again.
func (b *block) copy(n int) {
	if n < 1 || n > len(b.stack) {
		b.fail("finds too few values")
		return
	}
	b.settle()
	b.push(b.stack[len(b.stack)-n])
}

// sink moves the top of the stack below n-1 others.
func (b *block) sink(n int) {
	if n < 1 || n > len(b.stack) {
		b.fail("finds too few values")
		return
	}
	part := b.stack[len(b.stack)-n:]
	top := part[n-1]
	copy(part[1:], part[:n-1])
	part[0] = top
}

// jump does the instructions after which another than the next one may follow.
func (b *block) jump(next int) (to int, jumps bool) {
	name := b.in.Name
	switch {
	case name == "JUMP_FORWARD", name == "JUMP_ABSOLUTE", strings.HasPrefix(name, "JUMP_BACKWARD"):
		if b.in.Target <= b.in.Offset {
			b.fail("makes a loop")
			return next, true
		}
		return b.index[b.in.Target], true
	case strings.HasPrefix(name, "POP_JUMP_"), strings.HasPrefix(name, "JUMP_IF_") && strings.HasSuffix(name, "_OR_POP"):
	default:
		return next, false
	}
	if b.in.Target <= b.in.Offset {
		b.fail("makes a loop")
		return next, true
	}
	b.branch(next, b.index[b.in.Target])
	return next, true
}

// branch follows both ways of a condition to their ends.
func (b *block) branch(next, target int) {
	name := b.in.Name
	condition := truth(b.pop())
	if strings.HasSuffix(name, "_OR_POP") {
		b.push(condition)
		b.copy(1)
		condition = b.pop()
	}
	if strings.HasSuffix(name, "_NONE") {
		operator := "is"
		if strings.HasSuffix(name, "NOT_NONE") {
			operator = "is not"
		}
		condition = &Expr{Kind: Compare, Name: operator, Args: []*Expr{condition, none()}}
	}
	b.do(Stmt{Kind: If, Value: condition})
	leave, stay := b.stack, b.stack
	if strings.HasSuffix(name, "_OR_POP") {
		stay = stay[:len(stay)-1]
	}
	s := &b.out[len(b.out)-1]
	here, there := b.run(next, stay), b.run(target, leave)
	if strings.Contains(name, "IF_FALSE") {
		s.Then, s.Else = here, there
	} else {
		s.Then, s.Else = there, here
	}
	b.done = true
}

// truth takes away a conversion to bool that a test would do again.
func truth(e *Expr) *Expr {
	if e.Kind == Unary && e.Name == "bool" {
		return e.Args[0]
	}
	return e
}

// leave does the instructions that end the function.
func (b *block) leave() bool {
	switch b.in.Name {
	case "RETURN_VALUE":
		b.do(Stmt{Kind: Return, Value: b.pop()})
	case "RETURN_CONST":
		b.do(Stmt{Kind: Return, Value: b.constant(b.in.Arg)})
	case "RAISE_VARARGS":
		s := Stmt{Kind: Raise}
		if b.in.Arg > 1 {
			s.Cause = b.pop()
		}
		if b.in.Arg > 0 {
			s.Value = b.pop()
		}
		b.do(s)
	default:
		return false
	}
	b.done = true
	return true
}
