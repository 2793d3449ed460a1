package tree

import (
	"errors"
	"strings"
	"testing"
)

// texts are trees in the form that MarshalJSON writes.
var texts = []string{
	`{"list":[null,true,-5,123456789012345678901234567890,1.0,"a\"\u003c"]}`,
	`{"tuple":[{"float":"inf"},{"float":"-inf"},{"float":"nan:7ff8000000000001"},-0.0,1e+300]}`,
	`"a\ud800` + "\ud7ff" + `"`, `"\udc00"`, `"\ud800x\udc00"`, `"é😀\u2028\n"`,
	`{"dict":[["a",1],[2,null]]}`,
	`{"ordered":[["a",1]],"attributes":[["_metadata",{"dict":[]}]]}`,
	`{"dict":[[7,2]],"class":"collections.Counter"}`,
	`{"dict":[[1,null]],"class":"collections.defaultdict","attributes":[["default_factory",{"omitted":"a name, kept as its name only","class":"builtins.list"}]]}`,
	`{"tuple":[{"frozenset":[1]},{"set":[2]}]}`,
	`{"object":"argparse.Namespace","attributes":[["a",3],["b",2]]}`,
	`{"bytes":"AP8="}`, `{"bytes":"AP8=","class":"bytearray"}`, `{"scalar":"AAAAAAAA8D8=","class":"\u003cf8"}`,
	`{"tuple":[{"size":[2]},{"word":"torch.float16","class":"torch.dtype"},{"word":"cuda:1","class":"torch.device"}]}`,
	`{"dict":[["a",{"array":"a"}],["b",{"array":"b","same":"a"}]]}`,
	`{"dict":[["a",{"tensor":"a","class":"Parameter","dtype":"complex128","requires_grad":true,"part":"state"}],["b",{"tensor":"b","same":"a"}]]}`,
	`{"tensor":"w","cast":"float32"}`,
	`{"tuple":[{"list":[],"id":1},{"ref":1}]}`,
	`{"list":[{"ref":1}],"id":1}`,
	`{"tuple":[{"list":[{"ref":2}],"id":1}],"id":2}`,
	`{"ordered":[["a",{"ref":1}]],"id":1}`,
	`{"module":"shop.Net","pairs":[["weight",{"array":"weight"}],["none",null],["0",{"module":"shop.Net","pairs":[["b",{"array":"0.b"}]]}]],"attributes":[["also",{"array":"weight","same":"weight"}],["self",{"ref":1}]],"id":1}`,
	`{"object":"shop.Pair","args":[1,{"array":"1"}],"kwargs":[["a",2]],"items":[3],"pairs":[["w",4]],"states":[{"tuple":[1,2]}],"attributes":[["n",1]],"id":1}`,
	`{"sparse":"coo","shape":[2,0],"requires_grad":true,"device":"cuda:0","parts":[["indices",{"tensor":"s.indices"}]],"attributes":[["is_coalesced",true]]}`,
	`{"meta":"float32","shape":[]}`, `{"tensor":"w","device":"cuda:1","attributes":[["note","x"]]}`,
	`{"omitted":"a text of 3000000 bytes","class":"str"}`,
}

// What was written is read, and written again as it was.
func TestParse(t *testing.T) {
	for _, text := range texts {
		v, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := v.MarshalJSON()
		if err != nil || string(got) != text {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
	if v, err := Parse(" { \"list\" : [ 1 ,\t2 ] , \"id\" : 1 } \n"); err != nil || len(v.Items) != 2 || v.ID != 1 {
		t.Errorf("with white space: %v, %v", v, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", ``, "at 0x0: a value is missing"},
		{"a list without a tag", `[1]`, "without a tag"},
		{"data behind", `1 2`, "at 0x2: data behind"},
		{"an unknown tag", `{"list":[{"code":"x"}]}`, `at 0x9: unknown tag "code"`},
		{"an unknown key", `{"list":[],"hook":1}`, `unknown key "hook" of a list`},
		{"a key of another tag", `{"list":[],"same":"a"}`, `unknown key "same" of a list`},
		{"a key of an object", `{"module":"a","args":[]}`, `unknown key "args" of a module`},
		{"a size that is none", `{"meta":"float32","shape":[-1]}`, "expected a size"},
		{"a key twice", `{"tensor":"a","class":"x","class":"y"}`, "stands twice"},
		{"a pair of three", `{"dict":[[1,2,3]]}`, "a pair of 3"},
		{"a reference to nothing", `{"list":[{"ref":7}]}`, "at 0x9: there is no container with the id 7"},
		{"a reference to zero", `{"ref":0}`, "positive integer"},
		{"two of one id", `{"list":[{"list":[],"id":1},{"list":[],"id":1}]}`, "two containers have the id 1"},
		{"a tuple in itself", `{"tuple":[{"ref":1}],"id":1}`, "a tuple that holds itself"},
		{"tuples in one another", `{"tuple":[{"list":[{"tuple":[{"ref":1}],"id":2}]},{"ref":2}],"id":1}`, "holds itself"},
		{"the same as nothing", `{"tensor":"a","same":"b"}`, `no tensor "b"`},
		{"the same as itself", `{"tensor":"a","same":"a"}`, `no tensor "a"`},
		{"no base64", `{"bytes":"AP8"}`, "not base64"},
		{"a float that is none", `{"float":"nan:0"}`, "is no float"},
		{"a number that is none", `{"list":[01]}`, "is no number"},
		{"a number beyond floats", `1e999`, "is no number"},
		{"a number of many digits", strings.Repeat("9", maxDigits+1), "a number of"},
		{"a text without end", `"a`, "expected"},
		{"a control character", "\"a\nb\"", "control character"},
		{"half an escape", `"\u12"`, "four digits"},
		{"not UTF-8", "\"\xff\"", "not UTF-8"},
		{"a surrogate's bytes", "\"\xed\xa0\x80\"", "not UTF-8"},
		{"nested", strings.Repeat(`{"list":[`, maxNested+1), "nested more than"},
		{"many", `{"list":[` + strings.Repeat("1,", maxValues) + "1]}", "values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.text)
			var bad *ParseError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzParse checks that what is read can be written, and that this is then read
// and written as it stands.
func FuzzParse(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		first, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(string(first))
		if err != nil {
			t.Fatalf("%q, written as %s: %v", text, first, err)
		}
		second, err := again.MarshalJSON()
		if err != nil || string(second) != string(first) {
			t.Errorf("%s became %s, %v", first, second, err)
		}
	})
}
