package pickle

import (
	"bytes"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each row is one instruction in the assembler's language, its bytes, and what
// the decoder makes of them apart from Code, Pos and End.
var instructions = []struct {
	asm, raw string
	want     Op
}{
	{`MARK`, "(", Op{}},
	{`STOP`, ".", Op{}},
	{`POP`, "0", Op{}},
	{`POP_MARK`, "1", Op{}},
	{`DUP`, "2", Op{}},
	{`FLOAT -1.5`, "F-1.5\n", Op{Float: -1.5}},
	{`INT 12`, "I12\n", Op{Int: 12}},
	{`INT 1`, "I1\n", Op{Int: 1}},
	{`INT true`, "I01\n", Op{Int: 1, Bool: true}},
	{`INT false`, "I00\n", Op{Bool: true}},
	{`INT 9223372036854775808`, "I9223372036854775808\n", Op{Big: new(big.Int).SetUint64(1 << 63)}},
	{`BININT -2`, "J\xfe\xff\xff\xff", Op{Int: -2}},
	{`BININT1 255`, "K\xff", Op{Int: 255}},
	{`LONG -9223372036854775808`, "L-9223372036854775808L\n", Op{Int: math.MinInt64}},
	{`BININT2 0xfffe`, "M\xfe\xff", Op{Int: 65534}},
	{`NONE`, "N", Op{}},
	{`PERSID "storage 1"`, "Pstorage 1\n", Op{Text: "storage 1"}},
	{`BINPERSID`, "Q", Op{}},
	{`REDUCE`, "R", Op{}},
	{`STRING "it's\n\x00\xff"`, "S\"it's\\n\\x00\\xff\"\n", Op{Text: "it's\n\x00\xff"}},
	{`BINSTRING "\xff"`, "T\x01\x00\x00\x00\xff", Op{Text: "\xff", Data: Range{5, 1}}},
	{`SHORT_BINSTRING "ab"`, "U\x02ab", Op{Text: "ab", Data: Range{2, 2}}},
	{`UNICODE "é€😀\\\n"`, "V\xe9\\u20ac\\U0001f600\\u005c\\u000a\n", Op{Text: "é€😀\\\n"}},
	{`BINUNICODE "\xed\xa0\x80"`, "X\x03\x00\x00\x00\xed\xa0\x80", Op{Text: "\xed\xa0\x80", Data: Range{5, 3}}},
	{`APPEND`, "a", Op{}},
	{`BUILD`, "b", Op{}},
	{`GLOBAL "os" "path.join"`, "cos\npath.join\n", Op{Text: "os", Name: "path.join"}},
	{`DICT`, "d", Op{}},
	{`EMPTY_DICT`, "}", Op{}},
	{`APPENDS`, "e", Op{}},
	{`GET 10`, "g10\n", Op{Int: 10}},
	{`BINGET 10`, "h\x0a", Op{Int: 10}},
	{`INST "a b" "C"`, "ia b\nC\n", Op{Text: "a b", Name: "C"}},
	{`LONG_BINGET 4294967295`, "j\xff\xff\xff\xff", Op{Int: 1<<32 - 1}},
	{`LIST`, "l", Op{}},
	{`EMPTY_LIST`, "]", Op{}},
	{`OBJ`, "o", Op{}},
	{`PUT 0`, "p0\n", Op{}},
	{`BINPUT 7`, "q\x07", Op{Int: 7}},
	{`LONG_BINPUT 256`, "r\x00\x01\x00\x00", Op{Int: 256}},
	{`SETITEM`, "s", Op{}},
	{`TUPLE`, "t", Op{}},
	{`EMPTY_TUPLE`, ")", Op{}},
	{`SETITEMS`, "u", Op{}},
	{`BINFLOAT 0.1`, "G\x3f\xb9\x99\x99\x99\x99\x99\x9a", Op{Float: 0.1}},
	{`PROTO 5`, "\x80\x05", Op{Int: 5}},
	{`NEWOBJ`, "\x81", Op{}},
	{`EXT1 240`, "\x82\xf0", Op{Int: 240}},
	{`EXT2 1`, "\x83\x01\x00", Op{Int: 1}},
	{`EXT4 -1`, "\x84\xff\xff\xff\xff", Op{Int: -1}},
	{`TUPLE1`, "\x85", Op{}},
	{`TUPLE2`, "\x86", Op{}},
	{`TUPLE3`, "\x87", Op{}},
	{`NEWTRUE`, "\x88", Op{}},
	{`NEWFALSE`, "\x89", Op{}},
	{`LONG1 0`, "\x8a\x00", Op{Data: Range{2, 0}}},
	{`LONG1 -128`, "\x8a\x01\x80", Op{Int: -128, Data: Range{2, 1}}},
	{`LONG1 128`, "\x8a\x02\x80\x00", Op{Int: 128, Data: Range{2, 2}}},
	{`LONG1 -18446744073709551616`, "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff",
		Op{Big: new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 64)), Data: Range{2, 9}}},
	{`LONG4 -1`, "\x8b\x01\x00\x00\x00\xff", Op{Int: -1, Data: Range{5, 1}}},
	{`BINBYTES "\x00"`, "B\x01\x00\x00\x00\x00", Op{Text: "\x00", Data: Range{5, 1}}},
	{`SHORT_BINBYTES ""`, "C\x00", Op{Data: Range{2, 0}}},
	{`SHORT_BINUNICODE "é"`, "\x8c\x02\xc3\xa9", Op{Text: "é", Data: Range{2, 2}}},
	{`BINUNICODE8 "a"`, "\x8d\x01\x00\x00\x00\x00\x00\x00\x00a", Op{Text: "a", Data: Range{9, 1}}},
	{`BINBYTES8 "a"`, "\x8e\x01\x00\x00\x00\x00\x00\x00\x00a", Op{Text: "a", Data: Range{9, 1}}},
	{`EMPTY_SET`, "\x8f", Op{}},
	{`ADDITEMS`, "\x90", Op{}},
	{`FROZENSET`, "\x91", Op{}},
	{`NEWOBJ_EX`, "\x92", Op{}},
	{`STACK_GLOBAL`, "\x93", Op{}},
	{`MEMOIZE`, "\x94", Op{}},
	{`FRAME 0`, "\x95\x00\x00\x00\x00\x00\x00\x00\x00", Op{}},
	{`FRAME 18446744073709551615`, "\x95\xff\xff\xff\xff\xff\xff\xff\xff", Op{Big: new(big.Int).SetUint64(math.MaxUint64)}},
	{`BYTEARRAY8 "a"`, "\x96\x01\x00\x00\x00\x00\x00\x00\x00a", Op{Text: "a", Data: Range{9, 1}}},
	{`NEXT_BUFFER`, "\x97", Op{}},
	{`READONLY_BUFFER`, "\x98", Op{}},
}

