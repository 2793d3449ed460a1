package scan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// Classes 32 to 34 and 39 to 41: bytes that readers take apart.
func TestAttackReaders(t *testing.T) {
	a := &attacks{t: t}
	for _, number := range []string{"I0x1", "L0x1L", "I0o7", "L0b1L", "I 1", "I+1", "I1_0", "L1_0L", "I-0x1", "I00", "I01", "I007", "L 5", "F1_0.5", "Finf", "F 1 ", "I1 "} {
		a.program("behind the number "+number, fmt.Sprintf(`RAW %q; POP; `, number+"\n")+payload+`STOP`)
		a.program("the argument "+number, `GLOBAL "os" "system"; `+fmt.Sprintf(`RAW %q; TUPLE1; `, number+"\n")+`REDUCE; STOP`)
	}
	for _, p := range []string{`PROTO 4; PROTO 4; `, `NONE; POP; PROTO 4; `, `PROTO 5; NONE; PROTO 0; POP; `, `MARK; PROTO 2; POP_MARK; `} {
		a.program(p, p+payload+`STOP`)
		a.program(p+" in the midst", `GLOBAL "os" "system"; `+p+`UNICODE "true"; `+p+`TUPLE1; `+p+`REDUCE; `+p+`STOP`)
	}
	for _, length := range []int{0, 1, 2, 5, 9, 12, 20, 1000, 1 << 30} {
		a.program(fmt.Sprintf("in a frame of %d", length), fmt.Sprintf(`PROTO 4; FRAME %d; `, length)+payload+`STOP`)
		a.program(fmt.Sprintf("behind a frame of %d", length), payload+fmt.Sprintf(`FRAME %d; STOP`, length))
		a.program(fmt.Sprintf("a text across a frame of %d", length), fmt.Sprintf(`PROTO 4; FRAME %d; BINUNICODE "0123456789"; POP; `, length)+payload+`STOP`)
		a.program(fmt.Sprintf("between frames of %d", length), fmt.Sprintf(`PROTO 4; FRAME %d; GLOBAL "os" "system"; FRAME %d; UNICODE "true"; FRAME %d; TUPLE1; REDUCE; STOP`, length, length, length))
	}
	for name, hidden := range map[string]string{"global": "cos\nsystem\n(Vtrue\ntR.", "stack global": "\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."} {
		// The text has 20 bytes, of which one is in the frame: who drops that takes
		// the byte behind the text's end for its last, and reads on one later.
		a.add("dropped with a frame: "+name, []byte("\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00\x8c\x14x"+strings.Repeat("y", 19)+"UN"+hidden+strings.Repeat("0", 78-len(hidden))+"."))
		inner := "\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x95\x05\x00\x00\x00\x00\x00\x00\x00U" // one byte is left in the frame
		a.add("dropped with a frame around another: "+name, []byte(inner+"N"+hidden+strings.Repeat("0", 78-len(hidden))+"."))
	}
	for name, hidden := range map[string]string{"global": "cos\nsystem\n(Vtrue\ntR.", "stack global": "\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."} {
		// The pickle ends in its frame, and the rest of the frame begins a text of 80 bytes.
		a.add("behind a frame that STOP does not end: "+name, []byte("\x80\x04\x95\x04\x00\x00\x00\x00\x00\x00\x00N.UP"+hidden+strings.Repeat("0", 80-len(hidden))+"."))
	}
	// The line begins in the frame, and whoever drops that finds another name at its place.
	line := "os\nsystem\n(Vtrue\ntR."
	a.add("a name across a frame", []byte("\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00ccollections"+line))
	a.program("text and binary", `PROTO 4; SHORT_BINUNICODE "os"; RAW "V\\u0073ystem\n"; STACK_GLOBAL; RAW "(S'true'\nt"; REDUCE; STOP`)
	a.everywhere()
	b := &attacks{t: t}
	b.add("a name across the frame of the pickle before", []byte("\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00N.ccollections"+line))
	// Who drops the text's first letter takes the POP behind it for the last one, and has a
	// value for DUP; nobody else gets further than that.
	b.add("a text across a frame, without which nothing is called", []byte("\x95\x08\x00\x00\x00\x00\x00\x00\x00\x80\x04X\x0b\x00\x00\x00collections0"+
		"T\x06\x00\x00\x00system\x94K\x05002"+"0U\x02osh\x00\x93U\x04true\x85R."))
	// The frame of the first pickle ends where the second has a FRAME before its STOP.
	b.add("a FRAME across the frame of the pickle before", []byte("\x80\x04S'decoy'\x0a\x95.\x00\x00\x00\x00\x00\x00\x00q\x010N\x95\x05\x00\x00\x00\x00\x00\x00\x00."+
		"\x80\x04NX\x0b\x00\x00\x00collections0\x95\x1b\x00\x00\x00\x00\x00\x00\x00."+
		"\x80\x04\x94U\x0bcollections0\x8c\x05posixK\x050q\x01020\x8d\x06\x00\x00\x00\x00\x00\x00\x00systemq\x06N00N0h\x01h\x06\x93T\x04\x00\x00\x00true\x85\x80\x01R\x80\x01."), "posix.system")
	for _, s := range b.list {
		b.names(s)
	}
}

