package bytecode

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/modelaudit/action/internal/marshal"
)

// Bounds of what is followed.
const (
	maxSteps     = 20_000 // instructions followed in one function
	maxFunctions = 256    // code objects in one another, in all
	maxNesting   = 16
)

// machine follows one function's instructions; what it cannot follow it says once.
type machine struct {
	f      *Function
	index  map[int]int // an instruction's place in f.Instructions by its start
	steps  int
	temps  int
	reason string
}

// follow sets f.Body, or f.Unfollowed.
func (f *Function) follow() {
	switch c := f.Code; {
	case c.Flags&(marshal.FlagGenerator|marshal.FlagCoroutine|marshal.FlagAsync) != 0:
		f.Unfollowed = "it is a generator or coroutine"
		return
	case len(c.Exceptions) > 0:
		f.Unfollowed = "it handles exceptions"
		return
	}
	m := &machine{f: f, index: map[int]int{}}
	for i, in := range f.Instructions {
		m.index[in.Start] = i
	}
	body := simplify(m.run(0, nil))
	if m.reason != "" {
		f.Unfollowed = m.reason
		return
	}
	f.Body = body
}

// block is one run of instructions without a branch: what was done so far, and
// the stack.
type block struct {
	*machine
	in    Instruction
	stack []*Expr
	out   []Stmt
	kw    []string // of KW_NAMES, for the next CALL
	done  bool
}

// run follows instructions from the i-th on, until each path has returned.
func (m *machine) run(i int, stack []*Expr) []Stmt {
	b := &block{machine: m, stack: slices.Clone(stack)}
	for !b.done && m.reason == "" {
		if i >= len(m.f.Instructions) {
			b.fail("runs past its end")
			break
		}
		if m.steps++; m.steps > maxSteps {
			b.fail("has too many paths")
			break
		}
		b.in = m.f.Instructions[i]
		i = b.step(i + 1)
	}
	return b.out
}

// step does one instruction and returns which comes next.
func (b *block) step(next int) int {
	if to, jumps := b.jump(next); jumps {
		return to
	}
	for _, group := range []func() bool{b.load, b.store, b.shuffle, b.operate, b.build, b.extend, b.call, b.make, b.leave} {
		if group() {
			return next
		}
	}
	b.fail("is not followed")
	return next
}

// fail stops the whole function.
func (b *block) fail(what string) {
	if b.reason == "" {
		b.reason = fmt.Sprintf("%s at %d %s", b.in.Name, b.in.Offset, what)
	}
}

func (b *block) push(e *Expr) { b.stack = append(b.stack, e) }

func (b *block) pop() *Expr {
	if len(b.stack) == 0 {
		b.fail("finds the stack empty")
		return &Expr{}
	}
	e := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	return e
}

// popN takes n values, the deepest first.
func (b *block) popN(n int) []*Expr {
	if n < 0 || n > len(b.stack) {
		b.fail("finds too few values")
		return nil
	}
	args := slices.Clone(b.stack[len(b.stack)-n:])
	b.stack = b.stack[:len(b.stack)-n]
	return args
}

// do appends a statement. What the stack holds was computed before it, so that it
// goes to variables of its own first, unless that makes no difference.
func (b *block) do(s Stmt) {
	for i, e := range b.stack {
		if !fixed(e, s.Target) {
			b.stack[i] = b.keep(e)
		}
	}
	s.Offset = b.in.Offset
	b.out = append(b.out, s)
}

// keep assigns a value to a new variable.
func (b *block) keep(e *Expr) *Expr {
	v := b.fresh()
	b.out = append(b.out, Stmt{Kind: Assign, Target: v, Value: e, Offset: b.in.Offset})
	return v
}

// fresh is a variable that the code does not have.
func (b *block) fresh() *Expr {
	for {
		b.temps++
		if name := fmt.Sprintf("_%d", b.temps); !slices.Contains(b.f.Code.Variables, name) {
			return &Expr{Kind: Local, Name: name}
		}
	}
}

// fixed reports an expression that gives the same wherever it is computed,
// also behind an assignment to target.
func fixed(e, target *Expr) bool {
	switch e.Kind {
	case Const, missing, Import:
		return true
	case Local, Global, Free:
		return target == nil || target.Kind != e.Kind || target.Name != e.Name
	}
	return false
}

// settle assigns all that the stack holds to variables, in the order in which it
// was computed, so that each may stand at two places.
func (b *block) settle() {
	for i, e := range b.stack {
		if !fixed(e, nil) {
			b.stack[i] = b.keep(e)
		}
	}
}

func none() *Expr { return &Expr{Kind: Const} }

func integer(n int) *Expr { return &Expr{Kind: Const, Value: big.NewInt(int64(n))} }
