// Package marshal decodes what Python's marshal.dumps writes: constants and code
// objects of CPython 3.6 to 3.14, as Python/marshal.c reads them. Nothing is
// executed; a code object becomes data.
//
// The format does not say which Python wrote it. What differs between versions is
// the layout of a code object, of which there are three ([Layout]); package
// bytecode finds out from the instructions which version of a layout it is.
//
// Values are Go values: nil for None, bool, *big.Int, float64, complex128, string
// (text; surrogates as three bytes each, as CPython's "surrogatepass" writes
// them), [Bytes], [Tuple], [List], [Dict], [Set], [Slice], [Special], *[Code].
//
// # Security
//
// Lengths are claims and never become memory before the bytes are there. An
// object costs at least one byte of input, a reference to it shares it, so that
// what is decoded takes memory in proportion to the input, which is limited to
// [MaxSize]. Shared tuples in tuples can describe a tree that is exponentially
// large when it is walked: whoever walks values counts. A reference to an object that is not
// complete (a value that contains itself) is an error, as is nesting deeper than
// CPython's own limit.
package marshal