// Classes 35 to 38: no end, or a bad one. The payload has run by then.
func TestAttackNoEnd(t *testing.T) {
	for name, ends := range map[string]string{"nothing": "", "an opcode that is none": "\xff", "a short length": "X\xff\xff\xff\x7f", "a short frame": "\x95\xff", "text": "hello, world\n",
		"zeros": strings.Repeat("\x00", 1000), "a zip": string(checkpoint(t, goodCheckpoint)), "a name without end": "cos\nsys", "an INST without end": "(ios\nsys"} {
		a := &attacks{t: t}
		a.add("global and "+name, append(assemble(t, payload), ends...))
		a.add("protocol 4 and "+name, append(assemble(t, `PROTO 4; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE`), ends...))
		a.add("inst and "+name, append(assemble(t, `MARK; UNICODE "true"; INST "os" "system"`), ends...))
		a.bare()
		for _, s := range a.list {
			a.wrapped(s)
		}
	}
}

// What the pure Python unpickler, which joblib uses, does where the C unpickler
// refuses: the last line of a file needs no end.
func TestAttackPurePython(t *testing.T) {
	a := &attacks{t: t}
	a.add("inst without end", []byte("(S'true'\nios\nsystem!"))
	a.add("inst without end in protocol 4", []byte("\x80\x04(S'true'\nios\nsystem!"))
	a.add("global without end", []byte("\x80\x04cos\nsystem!"), "os.system")
	a.program("an item more", `PROTO 4; GLOBAL "acme" "C"; EMPTY_TUPLE; NEWOBJ; MARK; NONE; NONE; NONE; SETITEMS; STOP`, "acme.C")
	for _, arguments := range []string{`EMPTY_LIST; `, `EMPTY_DICT; `, `UNICODE "ab"; `, `EMPTY_SET; `} {
		for _, call := range []string{"REDUCE", "NEWOBJ"} {
			a.program("behind a call with "+arguments, `PROTO 4; GLOBAL "collections" "OrderedDict"; `+arguments+call+`; POP; `+payload+`STOP`)
			a.program("behind a call with "+arguments+", by stack_global", `PROTO 4; GLOBAL "collections" "OrderedDict"; `+arguments+call+`; POP; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`)
		}
	}
	a.program("behind a key that is refused", `PROTO 4; `+anOrdered+`EMPTY_LIST; NONE; SETITEM; POP; `+payload+`STOP`)
	a.program("behind items that are refused", `PROTO 4; `+anOrdered+`MARK; NONE; SETITEMS; POP; `+payload+`STOP`)
	a.program("a frame without end", `PROTO 4; FRAME 100000; `+payload+`STOP`)
	for _, s := range a.list {
		for _, file := range []string{"m.pkl", "m.joblib"} {
			if msg := s.caught(scanBytes(t, file, s.data)); msg != "" {
				t.Errorf("%s as %s: %s", s.name, file, msg)
			}
		}
	}
}

// Classes 42 and 43: much before the payload, or what is small and grows.
func TestAttackBudgets(t *testing.T) {
	if testing.Short() {
		t.Skip("many samples")
	}
	a := &attacks{t: t}
	repeat := func(program string, n int) []byte { return bytes.Repeat(assemble(t, program), n) }
	evil := assemble(t, payload+`STOP`)
	for name, before := range map[string][]byte{
		"a million of N0": repeat(`NONE; POP`, 1_000_000), "a million of memo entries": append(assemble(t, `PROTO 4; NONE`), repeat(`MEMOIZE`, 1_000_000)...),
		"a million of N0 in protocol 4": append(assemble(t, `PROTO 4`), repeat(`NONE; POP`, 1_000_000)...), "a memo bomb": assemble(t, `NONE; LONG_BINPUT 268435455; POP`),
		"a hundred thousand marks": repeat(`MARK`, 100_000), "a long text": append([]byte("X\x00\x00\x10\x00"), bytes.Repeat([]byte("a"), 1<<20)...),
		"a long line": append(append([]byte("V"), bytes.Repeat([]byte("a"), 500_000)...), "\n0"...), "lists of lists": append(assemble(t, `EMPTY_LIST; BINPUT 0`), repeat(`MARK; BINGET 0; BINGET 0; LIST; BINPUT 0`, 30_000)...),
		"two million values": repeat(`NONE`, 2_000_000), "a line that is not read": append(append([]byte("V"), bytes.Repeat([]byte("a"), 2_000_000)...), "\n0"...),
		"two hundred frames": repeat(`FRAME 2; NONE; POP`, 200), "a hundred thousand of harmless calls": repeat(anOrdered+`POP`, 100_000),
	} {
		a.add("behind "+name, append(before, evil...))
	}
	for i, s := range a.list {
		file := []string{"m.pkl", "m.json"}[i%2]
		if msg := s.caught(scanBytes(t, file, s.data)); msg != "" {
			t.Errorf("%s as %s: %s", s.name, file, msg)
		}
		if len(s.data) > 1<<20 && i%2 == 0 {
			continue
		}
		record := archive(t, 8, member{"a/data.pkl", s.data}, member{"a/version", []byte("3\n")})
		if msg := s.caught(scanBytes(t, "m.pt", record)); msg != "" {
			t.Errorf("%s in a checkpoint: %s", s.name, msg)
		}
	}
}

