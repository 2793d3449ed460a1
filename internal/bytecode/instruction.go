package bytecode

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/marshal"
)

// haveArgument is the number of the first instruction with an argument, up to 3.12 (opcode.HAVE_ARGUMENT).
const haveArgument = 90

// Instruction is one instruction with its caches.
type Instruction struct {
	Start  int // where it begins, its EXTENDED_ARGs included: what a jump names
	Offset int // of the opcode itself, in bytes
	Next   int // offset of the instruction that follows
	Name   string
	Arg    int
	Target int // where a jump goes, -1 for others
}

// Instructions splits a code object's instructions as a version reads them.
// It fails for what is no instruction of that version, and for a jump to
// something that is none.
func Instructions(c *marshal.Code, v Version) ([]Instruction, error) {
	code, table := c.Instructions, opcodes()[v]
	if len(code)%2 != 0 || len(code) == 0 {
		return nil, fmt.Errorf("%d bytes of instructions", len(code))
	}
	var list []Instruction
	starts := map[int]bool{}
	arg, start, prefixes := 0, 0, 0
	for at := 0; at < len(code); {
		op := table[code[at]]
		if op.name == "" || op.name == "CACHE" {
			return nil, fmt.Errorf("byte 0x%02x at %d is no instruction of Python %s", code[at], at, v)
		}
		arg = arg<<8 | int(code[at+1])
		if v < 13 && code[at] < haveArgument {
			arg = 0 // what stands there means nothing
		}
		next := at + 2 + 2*op.caches
		if op.name == "EXTENDED_ARG" {
			if prefixes++; prefixes > 3 {
				return nil, fmt.Errorf("more than three EXTENDED_ARG at %d", at)
			}
			at = next
			continue
		}
		if next > len(code) {
			return nil, fmt.Errorf("instruction at %d is cut off", at)
		}
		starts[start] = true
		list = append(list, Instruction{Start: start, Offset: at, Next: next, Name: op.name, Arg: arg, Target: target(op.name, arg, next, v)})
		at, start, arg, prefixes = next, next, 0, 0
	}
	if prefixes > 0 || len(list) == 0 {
		return nil, fmt.Errorf("instructions end in EXTENDED_ARG")
	}
	for _, in := range list {
		if in.Target >= 0 && !starts[in.Target] || in.Target == -2 {
			return nil, fmt.Errorf("jump at %d leads to no instruction", in.Offset)
		}
	}
	return list, nil
}

// target is where an instruction jumps: -1 if it does not, -2 if out of the code.
func target(name string, arg, next int, v Version) int {
	relative, absolute, backward := false, false, strings.Contains(name, "BACKWARD")
	switch {
	case name == "JUMP_ABSOLUTE", name == "CONTINUE_LOOP", name == "JUMP_IF_NOT_EXC_MATCH":
		absolute = true
	case strings.HasPrefix(name, "POP_JUMP_"), strings.HasPrefix(name, "JUMP_IF_"):
		absolute, relative = v < 11, v >= 11
	case name == "JUMP_FORWARD", name == "FOR_ITER", name == "SEND", backward,
		strings.HasPrefix(name, "SETUP_") && name != "SETUP_ANNOTATIONS", name == "CALL_FINALLY":
		relative = true
	}
	to := -1
	switch {
	case absolute:
		to = arg * v.unit()
	case relative && backward:
		to = next - arg*v.unit()
	case relative:
		to = next + arg*v.unit()
	default:
		return -1
	}
	if to < 0 {
		return -2
	}
	return to
}
