package tree

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
)

// traced runs a stream that nothing is wrong with.
func traced(t testing.TB, program string) (*strings.Reader, *sym.Trace) {
	t.Helper()
	data, err := pickle.Assemble(strings.ReplaceAll(program, "; ", "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, program)
	}
	r := strings.NewReader(string(data))
	tr := sym.Run(r, 0, r.Size(), sym.Options{})
	if tr.Failure != nil {
		t.Fatalf("%v\n%s", tr.Failure, program)
	}
	return r, tr
}

// build reads the tree of a stream; calls of acme's are untrusted.
func build(t testing.TB, program string) (*Tree, error) {
	t.Helper()
	r, tr := traced(t, program)
	return Build(Input{Size: r.Size(), Root: tr.Root, Data: r, Tensors: torch.NestedResolver(r),
		Unsafe: func(n *sym.Node) bool {
			return n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Module() == "acme"
		},
		Carries: func(*sym.Node) bool { return false }})
}

// Parts of programs.
const (
	orderedDict = `GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
	array       = `GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; SHORT_BINBYTES "\x01\x02"; GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; BININT1 2; TUPLE1; UNICODE "C"; TUPLE; REDUCE; `
	polynomial  = `PROTO 2; GLOBAL "numpy.polynomial.polynomial" "Polynomial"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "coef"; ` + array + `SETITEM; `
	number      = `GLOBAL "numpy.core.multiarray" "scalar"; GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; SHORT_BINBYTES "\x01"; TUPLE2; REDUCE; `
	untrusted   = `GLOBAL "acme" "Net"; EMPTY_TUPLE; REDUCE; `
)

// equal is a dict of two arrays under two keys.
func equal(a, b string) string {
	return `EMPTY_DICT; ` + a + array + `SETITEM; ` + b + array + `SETITEM; STOP`
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ name, program, want string }{
		{"plain values", `MARK; NONE; NEWTRUE; BININT -5; LONG 123456789012345678901234567890; BINFLOAT 1; UNICODE "a\"<"; LIST; STOP`,
			`{"list":[null,true,-5,123456789012345678901234567890,1.0,"a\"\u003c"]}`},
		{"floats that JSON lacks", `MARK; BINFLOAT inf; BINFLOAT -inf; BINFLOAT bits:7ff8000000000001; BINFLOAT -0; BINFLOAT 1e300; TUPLE; STOP`,
			`{"tuple":[{"float":"inf"},{"float":"-inf"},{"float":"nan:7ff8000000000001"},-0.0,1e+300]}`},
		{"a lone surrogate", `BINUNICODE "a\xed\xa0\x80\xed\x9f\xbf"; STOP`, `"a\ud800` + "\ud7ff" + `"`},
		{"two lone surrogates", `MARK; BINUNICODE "\xed\xa0\x80\xed\xb0\x80"; BINUNICODE "\xed\xb0\x80\xed\xa0\x80"; LIST; STOP`,
			`{"list":[{"omitted":"a text in which two lone surrogates stand as one character would","class":"str"},"\udc00\ud800"]}`},
		{"a dict", `EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; BININT1 2; NONE; SETITEM; STOP`, `{"dict":[["a",1],[2,null]]}`},
		{"an ordered dict with attributes", orderedDict + `UNICODE "a"; BININT1 1; SETITEM; EMPTY_DICT; UNICODE "_metadata"; EMPTY_DICT; SETITEM; BUILD; STOP`,
			`{"ordered":[["a",1]],"attributes":[["_metadata",{"dict":[]}]]}`},
		{"an ordered dict from pairs", `GLOBAL "collections" "OrderedDict"; MARK; MARK; UNICODE "a"; BININT1 1; LIST; MARK; UNICODE "b"; BININT1 2; LIST; MARK; UNICODE "a"; BININT1 3; LIST; LIST; TUPLE1; REDUCE; STOP`,
			`{"ordered":[["a",3],["b",2]]}`},
		{"a counter", `GLOBAL "collections" "Counter"; EMPTY_DICT; BININT1 7; BININT1 2; SETITEM; TUPLE1; REDUCE; STOP`, `{"dict":[[7,2]],"class":"collections.Counter"}`},
		{"a defaultdict", `GLOBAL "collections" "defaultdict"; GLOBAL "builtins" "list"; TUPLE1; REDUCE; BININT1 1; NONE; SETITEM; STOP`,
			`{"dict":[[1,null]],"class":"collections.defaultdict","attributes":[["default_factory",{"omitted":"a name, kept as its name only","class":"builtins.list"}]]}`},
		{"records with objects", `PROTO 2; GLOBAL "numpy._core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 1; TUPLE1; GLOBAL "numpy" "dtype"; UNICODE "V16"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; UNICODE "a"; UNICODE "o"; TUPLE2; EMPTY_DICT; UNICODE "a"; GLOBAL "numpy" "dtype"; UNICODE "i8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "<"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; BININT1 0; TUPLE2; SETITEM; UNICODE "o"; GLOBAL "numpy" "dtype"; UNICODE "O8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 63; TUPLE; BUILD; BININT1 8; TUPLE2; SETITEM; BININT1 16; BININT1 1; BININT1 27; TUPLE; BUILD; NEWFALSE; EMPTY_LIST; BININT1 7; UNICODE "x"; TUPLE2; APPEND; TUPLE; BUILD; STOP`,
			`{"object":"numpy.ndarray","attributes":[["shape",{"tuple":[1]}],["items",{"list":[{"tuple":[7,"x"]}]}],["dtype",{"word":"{\"names\":[\"a\",\"o\"],\"formats\":[\"\u003ci8\",\"|O8\"],\"offsets\":[0,8],\"itemsize\":16}","class":"numpy.dtype"}]]}`},
		{"sets", `PROTO 4; MARK; BININT1 1; FROZENSET; EMPTY_SET; MARK; BININT1 2; ADDITEMS; TUPLE2; STOP`, `{"tuple":[{"frozenset":[1]},{"set":[2]}]}`},
		{"a set below protocol 4", `GLOBAL "__builtin__" "set"; MARK; BININT1 1; LIST; TUPLE1; REDUCE; STOP`, `{"set":[1]}`},
		{"a set with equal elements, made by a call", `GLOBAL "builtins" "set"; MARK; BININT1 1; NEWTRUE; BINFLOAT 1; UNICODE "a"; UNICODE "a"; TUPLE; TUPLE1; REDUCE; STOP`, `{"set":[1,"a"]}`},
		{"a list made by a call, shared", `GLOBAL "builtins" "list"; EMPTY_TUPLE; TUPLE1; REDUCE; BINPUT 0; BINGET 0; TUPLE2; STOP`, `{"tuple":[{"list":[],"id":1},{"ref":1}]}`},
		{"a namespace with two states", `PROTO 2; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; UNICODE "b"; BININT1 2; SETITEM; BUILD; EMPTY_DICT; UNICODE "a"; BININT1 3; SETITEM; BUILD; STOP`,
			`{"object":"argparse.Namespace","attributes":[["a",3],["b",2]]}`},
		{"bytes", `SHORT_BINBYTES "\x00\xff"; STOP`, `{"bytes":"AP8="}`},
		{"bytes below protocol 3", `GLOBAL "_codecs" "encode"; UNICODE "é"; UNICODE "latin1"; TUPLE2; REDUCE; STOP`, `{"bytes":"6Q=="}`},
		{"a bytearray below protocol 5", `GLOBAL "__builtin__" "bytearray"; GLOBAL "_codecs" "encode"; UNICODE "é"; UNICODE "latin1"; TUPLE2; REDUCE; TUPLE1; REDUCE; STOP`, `{"bytes":"6Q==","class":"bytearray"}`},
		{"torch's words", `MARK; GLOBAL "torch" "Size"; BININT1 2; TUPLE1; TUPLE1; REDUCE; GLOBAL "torch" "float16"; GLOBAL "torch" "device"; UNICODE "cuda"; BININT1 1; TUPLE2; REDUCE; TUPLE; STOP`,
			`{"tuple":[{"size":[2]},{"word":"torch.float16","class":"torch.dtype"},{"word":"cuda:1","class":"torch.device"}]}`},
		{"an array", `EMPTY_DICT; UNICODE "w"; ` + array + `SETITEM; STOP`, `{"dict":[["w",{"array":"w"}]]}`},
		{"an array twice", array + `BINPUT 0; EMPTY_DICT; UNICODE "a"; BINGET 0; SETITEM; UNICODE "b"; BINGET 0; SETITEM; STOP`, `{"dict":[["a",{"array":"a"}],["b",{"array":"b","same":"a"}]]}`},
		{"a namespace", `PROTO 2; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "lr"; BINFLOAT 0.5; SETITEM; BUILD; STOP`, `{"object":"argparse.Namespace","attributes":[["lr",0.5]]}`},
		{"a namespace below protocol 2", `GLOBAL "copyreg" "_reconstructor"; GLOBAL "argparse" "Namespace"; GLOBAL "builtins" "object"; NONE; TUPLE3; REDUCE; STOP`, `{"object":"argparse.Namespace"}`},
		{"untrusted", `EMPTY_DICT; UNICODE "a"; ` + untrusted + `SETITEM; UNICODE "b"; BININT1 1; SETITEM; STOP`,
			`{"dict":[["a",{"omitted":"made by acme.Net, which may not be trusted","class":"acme.Net"}],["b",1]]}`},
		{"a shared list", `EMPTY_LIST; BINPUT 0; BINGET 0; TUPLE2; STOP`, `{"tuple":[{"list":[],"id":1},{"ref":1}]}`},
		{"a list in itself", `EMPTY_LIST; BINPUT 0; BINGET 0; APPEND; STOP`, `{"list":[{"ref":1}],"id":1}`},
		{"a mapping in itself", orderedDict + `BINPUT 0; UNICODE "a"; BINGET 0; SETITEM; STOP`, `{"ordered":[["a",{"ref":1}]],"id":1}`},
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
			if !json.Valid(text) {
				t.Error("that is no JSON")
			}
		})
	}
}

