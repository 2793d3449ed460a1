package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// What a name is that a call makes is not known; but where anybody can see it, the
// gadget is as critical as if it were written out.
func TestComputedNames(t *testing.T) {
	const str = `GLOBAL "builtins" "str"; UNICODE "os"; TUPLE1; REDUCE; `
	for _, s := range []struct{ name, operands, says string }{
		{"str", str + `UNICODE "system"; `, "os.system, which runs commands"},
		{"decode", `GLOBAL "_codecs" "decode"; SHORT_BINBYTES "os"; TUPLE1; REDUCE; UNICODE "system"; `, "os.system"},
		{"decode with an encoding", `UNICODE "os"; GLOBAL "codecs" "decode"; SHORT_BINBYTES "system"; UNICODE "ascii"; TUPLE2; REDUCE; `, "os.system"},
		{"join", `PROTO 4; GLOBAL "builtins" "str.join"; UNICODE ""; EMPTY_LIST; MARK; UNICODE "o"; UNICODE "s"; APPENDS; TUPLE2; REDUCE; UNICODE "system"; `, "os.system"},
		{"itemgetter", `UNICODE "os"; GLOBAL "operator" "itemgetter"; BININT1 1; TUPLE1; REDUCE; EMPTY_LIST; MARK; NONE; UNICODE "system"; APPENDS; TUPLE1; REDUCE; `, "os.system"},
		{"concat", `UNICODE "os"; GLOBAL "operator" "concat"; UNICODE "sys"; UNICODE "tem"; TUPLE2; REDUCE; `, "os.system"},
		{"harmless", `UNICODE "collections"; GLOBAL "builtins" "str"; UNICODE "OrderedDict"; TUPLE1; REDUCE; `, ""},
		{"rot13", `UNICODE "os"; GLOBAL "codecs" "decode"; UNICODE "flfgrz"; UNICODE "rot13"; TUPLE2; REDUCE; `, ""},
	} {
		critical := false
		for _, f := range judgeProgram(t, `PROTO 4; `+s.operands+`STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE; STOP`).Findings {
			if f.Rule == "MA105" && strings.Contains(f.Message, "is imported that is computed") {
				critical = f.Severity == audit.Critical && strings.Contains(f.Message, s.says)
			}
		}
		if critical != (s.says != "") {
			t.Errorf("%s: critical %v", s.name, critical)
		}
	}
}

// Lists of lists of lists of the same join have no end to be worked out.
func TestComputedNamesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`PROTO 4; GLOBAL "builtins" "str.join"; BINPUT 0; POP; UNICODE ""; BINPUT 1; `)
	for level := range 9 {
		b.WriteString(fmt.Sprintf("BINPUT %d; POP; BINGET 0; BINGET 1; EMPTY_LIST; MARK; ", level+1))
		b.WriteString(strings.Repeat(fmt.Sprintf("BINGET %d; ", level+1), 100))
		b.WriteString("APPENDS; TUPLE2; REDUCE; ")
	}
	b.WriteString(`UNICODE "system"; STACK_GLOBAL; STOP`)
	found := judgeProgram(t, b.String()).Findings
	if !slices.ContainsFunc(found, func(f audit.Finding) bool { return f.Rule == "MA105" && f.Severity == audit.High }) {
		t.Errorf("%v", found)
	}
}

// A large dict is looked through for names only so often.
func TestComputedNamesOfLargeDicts(t *testing.T) {
	var b strings.Builder
	b.WriteString(`PROTO 4; GLOBAL "operator" "getitem"; EMPTY_DICT; MARK; `)
	for i := range 1 << 12 {
		fmt.Fprintf(&b, "UNICODE \"k%d\"; NONE; ", i)
	}
	b.WriteString(`SETITEMS; UNICODE "m"; UNICODE "os"; SETITEM; UNICODE "m"; TUPLE2; REDUCE; BINPUT 0; POP; `)
	const lookups = 1<<12 + 10
	b.WriteString(strings.Repeat(`BINGET 0; UNICODE "system"; STACK_GLOBAL; POP; `, lookups))
	var critical, high int
	for _, f := range judgeProgram(t, b.String()+"NONE; STOP").Findings {
		switch {
		case f.Rule == "MA105" && f.Severity == audit.Critical:
			critical++
		case f.Rule == "MA105" && f.Severity == audit.High:
			high++
		}
	}
	if critical == 0 || high == 0 || critical+high != lookups {
		t.Errorf("%d critical, %d high", critical, high)
	}
}