func TestInstructions(t *testing.T) {
	seen := map[Opcode]bool{}
	bigs := cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })
	hidden := cmp.AllowUnexported(Op{})
	for _, tt := range instructions {
		t.Run(tt.asm, func(t *testing.T) {
			want := tt.want
			want.Code, want.End = Opcode(tt.raw[0]), int64(len(tt.raw))
			seen[want.Code] = true
			raw, err := Assemble(tt.asm)
			if err != nil || string(raw) != tt.raw {
				t.Fatalf("assembled to %q, %v; want %q", raw, err, tt.raw)
			}
			ops, _, err := decodeAll(raw, Options{})
			if err != nil || len(ops) != 1 {
				t.Fatalf("decoded to %v, %v", ops, err)
			}
			if diff := cmp.Diff(want, ops[0], bigs, hidden); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			checkRewrite(t, raw, ops)
			for n := 1; n < len(raw); n++ {
				if _, _, err := decodeAll(raw[:n], Options{}); err == nil && want.Code != OpGlobal && want.Code != OpInst && want.Code != OpPersID {
					t.Errorf("the first %d bytes decode", n)
				}
			}
		})
	}
	for _, info := range Opcodes() {
		if !seen[info.Code] {
			t.Errorf("no case for %v", info.Code)
		}
	}
	if n := len(Opcodes()); n != 68 {
		t.Errorf("%d opcodes, want 68", n)
	}
}

func TestUnknownOpcode(t *testing.T) {
	for b := range 256 {
		if _, known := Opcode(b).Info(); known {
			continue
		}
		ops, d, err := decodeAll([]byte{'N', byte(b), '.'}, Options{})
		fe, ok := err.(*FormatError)
		if !ok || fe.Offset != 1 || fe.Op != Opcode(b) || fe.Truncated() || fe.Limit() || len(ops) != 1 || d.Pos() != 1 {
			t.Errorf("byte %#02x: %v, %v", b, ops, err)
		}
	}
	if got := Opcode(0xff).String(); got != "0xff" {
		t.Errorf("String() = %q", got)
	}
}

func TestAssemble(t *testing.T) {
	got, err := Assemble(`
		PROTO 4   # a comment
		FRAME auto
		SHORT_BINUNICODE "a # b"  # another
		FRAME auto
		RAW 4e4e "I0x1\n" ff
		BINFLOAT bits:7ff8000000001234
		BINFLOAT -inf
		FLOAT 1e16
		FLOAT 1e-5
		STOP`)
	want := "\x80\x04\x95\x07\x00\x00\x00\x00\x00\x00\x00\x8c\x05a # b\x95\x29\x00\x00\x00\x00\x00\x00\x00NNI0x1\n\xff" +
		"G\x7f\xf8\x00\x00\x00\x00\x12\x34G\xff\xf0\x00\x00\x00\x00\x00\x00F1e+16\nF1e-05\n."
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
}