// Tensors are named by their path; what has no name is refused, not lost.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		name, program    string
		tensors, refused []string
	}{
		{"bare", array + `STOP`, []string{""}, nil},
		{"keys and indexes", `EMPTY_DICT; UNICODE "a.b"; MARK; NONE; ` + array + `LIST; SETITEM; BININT -1; ` + array + `SETITEM; STOP`, []string{"a.b.1", "-1"}, nil},
		{"two paths", `EMPTY_DICT; BINPUT 1; UNICODE "w"; ` + array + `SETITEM; POP; EMPTY_DICT; UNICODE "a"; BINGET 1; SETITEM; UNICODE "b"; BINGET 1; SETITEM; STOP`, []string{"a.w", "b.w"}, nil},
		{"a tuple as key", `EMPTY_DICT; BININT1 1; TUPLE1; ` + array + `SETITEM; STOP`, []string{"(1,)"}, nil},
		{"keys as Python writes them", `EMPTY_DICT; NONE; ` + array + `SETITEM; NEWTRUE; ` + array + `SETITEM; BINFLOAT 1e-5; ` + array + `SETITEM; BINFLOAT 1e16; ` + array + `SETITEM; BINFLOAT 123456.0; ` + array + `SETITEM; UNICODE "a"; BINFLOAT 0.5; TUPLE2; ` + array + `SETITEM; STOP`,
			[]string{"None", "True", "1e-05", "1e+16", "123456.0", "('a', 0.5)"}, nil},
		{"a tuple of a text that Python quotes otherwise", `EMPTY_DICT; UNICODE "it's"; TUPLE1; ` + array + `SETITEM; STOP`, nil, []string{"?"}},
		{"a bool as key", `EMPTY_DICT; NEWTRUE; ` + array + `SETITEM; UNICODE "w"; ` + array + `SETITEM; STOP`, []string{"True", "w"}, nil},
		{"an object as key", `EMPTY_DICT; GLOBAL "decimal" "Decimal"; UNICODE "1"; TUPLE1; REDUCE; NONE; SETITEM; UNICODE "w"; ` + array + `SETITEM; STOP`, nil, []string{"?"}},
		{"an item of an object", `PROTO 2; GLOBAL "collections" "deque"; EMPTY_TUPLE; REDUCE; ` + array + `APPEND; STOP`, []string{"0"}, nil},
		{"filled in two ways", `GLOBAL "collections" "OrderedDict"; MARK; MARK; UNICODE "a"; ` + array + `LIST; LIST; TUPLE1; REDUCE; UNICODE "b"; NONE; SETITEM; STOP`, nil, []string{""}},
		{"a deque longer than it may be", `GLOBAL "collections" "deque"; EMPTY_TUPLE; BININT1 1; TUPLE2; REDUCE; MARK; ` + array + array + `APPENDS; STOP`, nil, []string{""}},
		{"a deque that is given more than its length", `GLOBAL "collections" "deque"; MARK; ` + array + array + `LIST; NEWTRUE; TUPLE2; REDUCE; STOP`, nil, []string{""}},
		{"a full deque", `GLOBAL "collections" "deque"; EMPTY_TUPLE; BININT1 2; TUPLE2; REDUCE; MARK; ` + array + array + `APPENDS; STOP`, []string{"0", "1"}, nil},
		{"a polynomial", polynomial + `BUILD; STOP`, []string{"coef"}, nil},
		{"a polynomial with two states", polynomial + `BUILD; EMPTY_DICT; BUILD; STOP`, nil, []string{""}},
		{"a polynomial whose state is changed later", polynomial + `BINPUT 0; BUILD; BINGET 0; UNICODE "coef"; NONE; SETITEM; POP; STOP`, nil, []string{""}},
		{"a bunch", `GLOBAL "sklearn.utils._bunch" "Bunch"; EMPTY_TUPLE; NEWOBJ; UNICODE "y"; ` + array + `SETITEM; EMPTY_DICT; UNICODE "x"; ` + array + `SETITEM; BUILD; STOP`, []string{"y"}, nil},
		{"the number 1 twice", equal(`BININT1 1; `, `BINFLOAT 1; `), []string{"1"}, nil},
		{"numpy's 1 and 1", equal(number, `BININT1 1; `), nil, []string{""}},
		{"numpy's 1 and 2", equal(number, `BININT1 2; `), []string{"1", "2"}, nil},
		{"numpy's 1 and a float of 1", equal(number, `BINFLOAT 1; `), nil, []string{""}},
		{"numpy's 1 and 1 in tuples", equal(number+`TUPLE1; `, `BININT1 1; TUPLE1; `), nil, []string{""}},
		{"numpy's 1 and 2 in tuples", equal(number+`TUPLE1; `, `BININT1 2; TUPLE1; `), nil, []string{"?", "?"}},
		{"a complex 1 and 1", equal(`GLOBAL "builtins" "complex"; BININT1 1; BININT1 0; TUPLE2; REDUCE; `, `BININT1 1; `), nil, []string{""}},
		{"a date twice", equal(`GLOBAL "datetime" "date"; BINBYTES "abcd"; TUPLE1; REDUCE; `, `GLOBAL "datetime" "date"; BINBYTES "abcd"; TUPLE1; REDUCE; `), nil, []string{""}},
		{"untrusted as the whole", untrusted + `STOP`, nil, []string{""}},
		{"nested deeper than is walked", strings.Repeat("EMPTY_LIST; ", 300) + array + strings.Repeat("APPEND; ", 300) + `STOP`, nil, []string{"0.0.0.0.0.0.0.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := build(t, c.program)
			if err != nil {
				t.Fatal(err)
			}
			var tensors, refused []string
			for _, n := range got.Tensors {
				tensors = append(tensors, n.Name)
			}
			for _, m := range got.Refused {
				refused = append(refused, m.Path)
			}
			if !slices.Equal(tensors, c.tensors) || !slices.Equal(refused, c.refused) {
				t.Errorf("tensors %q, refused %q, want %q, %q", tensors, refused, c.tensors, c.refused)
			}
		})
	}
}

