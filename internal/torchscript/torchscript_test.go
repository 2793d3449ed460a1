package torchscript

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func references(src string) (out []string) {
	names := map[Kind]string{Operator: "operator", Member: "member", Method: "method", Call: "call", NativeClass: "class", PythonOp: "python", Namespace: "namespace"}
	Walk([]byte(src), func(r Reference) { out = append(out, names[r.Kind]+" "+r.Name) })
	return out
}

func TestWalk(t *testing.T) {
	for src, want := range map[string][]string{
		"torch.add(x, 1)":                            {"operator aten::add"},
		"ops.prim.RaiseException(\"torch.save\")":    {"operator prim::RaiseException"},
		"y = self.weight # torch.save":               {"member weight"},
		"(_0).forward(x, )":                          {"method forward"},
		"t = torch":                                  {"namespace torch"},
		"t = ops.aten":                               {"namespace ops.aten"},
		"torch.autograd.grad(x)":                     {"operator aten::grad"},
		"getattr(self, \"0\")":                       {"member 0"},
		"getattr(f(\"a\"), \"b\")":                   {"member b"},
		"getattr(x[\"k\"], \"a\" \"b\")":             {"member a", "member "},
		"getattr(x, \"\\x61\")":                      {"member "},
		"__torch__.a.Net.__new__(__torch__.a.Net)":   {"member __new__"},
		"p : __torch__.torch.classes.quantized.Base": {"class __torch__.torch.classes.quantized.Base"},
		"^Function()(x)":                             {"python Function", "call "},
		"1..a(x)":                                    {"method a"},
		"1.5e3 + 2":                                  nil,
		"torch . # why\n  add(x)":                    {"operator aten::add"},
		"'''a\n''' + torch.add":                      {"operator aten::add"},
		"'it\\'s' + torch.add":                       {"operator aten::add"},
		"\"open\n torch.add(x)":                      {"operator aten::add"},
		"def torch.add":                              {"operator aten::add"},
	} {
		if diff := cmp.Diff(want, references(src)); diff != "" {
			t.Errorf("%q: %s", src, diff)
		}
	}
}

func TestDefine(t *testing.T) {
	var d Definitions
	d.Define(Module("code/__torch__/a.py"), []byte("class Net(Module):\n  def forward(self):\n    pass\nclass Color(Enum):\n  RED = 1\n"))
	want := Definitions{Classes: map[string]bool{"__torch__.a.Net": true, "__torch__.a.Color": true}, Defs: map[string]bool{"forward": true},
		Members: map[string]*Class{"__torch__.a.Color": {}, "__torch__.a.Net": {Module: true}}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	for record, want := range map[string]string{"code/__torch__.py": "__torch__", "code/a/b.py": "a.b", "extra/a.py": "", "code/a.pkl": ""} {
		if got := Module(record); got != want {
			t.Errorf("%s: %q", record, got)
		}
	}
}

// References lie inside the source, in order, and a name that stands before
// anything is found whatever follows it.
func FuzzWalk(f *testing.F) {
	f.Add([]byte("x = torch.add(getattr(self, \"0\"), 1.5e3)"))
	f.Add([]byte("'''a''' # b\n^F()(x)[0](y)"))
	f.Fuzz(func(t *testing.T, src []byte) {
		last := int64(0)
		Walk(src, func(r Reference) {
			if r.Start < 0 || r.Start > r.End || r.End > int64(len(src)) || r.End < last {
				t.Fatalf("%v of %d behind %d", r, len(src), last)
			}
			last = r.End
		})
		var d Definitions
		d.Define("m", src)
		for _, tail := range []string{"", "\n"} {
			first := ""
			Walk([]byte("torch.save(x)\n"+tail+string(src)), func(r Reference) {
				if first == "" {
					first = fmt.Sprint(r.Kind, r.Name)
				}
			})
			if first != fmt.Sprint(Operator, "aten::save") {
				t.Fatalf("%q", first)
			}
		}
	})
}

// TestMembers: which attributes of a class are parameters and buffers.
func TestMembers(t *testing.T) {
	tests := []struct {
		name, src string
		want      Class
	}{
		{"both", `class N(Module):
  __parameters__ = ["weight", "0", ]
  __buffers__ = ["b", ]
  weight : Tensor
`, Class{Module: true, Parameters: []string{"weight", "0"}, Buffers: []string{"b"}}},
		{"none", "class N(Module):\n  __parameters__ = []\n  __buffers__ = []\n", Class{Module: true, Parameters: []string{}, Buffers: []string{}}},
		{"no module", "class N:\n  x : int\n", Class{}},
		{"twice", "class N(Module):\n  __parameters__ = [\"a\"]\n  __parameters__ = [\"b\"]\n", Class{Module: true, Parameters: []string{"a"}, Odd: true}},
		{"put together", "class N(Module):\n  __parameters__ = [\"a\" + \"b\"]\n", Class{Module: true, Parameters: []string{"a"}, Odd: true}},
		{"escaped", "class N(Module):\n  __parameters__ = [\"\\x61\"]\n", Class{Module: true, Parameters: []string{}, Odd: true}},
		{"cut off", "class N(Module):\n  __parameters__ = [\"a\",", Class{Module: true, Parameters: []string{"a"}, Odd: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Definitions
			d.Define("m", []byte(tt.src))
			if diff := cmp.Diff(&tt.want, d.Members["m.N"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
