package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// assemble turns a program into a stream; "; " ends a line.
func assemble(t testing.TB, program string) []byte {
	t.Helper()
	data, err := pickle.Assemble(strings.ReplaceAll(program, "; ", "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, program)
	}
	return data
}

// judge is the judgement of a program, in which every persistent id is a storage.
func judgeProgram(t testing.TB, program string, trusted ...string) PickleJudgement {
	t.Helper()
	data := assemble(t, program)
	tr := sym.Run(strings.NewReader(string(data)), 0, int64(len(data)), sym.Options{})
	ctx := PickleContext{Trusted: map[string]bool{}, Storage: func(*sym.Node) bool { return true }}
	for _, name := range trusted {
		ctx.Trusted[name] = true
	}
	return Pickle(tr, ctx)
}

// found lists the findings as "RULE callable".
func found(j PickleJudgement) (out []string) {
	for _, f := range j.Findings {
		out = append(out, strings.TrimSpace(f.Rule+" "+f.Callable))
	}
	return out
}

// A sample is a program and one finding that it must have; "" means that it
// must have none at all.
type sample struct{ name, program, want string }

func check(t *testing.T, samples []sample) {
	t.Helper()
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			got := found(judgeProgram(t, s.program))
			if s.want == "" && len(got) > 0 || s.want != "" && !slices.Contains(got, s.want) {
				t.Errorf("%s\nfound %q, want %q", s.program, got, s.want)
			}
		})
	}
}

// Parts of programs.
const (
	anOrdered = `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
	evil      = `GLOBAL "os" "system"; `
	aStorage  = `MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "0"; UNICODE "cpu"; BININT1 4; TUPLE; BINPERSID; `
	twoByTwo  = `BININT1 2; BININT1 2; TUPLE2; `
	strides   = `BININT1 2; BININT1 1; TUPLE2; `
	tensorArg = aStorage + `BININT1 0; ` + twoByTwo + strides + `NEWFALSE; ` + anOrdered
	aTensor   = `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + tensorArg + `TUPLE; REDUCE; `
	rawState  = `MARK; BININT1 3; UNICODE "<"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; `
	f4        = `GLOBAL "numpy" "dtype"; UNICODE "f4"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; ` + rawState + `BUILD; `
	objects   = `GLOBAL "numpy" "dtype"; UNICODE "O8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 63; TUPLE; BUILD; `
	newArray  = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; `
	four      = `SHORT_BINBYTES "\x00\x00\x00\x00"; `
	zone      = `GLOBAL "datetime" "timezone"; GLOBAL "datetime" "timedelta"; BININT1 0; BININT1 0; BININT1 0; TUPLE3; REDUCE; TUPLE1; REDUCE; `
)