// A key that is too long to be held with the graph is a name as any other, unless
// another equals it, of which Python keeps one.
func TestLongKey(t *testing.T) {
	item := func(key string) string { return `BINUNICODE "` + key + `"; ` + array + `SETITEM; ` }
	long := strings.Repeat("a", 5000)
	got, err := build(t, `EMPTY_DICT; `+item(long)+item("b")+item(long+"b")+`STOP`)
	if err != nil || len(got.Refused) != 0 || len(got.Tensors) != 3 || got.Tensors[0].Name != long || got.Tensors[2].Name != long+"b" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, keys := range map[string]string{"two that are equal": item(long) + item(long), "too many": item(strings.Repeat(long, 300))} {
		got, err := build(t, `EMPTY_DICT; `+keys+item("b")+`STOP`)
		if err != nil || len(got.Tensors) != 0 || len(got.Refused) == 0 || !strings.Contains(got.Refused[0].Reason, "give it shorter ones") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Hostile graphs end in an error, and soon.
func TestLimits(t *testing.T) {
	for name, program := range map[string]string{
		"billion laughs of tuples":  `EMPTY_TUPLE; ` + strings.Repeat(`DUP; TUPLE2; `, 60) + `STOP`,
		"billion laughs of tensors": array + strings.Repeat(`DUP; TUPLE2; `, 60) + `STOP`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := build(t, program); err == nil {
				t.Errorf("%d tensors", len(got.Tensors))
			}
		})
	}
	// Lists without tensors are walked once.
	if got, err := build(t, `EMPTY_LIST; `+strings.Repeat(`BINPUT 0; POP; MARK; BINGET 0; BINGET 0; LIST; `, 60)+`STOP`); err != nil || got.Root.ID != 0 || len(got.Root.Items) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	// An object that holds itself has no path that grows.
	if _, err := build(t, `GLOBAL "collections" "deque"; EMPTY_TUPLE; REDUCE; BINPUT 0; BINGET 0; APPEND; STOP`); err != nil {
		t.Error(err)
	}
}

