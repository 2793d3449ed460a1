// Package slice takes instructions out of a pickle and keeps the rest, byte for
// byte. It is program slicing: what the object at STOP is made from stays, and so
// does everything that changes one of those values; an instruction whose value
// must go is taken out together with what only served it.
//
// The package follows the stack, the mark stack and the memo as CPython's C
// unpickler does (Modules/_pickle.c, load) and knows nothing of what a name
// means: which values must go, the caller says by the place of the instruction
// that makes them. Order is never changed, so that what remains is carried out as
// before. Memo indices are counted anew where MEMOIZE gives them out, frames are
// drawn anew as CPython draws them.
//
// # Security
//
// Input is hostile. Instructions are bounded by [MaxInstructions]; each takes some
// 50 bytes of memory, and no walk over them recurses. Nothing is read or allocated
// by a length that the stream claims. What this package makes is not to be
// believed: its caller reads the result again as a stranger and compares it with
// the source.
package slice
