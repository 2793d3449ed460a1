package tree

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// A file may hold the tensors of an object once more, under names that the tree does
// not have; not other tensors.
func TestTwice(t *testing.T) {
	root := `{"dict":[["a",{"object":"x.Random","args":[{"object":"x.Bits","attributes":[["key",{"array":"a.args.0.key"}]]}],"id":1}],["b",{"ref":1}]]}`
	for _, c := range []struct{ name, again, want string }{
		{"b.args.0.key", "x", ""},
		{"b.args.0.key", "y", "the tree does not know"},
		{"b.args.0.other", "x", "the tree does not know"},
	} {
		v, err := Parse(root)
		if err != nil {
			t.Fatal(err)
		}
		held := Holding{}
		for name, text := range map[string]string{"a.args.0.key": "x", c.name: c.again} {
			held.Tensors = append(held.Tensors, tensor.Tensor{Name: name, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1},
				Storage: &tensor.Storage{Key: name, Size: 1, Data: strings.NewReader(text)}})
		}
		got, err := Join(v, held, nil)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s %s: %v", c.name, c.again, err)
		case c.want == "" && (err != nil || len(got.Tensors) != 2 || got.Tensors[1].Name != c.name):
			t.Errorf("%s %s: %v, %v", c.name, c.again, got, err)
		}
	}
}