// What a class makes of its state when it is loaded is refused, or said.
func TestRestored(t *testing.T) {
	optimizer := func(class, step string) string {
		return `PROTO 2; GLOBAL "torch.optim.` + class + `"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "state"; EMPTY_DICT; BININT1 0; EMPTY_DICT; UNICODE "step"; ` + step + `SETITEM; SETITEM; SETITEM; BUILD; STOP`
	}
	// nodes of a tree: a type of two fields, the last of which is that of today's.
	nodes := func(index, size string) string {
		field := func(name, code, at string) string {
			return `UNICODE "` + name + `"; GLOBAL "numpy" "dtype"; UNICODE "` + code + `"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; BININT1 ` + at + `; TUPLE2; SETITEM; `
		}
		return `PROTO 2; GLOBAL "sklearn.ensemble._hist_gradient_boosting.predictor" "TreePredictor"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "nodes"; ` +
			`GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; SHORT_BINBYTES "12345678"; GLOBAL "numpy" "dtype"; UNICODE "V8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; ` +
			`MARK; BININT1 3; UNICODE "|"; NONE; UNICODE "feature_idx"; UNICODE "bitset_idx"; TUPLE2; EMPTY_DICT; ` + field("feature_idx", index, "0") + field("bitset_idx", "i4", size) +
			`BININT1 8; BININT1 1; BININT1 0; TUPLE; BUILD; BININT1 1; TUPLE1; UNICODE "C"; TUPLE; REDUCE; SETITEM; BUILD; STOP`
	}
	for _, c := range []struct{ name, program, said string }{
		{"an optimizer with a number of steps", optimizer(`adam" "Adam`, "BININT1 3; "), "numbers of steps as tensors"},
		{"an optimizer that keeps the number", optimizer(`sparse_adam" "SparseAdam`, "BININT1 3; "), ""},
		{"nodes of another machine", nodes("i4", "4"), "a type that scikit-learn casts"},
		{"a bunch that throws its state away", `PROTO 2; GLOBAL "sklearn.utils._bunch" "Bunch"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "x"; NONE; SETITEM; BUILD; STOP`, "throws them away"},
		{"a bunch as scikit-learn writes it", `PROTO 2; GLOBAL "sklearn.utils._bunch" "Bunch"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_deprecated_key_to_warnings"; EMPTY_DICT; SETITEM; BUILD; STOP`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := build(t, c.program)
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, m := range append(got.Refused, got.Omitted...) {
				if !strings.Contains(m.Reason, "only the name is kept") {
					said += m.Reason
				}
			}
			if (c.said == "") != (said == "") || !strings.Contains(said, c.said) {
				t.Errorf("said %q, want %q", said, c.said)
			}
		})
	}
}
