package pytorch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// joined is the tree of a JSON text over a file that holds tensors of one byte.
func joined(t *testing.T, text string, names ...string) *tree.Tree {
	t.Helper()
	root, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var held tree.Holding
	for _, name := range names {
		held.Tensors = append(held.Tensors, tensor.Tensor{Name: name, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1},
			Storage: &tensor.Storage{Key: name, Size: 1, Data: strings.NewReader("x")}})
	}
	out, err := tree.Join(root, held, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What one module holds has its place under every name that the file has it
// under, and a tensor's first place is the one that a reader comes by first.
func TestShared(t *testing.T) {
	const layer = `{"module":"b.Layer","pairs":[["w",{"tensor":"NAME"}]],"id":1}`
	for _, c := range []struct {
		name, from string
		names      []string
		want       []string
	}{
		{"a module under two keys", `{"dict":[["model",{"module":"a.Net","pairs":[["enc",{"module":"b.Layer","pairs":[["w",{"tensor":"model.enc.w"}]]}]],"id":1}],["ema",{"ref":1}]]}`,
			[]string{"model.enc.w", "ema.enc.w"}, []string{`["enc.w",{"tensor":"model.enc.w"}]`, `["ema",{"ref":1}]`}},
		{"a module in an attribute too", `{"module":"a.Net","pairs":[["enc",` + strings.Replace(layer, "NAME", "enc.w", 1) + `]],"attributes":[["other",{"list":[{"ref":1}]}]]}`,
			[]string{"enc.w"}, []string{`["enc.w",{"tensor":"enc.w"}]`, `"same":"enc.w"`}},
		{"a part that is an attribute", `{"dict":[["x",{"nested":"jagged","shape":[1],"parts":[["values",{"tensor":"x.values"}]],"attributes":[["_values",{"tensor":"x.values","same":"x.values"}],["c",{"dict":[["v",{"tensor":"x.values","same":"x.values"}]]}]]}]]}`,
			[]string{"x.values"}, []string{`["_values",{"tensor":"x.attributes._values","same":"x.parts.values"}]`, `["v",{"tensor":"x.attributes.c.v","same":"x.parts.values"}]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts, err := Plan(joined(t, c.from, c.names...), conversion.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := parts[0].Tensors.Len(); n != len(c.names) {
				t.Errorf("%d tensors are accounted for, the file has %d", n, len(c.names))
			}
			text, err := json.Marshal(parts[0].Expect.Root)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("%s has no %s", text, want)
				}
			}
		})
	}
}
