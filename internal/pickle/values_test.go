package pickle

import (
	"strings"
)

// valueInputs returns pickles of one value whose reading by CPython is recorded
// in testdata/values.json. Run the interop test with -update after a change.
func valueInputs() []string {
	var all []string
	lines := func(op string, args ...string) {
		for _, a := range args {
			all = append(all, op+a+"\n.")
		}
	}
	integers := []string{"", "0", "1", "-1", "7", "-0", "+0", "+1", " 0", " 1", "1 ", "0\r", "00", "01", "02", "-01", "001", "010",
		"08", "0x1", "0X1f", "0x", "0x_f", "-0xF", "0o17", "0O7", "0o_7", "0o8", "0b101", "0b2", "0b", "1_000", "1__0", "_1", "1_",
		"0_0", "0_1", "\x00", "\x001", "1\x00", "1\x00junk", "0\x00", "1\x00\x00", "--1", "+-1", "0x-1", "- 1", "1-", "\t\v\f1\t\v\f",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "0x8000000000000000",
		"-0x8000000000000000", "01000000000000000000000", "02000000000000000000000", "1e3", "1.0", "true", "\xb2", "١", "a", "L", "1L",
		strings.Repeat("9", 4300), strings.Repeat("9", 4301), "0x" + strings.Repeat("f", 4301)}
	lines("I", integers...)
	lines("L", integers...)
	lines("L", "1LL", "1 L", "L1", "0x1L", "010L", "00L", "1\x00L", "1\x00xL", "-5L", " 5L", "LL", "0xL", "1_0L")
	lines("F", "", "0", "-0", "1", "1.", ".5", ".", "-.5e-3", "1e5", "1E+5", "1e", "1e+", "e5", " 1", "1 ", "1_0", "1__0", "_1", "1_",
		"1_.5", "1e1_0", "inf", "-Inf", "+INFINITY", "infin", "nan", "-nan", "+NaN", "nan(1)", "1e400", "-1e400", "1e-400", "4.9e-324",
		"2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623159e308", "0x1p3", "1\x00z", "\x00", "+-1", "1,0", "1..2",
		"0.1", "123456789.123456789", "9007199254740993", "1\r", "1e1.5", "- 1", "1"+strings.Repeat("0", 400), strings.Repeat("0", 400)+".5", "n", "i")
	lines("S", "", "''", `""`, "'", "'a", "a'", "'a\"", "'a'b'", `'\'`, `'\\'`, `'\''`, `'\"'`, `'\a\b\t\n\v\f\r'`, `'\0\7\07\007\0077\8\9'`,
		`'\377\400\777'`, `'\x41\x4'`, `'\x41\xfF'`, `'\x'`, `'\xg0'`, `'\x+1'`, `'\q\N\u0041'`, "'\xff\x00'", ` 'a'`, `'a' `, "'a'\r", `"it's"`, `'\x6fs'`)
	lines("V", "", "abc", `\u006fs`, `\u20ac`, `\U0001F600`, `\ud83d\ude00`, `\ud800`, `\U00110000`, `\UFFFFFFFF`, `\u12`, `\u12g4`, `\u+123`, `\U0001`,
		`\\u0041`, `\\\u0041`, `\`, `\\`, `\n\x41`, "\xe9\xff\x00", "a\rb", `\u000a`, `\u00e9`, "\\\xe9")
	lines("P", "", "id", "a b", "\xe9", "a\x00b", "a\r")
	for _, op := range []string{"c", "(i"} {
		lines(op, "os\nsystem", "os\nsystem\r", " os\na b", "caf\xc3\xa9\nx", "os\ncaf\xc3\xa9", "a\xff\nb", "a\nb\xff", "\xed\xa0\x80\nb", "\nb", "a\n", "a\x00b\nc", "a\nb.c")
		all = append(all, op, op+"os", op+"os\n", op+"os\nsystem", op+"os\ns", op+"\n", op+"o")
	}
	all = append(all, "P", "Pid", "I", "I1", "L1L", "F1", "S'a'", "V", "Va")
	return append(all, binaryInputs()...)
}

func binaryInputs() []string {
	all := []string{"K\xff.", "K", "M\xff\xfe.", "M\xff", "J\xff\xff\xff\xff.", "J\x00\x00\x00\x80.", "J\xff\xff\xff\x7f.", "J\x00\x00\x00",
		"G\x3f\xf8\x00\x00\x00\x00\x00\x00.", "G\x7f\xf8\x00\x00\x00\x00\x12\x34.", "G\xff\xf0\x00\x00\x00\x00\x00\x00.", "G\x00",
		"\x8a\x00.", "\x8a\x01\xff.", "\x8a\x02\xff\x00.", "\x8a\x03\xff\xff\xff.", "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.",
		"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.", "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff.", "\x8a\x02\xff", "\x8a",
		"\x8b\x00\x00\x00\x00.", "\x8b\x01\x00\x00\x00\x80.", "\x8b\xff\xff\xff\xff.", "\x8b\x00\x00\x00\x80.", "\x8b\x02\x00\x00\x00\x01",
		"T\x02\x00\x00\x00\xffa.", "T\x00\x00\x00\x80.", "T\xff\xff\xff\xff.", "U\x02\xffa.", "U\x03a.", "C\x01\xff.", "C\x00.",
		"B\x01\x00\x00\x00\xff.", "B\x01\x00\x00", "B\xff\xff\xff\xff.", "\x8e\x01\x00\x00\x00\x00\x00\x00\x00\xff.",
		"\x8e\x01\x00\x00\x00\x00\x00\x00\x80\xff.", "\x8e\xff\xff\xff\xff\xff\xff\xff\xff\xff.", "\x96\x01\x00\x00\x00\x00\x00\x00\x00\xff."}
	texts := []string{"", "abc", "caf\xc3\xa9", "\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\xbd\xed\xb8\x80", "\xf0\x9f\x98\x80", "\xed\xa0", "\xed\x9f\xbf",
		"\xed\xc0\x80", "\xc0\x80", "\xe0\x80\x80", "\xf4\x90\x80\x80", "\xff", "\x80", "a\xe2\x82", "\xef\xbf\xbd", "a\x00b", "a\nb"}
	for _, s := range texts {
		n := string(rune(len(s)))
		all = append(all, "\x8c"+n+s+".", "X"+n+"\x00\x00\x00"+s+".", "\x8d"+n+strings.Repeat("\x00", 7)+s+".")
	}
	return all
}
