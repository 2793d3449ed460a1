package witness

// An argKind says how an opcode's argument is laid out.
type argKind uint8

const (
	argNone  argKind = iota
	arg1             // fixed sizes in bytes
	arg2             //
	arg4             //
	arg8             //
	argLine          // text up to a newline
	argLine2         // two of them
	argText1         // text after a length of 1, 4 or 8 bytes
	argText4         //
	argText8         //
	argBlob1         // bytes after such a length
	argBlob4         //
	argBlob8         //
	argLong1         // a two's complement integer after such a length
	argLong4         //
)

// An opInfo is an opcode's argument and effect on the stack.
type opInfo struct {
	arg argKind
	// mark: everything above the last mark is taken first, in pairs if even.
	mark, even bool
	pop, push  int
	// cost estimates the bytes that gopickle keeps for it.
	cost int64
}

// opTable returns the opcodes that the witness lets pass, after CPython's
// Lib/pickletools.py. Extension codes and out-of-band buffers are left out:
// what they stand for is not in the stream. MARK, POP, DUP, STOP, PROTO, FRAME
// and the memo opcodes have rules of their own in scan.go besides.
func opTable() *[256]opInfo {
	const item, node, call, memo = 64, 200, 320, 120
	rows := []struct {
		codes string
		opInfo
	}{
		{"N\x88\x89", opInfo{push: 1, cost: item}},
		{")]", opInfo{push: 1, cost: node}},
		{"}\x8f", opInfo{push: 1, cost: 300}},
		{"FILPSVg", opInfo{arg: argLine, push: 1, cost: item}},
		{"Kh", opInfo{arg: arg1, push: 1, cost: item}},
		{"M", opInfo{arg: arg2, push: 1, cost: item}},
		{"Jj", opInfo{arg: arg4, push: 1, cost: item}},
		{"G", opInfo{arg: arg8, push: 1, cost: item}},
		{"U\x8c", opInfo{arg: argText1, push: 1, cost: item}},
		{"TX", opInfo{arg: argText4, push: 1, cost: item}},
		{"\x8d", opInfo{arg: argText8, push: 1, cost: item}},
		{"C", opInfo{arg: argBlob1, push: 1, cost: node}},
		{"B", opInfo{arg: argBlob4, push: 1, cost: node}},
		{"\x8e\x96", opInfo{arg: argBlob8, push: 1, cost: node}},
		{"\x8a", opInfo{arg: argLong1, push: 1, cost: node}},
		{"\x8b", opInfo{arg: argLong4, push: 1, cost: node}},
		{"c", opInfo{arg: argLine2, push: 1, cost: node}},
		{"p", opInfo{arg: argLine, pop: 1, push: 1, cost: memo}},
		{"q", opInfo{arg: arg1, pop: 1, push: 1, cost: memo}},
		{"r", opInfo{arg: arg4, pop: 1, push: 1, cost: memo}},
		{"\x94", opInfo{pop: 1, push: 1, cost: memo}},
		{"2", opInfo{pop: 1, push: 2, cost: item}},
		{"Q\x85", opInfo{pop: 1, push: 1, cost: node}},
		{"b\x93\x86", opInfo{pop: 2, push: 1, cost: node}},
		{"s\x87", opInfo{pop: 3, push: 1, cost: node}},
		{"a", opInfo{pop: 2, push: 1, cost: item}},
		{"R\x81", opInfo{pop: 2, push: 1, cost: call}},
		{"\x92", opInfo{pop: 3, push: 1, cost: call}},
		{"tl", opInfo{mark: true, push: 1, cost: item}},
		{"d", opInfo{mark: true, even: true, push: 1, cost: node}},
		{"\x91", opInfo{mark: true, push: 1, cost: node}},
		{"o", opInfo{mark: true, push: 1, cost: call}},
		{"i", opInfo{arg: argLine2, mark: true, push: 1, cost: call}},
		{"e\x90", opInfo{mark: true, pop: 1, push: 1, cost: item}},
		{"u", opInfo{mark: true, even: true, pop: 1, push: 1, cost: item}},
		{"(", opInfo{cost: call}},
		{"1", opInfo{mark: true, cost: item}},
		{"0", opInfo{cost: 1}},
		{".", opInfo{pop: 1, cost: 1}},
		{"\x80", opInfo{arg: arg1, cost: 1}},
		{"\x95", opInfo{arg: arg8, cost: 1}},
	}
	t := new([256]opInfo)
	for _, row := range rows {
		for i := range len(row.codes) {
			t[row.codes[i]] = row.opInfo
		}
	}
	return t
}
