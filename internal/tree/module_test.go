package tree

import (
	"strings"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
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
		{"packed weights of a quantised layer",
			strings.ReplaceAll(moduleProgram(``, ``, ``, `UNICODE "dtype"; GLOBAL "torch" "qint8"; UNICODE "_packed_params"; GLOBAL "torch" "ScriptObject"; EMPTY_TUPLE; NEWOBJ; `+array+`NONE; TUPLE2; UNICODE "__torch__.torch.classes.quantized.LinearPackedParamsBase"; TUPLE2; BUILD; `), `"shop" "Net"`, `"torch.ao.nn.quantized.modules.linear" "LinearPackedParams"`) + `STOP`,
			`{"module":"torch.ao.nn.quantized.modules.linear.LinearPackedParams","pairs":[["dtype",{"word":"torch.qint8","class":"torch.dtype"}],["_packed_params",{"tuple":[{"array":"_packed_params.0"},null]}]]}`},
		{"a quantised layer",
			strings.ReplaceAll(moduleProgram(``, ``, `UNICODE "0"; `+sub, `UNICODE "zero_point"; BININT1 3; UNICODE "n"; BININT1 1; UNICODE "scale"; BINFLOAT 0.5; `), `"shop" "Net"`, `"torch.ao.nn.quantized.dynamic.modules.linear" "Linear"`) + `STOP`,
			`{"module":"torch.ao.nn.quantized.dynamic.modules.linear.Linear","pairs":[["scale",0.5],["zero_point",3],["0",{"module":"torch.ao.nn.quantized.dynamic.modules.linear.Linear","pairs":[["bias",{"array":"0.bias"}]]}]],"attributes":[["n",1]]}`},
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

// What differs from the state_dict() of a quantised module is said.
func TestOwnNames(t *testing.T) {
	scaled := `UNICODE "scale"; BINFLOAT 0.5; UNICODE "zero_point"; BININT1 0; `
	for _, c := range []struct{ module, name, attributes, want string }{
		{"torch.ao.nn.quantized.dynamic.modules.linear", "Linear", scaled, "tensors of scale and zero_point"},
		{"torch.nn.quantized.modules.conv", "Conv2d", scaled, "the names that state_dict() gives"},
		{"torch.ao.nn.quantized.reference.modules.linear", "Linear", "", "the names that state_dict() gives"},
		{"torch.ao.nn.quantized.modules", "DeQuantize", "", ""},
		{"torch.nn.modules.linear", "Linear", scaled, ""},
	} {
		program := strings.Replace(moduleProgram(`UNICODE "w"; `+array, ``, ``, c.attributes), `"shop" "Net"`, `"`+c.module+`" "`+c.name+`"`, 1) + `STOP`
		got, err := build(t, program)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, o := range got.Omitted {
			said += o.Reason
		}
		if (said == "") != (c.want == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s.%s: %q", c.module, c.name, said)
		}
	}
}

// A whole quantised convolution is refused with what helps: torch itself gives no
// state_dict of one that it has loaded.
func TestWholeConvolution(t *testing.T) {
	r, tr := traced(t, `PROTO 2; GLOBAL "torch.ao.nn.quantized.modules.conv" "Conv2d"; EMPTY_TUPLE; NEWOBJ; MARK; BININT1 3; `+array+`TUPLE; BUILD; STOP`)
	got, err := Build(Input{Size: r.Size(), Root: tr.Root, Data: r, Tensors: torch.NestedResolver(r),
		Unsafe: func(n *sym.Node) bool { return n == tr.Root }, Carries: func(*sym.Node) bool { return true }})
	if err != nil || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Reason, "save the model's state_dict() where it was made") {
		t.Errorf("%+v, %v", got, err)
	}
}
