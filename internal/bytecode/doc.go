// Package bytecode reads the instructions of CPython 3.6 to 3.14 and says in
// Python what a function does, without running anything.
//
// [Read] takes a marshalled code object, as Keras stores the function of a Lambda
// layer, and finds the versions of Python in which it makes sense: every
// instruction is one of that version and names constants, names and variables
// that exist. A [Reading] of each version that says something different follows;
// more than one means that the code is ambiguous.
//
// A function whose control flow only goes forward (expressions, assignments,
// conditions) becomes a [Function] with a body of statements; any other keeps a
// reason and an annotated list of instructions ([Function.Listing]). The opcode
// tables of the versions are in opcodes/, written by opcodes/tables.py from each
// Python's own module opcode; what an opcode does follows Python/bytecodes.c
// (3.12 and later) and Python/ceval.c (before).
//
// # Security
//
// The input is bounded by package marshal. Instructions are read once for each
// version; following them is bounded by [maxSteps] steps for a function, nested
// functions by depth and count, printed text by length. What is not understood is
// said as such, never left out.
package bytecode
