package scan

import (
	"slices"
	"testing"
)

// TestMobile: torch.jit.mobile runs what bytecode.pkl names, and reads no source.
func TestMobile(t *testing.T) {
	fields := func(operator, constant string) string {
		return `PROTO 2; BININT1 8; BINUNICODE "__torch__.M.forward"; MARK; BINUNICODE "operators"; BINUNICODE "` + operator + `"; BINUNICODE ""; BININT1 1; TUPLE3; TUPLE1; TUPLE2; ` +
			`BINUNICODE "constants"; BINUNICODE "` + constant + `"; TUPLE1; TUPLE2; TUPLE; TUPLE2; TUPLE2; STOP`
	}
	for name, test := range map[string]struct {
		code string
		bad  bool
	}{
		"one that computes":     {fields("aten::add", "x"), false},
		"one that opens files":  {fields("aten::from_file", "x"), true},
		"of another library":    {fields("acme::run", "x"), true},
		"a class of torch":      {fields("aten::add", "__torch__.torch.classes.rnn.CellParamsBase"), false},
		"a class of another":    {fields("aten::add", "__torch__.torch.classes.acme.Runner"), true},
		"a text of the model's": {fields("aten::add", "std::string"), false},
		"in a broken stream":    {`PROTO 2; BINUNICODE "aten::from_file"; TUPLE1; POP; POP; STOP`, true},
	} {
		t.Run(name, func(t *testing.T) {
			members := map[string]string{"m/data.pkl": string(assemble(t, `PROTO 2; EMPTY_DICT; STOP`)), "m/version": "3\n", "m/BYTECODE.pkl": string(assemble(t, test.code))}
			bare := scanned(t, "m.ptl", kerasArchive(t, members), Options{})
			members["m/constants.pkl"] = string(assemble(t, `PROTO 2; EMPTY_TUPLE; STOP`))
			script := scanned(t, "m.ptl", kerasArchive(t, members), Options{})
			if slices.Contains(rulesOf(bare), "MA402") != test.bad || slices.Contains(rulesOf(script), "MA402") != test.bad {
				t.Errorf("%v, with constants.pkl %v", rulesOf(bare), rulesOf(script))
			}
			if !test.bad && len(bare.Findings)+len(script.Findings) > 0 {
				t.Errorf("%v %v", bare.Findings, script.Findings)
			}
		})
	}
}