// Classes 44 and 45: a second pickle, directly, behind zeros, behind junk.
func TestAttackSecond(t *testing.T) {
	if testing.Short() {
		t.Skip("many samples")
	}
	s := attack{"", nil, []string{"os.system"}}
	first := assemble(t, `PROTO 4; EMPTY_DICT; STOP`)
	for name, evil := range map[string]string{"protocol 4": `PROTO 4; ` + payload + `STOP`, "protocol 2": `PROTO 2; ` + payload + `STOP`, "protocol 0": payload + `STOP`,
		"inst": `MARK; STRING "true"; INST "os" "system"; STOP`, "stack_global without protocol": `UNICODE "os"; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`,
		"stack_global": `PROTO 4; FRAME auto; SHORT_BINUNICODE "os"; SHORT_BINUNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "no end": `PROTO 4; ` + payload} {
		for _, n := range []int{0, 1, 300, 4095, 65_535, 1_000_000} {
			for kind, junk := range map[string]string{"zeros": "\x00", "junk": "\xff", "text": "a", "opcodes": "N", "protocols": "\x80"} {
				if n > 100_000 && (kind == "text" || kind == "opcodes") {
					continue
				}
				data := append(append(bytes.Clone(first), strings.Repeat(junk, n)...), assemble(t, evil)...)
				if msg := s.caught(scanBytes(t, "m.pkl", data)); msg != "" {
					t.Errorf("%s behind %d of %s: %s", name, n, kind, msg)
				}
			}
		}
	}
	data := append(append(bytes.Clone(first), strings.Repeat("\xff", maxSearch)...), assemble(t, payload+`STOP`)...)
	if r := scanBytes(t, "m.pkl", data); r.Skipped || r.Artifact.Verdict == audit.VerdictClean {
		t.Errorf("behind more than is searched: %v", r.Artifact.Verdict)
	}
}

// A file whose every byte could begin a pickle ends, and is not clean.
func TestAttackResync(t *testing.T) {
	if testing.Short() {
		t.Skip("many samples")
	}
	for name, junk := range map[string]string{"beginnings": "\x80\x04", "calls": "\x80\x02cos\nsystem\n", "halves": "\x80\x04\x95\xff", "texts": "\x80\x04X\x10\x00\x00\x00"} {
		data := append(assemble(t, `PROTO 4; NONE; STOP`), strings.Repeat(junk, 50_000)...)
		if r := scanBytes(t, "m.pkl", data); r.Skipped || r.Artifact.Verdict == audit.VerdictClean {
			t.Errorf("%s: %v", name, r.Artifact.Verdict)
		}
	}
}

// A long pickle of plain values changes an object, if one Unpickler has loaded
// another pickle before it: MEMOIZE goes on counting.
func TestAttackInherited(t *testing.T) {
	first := assemble(t, `PROTO 4; `+anOrdered+`MEMOIZE; STOP`)
	for _, change := range []string{`NONE; APPEND`, `MARK; NONE; ADDITEMS`, `MARK; NONE; APPENDS`} {
		for _, padding := range []int{10, 200_000} {
			second := assemble(t, `PROTO 4; EMPTY_LIST; MEMOIZE; POP; BINGET 0; `+change+`; STOP`)
			if strings.Contains(change, "ADDITEMS") {
				second = assemble(t, `PROTO 4; EMPTY_SET; MEMOIZE; POP; BINGET 0; `+change+`; STOP`)
			}
			second = append(append(second[:2:2], bytes.Repeat([]byte("N0"), padding)...), second[2:]...)
			expect(t, scanBytes(t, "m.pkl", append(bytes.Clone(first), second...)), "MA106 collections.OrderedDict")
			expect(t, scanBytes(t, "m.pkl", second), "clean")
		}
	}
}
