package tree

import (
	"strings"
	"testing"
)

// moduleProgram makes an object of shop.Net with those parameters, buffers,
// modules and further attributes.
func moduleProgram(parameters, buffers, modules, more string) string {
	dict := func(items string) string { return `EMPTY_DICT; MARK; ` + items + `SETITEMS; ` }
	return `GLOBAL "shop" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; UNICODE "_parameters"; ` + dict(parameters) +
		`UNICODE "_buffers"; ` + dict(buffers) + `UNICODE "_modules"; ` + dict(modules) + more + `SETITEMS; BUILD; `
}

func TestModule(t *testing.T) {
	sub := moduleProgram(`UNICODE "bias"; `+array, ``, ``, ``)
	for _, c := range []struct{ name, program, want string }{
		{"parameters, buffers, modules, attributes",
			moduleProgram(`UNICODE "weight"; `+array+`UNICODE "none"; NONE; `, `UNICODE "mean"; `+array, `UNICODE "0"; `+sub, `UNICODE "training"; NEWTRUE; UNICODE "mask"; `+array) + `STOP`,
			`{"module":"shop.Net","pairs":[["weight",{"array":"weight"}],["none",null],["mean",{"array":"mean"}],["0",{"module":"shop.Net","pairs":[["bias",{"array":"0.bias"}]]}]],"attributes":[["training",true],["mask",{"array":"mask"}]]}`},
		{"a buffer that is not persistent",
			moduleProgram(``, `UNICODE "a"; `+array+`UNICODE "b"; `+array, ``, `UNICODE "_non_persistent_buffers_set"; GLOBAL "builtins" "set"; MARK; UNICODE "b"; LIST; TUPLE1; REDUCE; `) + `STOP`,
			`{"module":"shop.Net","pairs":[["a",{"array":"a"}],["b",{"omitted":"a buffer that is not persistent, which state_dict() leaves out too","class":"torch.Tensor"}]]}`},
		{"hidden by a dict",
			moduleProgram(``, `UNICODE "b"; `+array+``, ``, `UNICODE "_non_persistent_buffers_set"; EMPTY_DICT; UNICODE "b"; BININT1 1; SETITEM; `) + `STOP`,
			`{"module":"shop.Net","pairs":[["b",{"omitted":"a buffer that is not persistent, which state_dict() leaves out too","class":"torch.Tensor"}]]}`},
		{"hidden by a text",
			moduleProgram(``, `UNICODE "b"; `+array+``, ``, `UNICODE "_non_persistent_buffers_set"; UNICODE "abc"; `) + `STOP`,
			`{"module":"shop.Net","pairs":[["b",{"omitted":"a buffer that is not persistent, which state_dict() leaves out too","class":"torch.Tensor"}]]}`},
		{"not hidden by bytes",
			moduleProgram(``, `UNICODE "b"; `+array+``, ``, `UNICODE "_non_persistent_buffers_set"; MARK; SHORT_BINBYTES "b"; LIST; `) + `STOP`,
			`{"module":"shop.Net","pairs":[["b",{"array":"b"}]]}`},
		{"hidden by who knows what",
			moduleProgram(``, `UNICODE "b"; `+array+``, ``, `UNICODE "_non_persistent_buffers_set"; GLOBAL "shop" "Set"; EMPTY_TUPLE; REDUCE; `) + `STOP`,
			`{"omitted":"which buffers state_dict() leaves out says an object of another kind than a set"}`},
		{"a parameter that is an attribute too has one name",
			moduleProgram(`UNICODE "weight"; `+array+`BINPUT 5; `, ``, ``, `UNICODE "also"; BINGET 5; `) + `STOP`,
			`{"module":"shop.Net","pairs":[["weight",{"array":"weight"}]],"attributes":[["also",{"array":"weight","same":"weight"}]]}`},
		{"a module that an attribute leads back to",
			`GLOBAL "shop" "Net"; EMPTY_TUPLE; NEWOBJ; BINPUT 7; EMPTY_DICT; MARK; UNICODE "_parameters"; EMPTY_DICT; UNICODE "_buffers"; EMPTY_DICT; UNICODE "_modules"; EMPTY_DICT; UNICODE "self"; BINGET 7; SETITEMS; BUILD; STOP`,
			`{"module":"shop.Net","attributes":[["self",{"ref":1}]],"id":1}`},
		{"no module without all three",
			`GLOBAL "shop" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; UNICODE "_parameters"; EMPTY_DICT; UNICODE "_buffers"; EMPTY_DICT; SETITEMS; BUILD; STOP`,
			`{"object":"shop.Net","attributes":[["_parameters",{"dict":[]}],["_buffers",{"dict":[]}]]}`},
		{"a method of an object", `EMPTY_DICT; UNICODE "w"; ` + array + `BINPUT 5; SETITEM; UNICODE "f"; GLOBAL "builtins" "getattr"; GLOBAL "shop" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "n"; BININT1 1; SETITEM; BUILD; UNICODE "run"; TUPLE2; REDUCE; SETITEM; STOP`,
			`{"dict":[["w",{"array":"w"}],["f",{"omitted":"the method \"run\" of an object of shop.Box","class":"builtins.getattr"}]]}`},
		{"a method of an object with an array of its own", `EMPTY_DICT; UNICODE "f"; GLOBAL "builtins" "getattr"; GLOBAL "shop" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "mask"; ` + array + `SETITEM; BUILD; UNICODE "run"; TUPLE2; REDUCE; SETITEM; STOP`,
			`{"dict":[["f",{"object":"builtins.getattr","args":[{"object":"shop.Box","attributes":[["mask",{"array":"f.0.mask"}]]},"run"]}]]}`},
		{"an object that is a dict", `PROTO 2; GLOBAL "shop" "Box"; EMPTY_TUPLE; NEWOBJ; UNICODE "w"; ` + array + `SETITEM; EMPTY_DICT; UNICODE "n"; BININT1 1; SETITEM; BUILD; STOP`,
			`{"object":"shop.Box","pairs":[["w",{"array":"w"}]],"attributes":[["n",1]]}`},
		{"a mapping that has its items as attributes too", `PROTO 2; GLOBAL "shop" "Output"; MARK; ` + array + `BINPUT 5; MARK; ` + array + `TUPLE; BINPUT 6; TUPLE; REDUCE; MARK; UNICODE "a"; BINGET 5; UNICODE "h"; BINGET 6; SETITEMS; EMPTY_DICT; MARK; UNICODE "a"; BINGET 5; UNICODE "n"; BININT1 1; UNICODE "h"; BINGET 6; SETITEMS; BUILD; STOP`,
			`{"object":"shop.Output","args":[{"array":"0"},{"tuple":[{"array":"1.0"}]}],"pairs":[["a",{"array":"a","same":"0"}],["h",{"tuple":[{"array":"h.0","same":"1.0"}]}]],` +
				`"attributes":[["a",{"array":"0","same":"0"}],["n",1],["h",{"tuple":[{"array":"1.0","same":"1.0"}]}]]}`},
		{"an object with slots", `PROTO 2; GLOBAL "shop" "Point"; EMPTY_TUPLE; NEWOBJ; NONE; EMPTY_DICT; UNICODE "x"; BININT1 1; SETITEM; TUPLE2; BUILD; STOP`,
			`{"object":"shop.Point","attributes":[["x",1]]}`},
		{"a named tuple", `PROTO 2; GLOBAL "shop" "Pair"; BININT1 1; ` + array + `TUPLE2; NEWOBJ; STOP`, `{"object":"shop.Pair","args":[1,{"array":"1"}]}`},
		{"a state that only the class understands", `PROTO 2; GLOBAL "shop" "Point"; EMPTY_TUPLE; NEWOBJ; BININT1 1; BININT1 2; TUPLE2; BUILD; STOP`, `{"object":"shop.Point","states":[{"tuple":[1,2]}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := build(t, c.program)
			if err != nil {
				t.Fatal(err)
			}
			text, err := got.Root.MarshalJSON()
			if err != nil || string(text) != c.want {
				t.Errorf("got  %s, %v\nwant %s", text, err, c.want)
			}
			for _, n := range got.Tensors {
				if aside := strings.Contains(n.Name, "mask"); n.Aside != aside {
					t.Errorf("%s: aside is %v", n.Name, n.Aside)
				}
			}
		})
	}
}

// Quantised modules name their tensors themselves, which is said.
func TestOwnNames(t *testing.T) {
	got, err := build(t, strings.Replace(moduleProgram(`UNICODE "w"; `+array, ``, ``, ``), `"shop" "Net"`, `"torch.ao.nn.quantized.dynamic.modules.linear" "Linear"`, 1)+`STOP`)
	if err != nil || len(got.Omitted) != 1 || !strings.Contains(got.Omitted[0].Reason, "the names that state_dict() gives") {
		t.Errorf("%+v, %v", got, err)
	}
	for class, want := range map[string]bool{"torch.nn.quantized.modules.conv.Conv2d": true, "torch.ao.nn.quantized.modules.DeQuantize": false, "torch.nn.modules.linear.Linear": false} {
		if ownNames(class) != want {
			t.Errorf("%s: %v", class, !want)
		}
	}
}
