package scan

import (
	"slices"
	"testing"
)

// A module as torch.compile gave it has the tensors of the module that it was made
// of, as long as nothing but torch's own classes stands between. It is no clean file:
// what compiles the module runs when the module does.
func TestCompiledModule(t *testing.T) {
	const dynamo = `"torch._dynamo.eval_frame"`
	const net = `GLOBAL "shop.models" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_parameters"; EMPTY_DICT; UNICODE "w"; ` + aTensor + `SETITEM; SETITEM; ` +
		`UNICODE "_buffers"; EMPTY_DICT; SETITEM; UNICODE "_modules"; EMPTY_DICT; SETITEM; BUILD; `
	part := func(state string) string {
		return `GLOBAL "torch._dynamo.convert_frame" "CatchErrorsWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "__module__"; UNICODE "torch"; SETITEM; ` + state + `BUILD; `
	}
	context := func(callback, state string) string {
		return `GLOBAL ` + dynamo + ` "OptimizeContext"; ` + callback + `GLOBAL "contextlib" "nullcontext"; NEWTRUE; TUPLE3; REDUCE; EMPTY_DICT; UNICODE "export"; NEWFALSE; SETITEM; ` + state + `BUILD; `
	}
	module := func(net, context string) string {
		return `GLOBAL ` + dynamo + ` "OptimizedModule"; ` + net + context + `TUPLE2; REDUCE; `
	}
	whole := []string{"_orig_mod.w"}
	for _, c := range []struct {
		name, program    string
		tensors, refused []string
		wrong            bool // there is no tree at all
	}{
		{name: "compiled", program: module(net, context(part(``), ``)) + `STOP`, tensors: whole},
		{name: "disabled", program: module(net, `GLOBAL `+dynamo+` "DisableContext"; EMPTY_TUPLE; REDUCE; `) + `STOP`, tensors: whole},
		{name: "in a checkpoint", program: `EMPTY_DICT; UNICODE "model"; ` + module(net, context(part(``), ``)) + `SETITEM; STOP`, tensors: []string{"model._orig_mod.w"}},
		{name: "a callback of somebody's own", program: module(net, context(`GLOBAL "acme" "Back"; EMPTY_TUPLE; NEWOBJ; `, ``)) + `STOP`, wrong: true},
		{name: "a context of somebody's own", program: module(net, `GLOBAL "acme" "Context"; EMPTY_TUPLE; NEWOBJ; `) + `STOP`, refused: []string{""}},
		{name: "a module that a call made", program: module(`GLOBAL "acme" "f"; `+net+`TUPLE1; REDUCE; `, context(part(``), ``)) + `STOP`, refused: []string{"_orig_mod"}},
		{name: "a part with a method", program: module(net, context(part(`UNICODE "__call__"; GLOBAL "acme" "f"; SETITEM; `), ``)) + `STOP`, wrong: true},
		{name: "a context with another callback", program: module(net, context(part(``), `UNICODE "callback"; GLOBAL "acme" "f"; SETITEM; `)) + `STOP`, wrong: true},
		{name: "a state of the module", program: module(net, context(part(``), ``)) + `EMPTY_DICT; UNICODE "_orig_mod"; NONE; SETITEM; BUILD; STOP`, wrong: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := convertible(t, c.program)
			if (err != nil) != c.wrong {
				t.Fatalf("error %v, want one: %v", err, c.wrong)
			}
			if err == nil {
				if tensors, refused := names(got); !slices.Equal(tensors, c.tensors) || !slices.Equal(refused, c.refused) {
					t.Errorf("tensors %q, refused %q, want %q, %q", tensors, refused, c.tensors, c.refused)
				}
			}
		})
	}
	expect(t, scanBytes(t, "model.pkl", assemble(t, module(`EMPTY_DICT; `, context(part(``), ``))+`STOP`)), "MA101 torch._dynamo.eval_frame.OptimizedModule")
}