func TestAssembleErrors(t *testing.T) {
	for text, want := range map[string]string{
		"NONE\nNOSUCH":            `line 2: unknown mnemonic "NOSUCH"`,
		`"NONE"`:                  `line 1: unknown mnemonic "NONE"`,
		"BININT1 256":             "line 1: BININT1: 256 does not fit 1 unsigned bytes",
		"BININT1 -1":              "line 1: BININT1: -1 does not fit 1 unsigned bytes",
		"BININT 2147483648":       "line 1: BININT: 2147483648 does not fit 4 signed bytes",
		"BININT":                  "line 1: BININT: 0 arguments, want 1",
		"NONE 1":                  "line 1: NONE: 1 arguments, want 0",
		"PUT -1":                  "line 1: PUT: memo index -1 is negative",
		"GET x":                   `line 1: GET: "x" is no integer`,
		"UNICODE abc":             `line 1: UNICODE: argument "abc": quotes around strings, and only there`,
		`BININT1 "1"`:             `line 1: BININT1: argument "1": quotes around strings, and only there`,
		`GLOBAL "a\nb" "c"`:       `line 1: GLOBAL: "a\nb" cannot stand in a line`,
		`GLOBAL "a" "\xff"`:       `line 1: GLOBAL: "\xff" cannot stand in a line`,
		`PERSID "é"`:              `line 1: PERSID: "é" cannot stand in a line`,
		`SHORT_BINUNICODE "\xff"`: "line 1: SHORT_BINUNICODE: byte 0 of the text is not UTF-8",
		`UNICODE "a`:              "line 1: string without end: \"a",
		"RAW xyz":                 "line 1: RAW: encoding/hex: invalid byte: U+0078 'x'",
	} {
		if _, err := Assemble(text); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
	if _, err := Encode(Op{Code: OpShortBinBytes, Text: string(make([]byte, 256))}); err == nil {
		t.Error("256 bytes were encoded with a length of one byte")
	}
	if _, err := Encode(Op{Code: OpBinBytes, Lazy: true}); err == nil {
		t.Error("a lazy payload was encoded")
	}
}

func TestDisassemble(t *testing.T) {
	in := []byte("\x80\x04V\x1b[2J\u202e\nX\x64\x00\x00\x00" + string(bytes.Repeat([]byte("a"), 100)) + "I0x10\nG\x7f\xf8\x00\x00\x00\x00\x00\x01cos\nsystem\n.\xff")
	in = append([]byte("junk"), in...)
	var out bytes.Buffer
	err := Disassemble(&out, bytes.NewReader(in), 4, int64(len(in)), Listing{Note: func(op Op) []string {
		if op.Code == OpGlobal {
			return []string{"imports os.system\x1b"}
		}
		return nil
	}})
	want := `0x000004  PROTO            4
0x000006  UNICODE          "\x1b[2J\u00e2\u0080\u00ae"
0x00000f  BINUNICODE       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"...(100 bytes)
0x000078  INT              16                        # written "I0x10\n"; odd-spelling: unpicklers differ about the number "0x10"
0x00007e  BINFLOAT         bits:7ff8000000000001
0x000087  GLOBAL           "os" "system"             # imports os.system\x1b
0x000092  STOP
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err == nil || err.Error() != "opcode 0xff at 0x93: unknown opcode" {
		t.Errorf("error %v", err)
	}
}

// A whole listing has nothing shortened, and assembles to the same bytes: long texts and
// payloads, numbers spelled oddly, what follows an error, and what the loader reads itself.
func TestDisassembleWhole(t *testing.T) {
	long := strings.Repeat("a#", 40_000)
	for name, data := range map[string]string{
		"odd numbers":  "I0x10\nI 7\nL0x1L\nF1_0\nS'\\x61'\nV\\u0061\n.",
		"a long text":  "X\x64\x00\x00\x00" + long[:100] + ".",
		"longer texts": "\x80\x04X\x80\x38\x01\x00" + long + "B\x80\x38\x01\x00" + long + ".",
		"an integer":   "\x8a\xf0" + strings.Repeat("\x7f", 240) + ".",
		"an error":     "cos\nsystem\n\xffcos\nsystem\n.",
		"cut off":      "(X\xff\xff\x00\x00abc",
		"frames":       "\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00X\x03\x00\x00\x00abc.",
	} {
		t.Run(name, func(t *testing.T) { checkWhole(t, []byte(data)) })
	}
	data := []byte("N0\x00\x01\x02\xffN.")
	var out bytes.Buffer
	err := Disassemble(&out, bytes.NewReader(data), 0, int64(len(data)), Listing{Whole: true, Next: func(pos int64) int64 {
		if pos == 2 {
			return 6
		}
		return pos
	}})
	if got, failed := Assemble(out.String()); err != nil || failed != nil || !bytes.Equal(got, data) {
		t.Errorf("%v, %v: %x of\n%s", err, failed, got, &out)
	}
}
