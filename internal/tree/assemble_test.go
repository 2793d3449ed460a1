package tree

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// piece is a tree with one tensor in it, or a list that is referred to.
func piece(kind string, path ...string) Piece {
	var p Piece
	for _, k := range path {
		text, isIndex := strings.CutPrefix(k, "#")
		p.Path = append(p.Path, tensor.Key{Text: text, Int: isIndex})
	}
	if kind == "tensor" {
		v := &Value{Tag: TagTensor}
		p.Tree = &Tree{Root: v, Tensors: []Named{{Value: v}}}
		return p
	}
	p.Tree = &Tree{Root: &Value{Tag: TagTuple, Items: []*Value{{Tag: TagList, ID: 1}, {Tag: TagRef, Ref: 1}}},
		Omitted: []Missing{{Path: "0", Reason: "x"}, {Reason: "y"}}}
	return p
}

func TestAssemble(t *testing.T) {
	got, err := Assemble([]Piece{piece("tensor", "a", "w"), piece("refs", "list", "#1"), piece("refs", "list", "#0"), piece("tensor", "a", "b.c")})
	if err != nil {
		t.Fatal(err)
	}
	json, err := got.Root.MarshalJSON()
	want := `{"dict":[["a",{"dict":[["w",{"tensor":"a.w"}],["b.c",{"tensor":"a.b.c"}]]}],` +
		`["list",{"list":[{"tuple":[{"list":[],"id":2},{"ref":2}]},{"tuple":[{"list":[],"id":1},{"ref":1}]}]}]]}`
	if err != nil || string(json) != want {
		t.Errorf("got %s, %v", json, err)
	}
	var paths []string
	for _, o := range got.Omitted {
		paths = append(paths, o.Path)
	}
	if s := strings.Join(paths, " "); s != "list.1.0 list.1 list.0.0 list.0" {
		t.Errorf("omitted: %s", s)
	}
	if len(got.Tensors) != 2 || got.Tensors[1].Name != "a.b.c" || len(got.Tensors[1].Path) != 2 {
		t.Errorf("%+v", got.Tensors)
	}
}

func TestAssembleRefuses(t *testing.T) {
	for want, pieces := range map[string][]Piece{
		"there twice":                   {piece("tensor", "a"), piece("tensor", "a")},
		"below another value":           {piece("tensor", "a"), piece("tensor", "a", "b")},
		`"a" is there twice`:            {piece("tensor", "a", "b"), piece("tensor", "a")},
		"below a list and":              {piece("tensor", "a", "#0"), piece("tensor", "a", "b")},
		"a list of more than 999999999": {piece("tensor", "a", "#999999999")},
		"no name":                       {piece("tensor")},
	} {
		if _, err := Assemble(pieces); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestMerge(t *testing.T) {
	shard := func(names ...string) *Tree {
		var pieces []Piece
		for _, n := range names {
			pieces = append(pieces, piece("refs", n), piece("tensor", n+"2"))
		}
		out, err := Assemble(pieces)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got, err := Merge([]*Tree{shard("a", "b"), shard("c")})
	if err != nil {
		t.Fatal(err)
	}
	json, _ := got.Root.MarshalJSON()
	for _, want := range []string{`{"list":[],"id":3},{"ref":3}`, `["c2",{"tensor":"c2"}]`} {
		if !strings.Contains(string(json), want) {
			t.Errorf("no %s in %s", want, json)
		}
	}
	if got.Shards != 2 || got.Tensors[1].Shard != 1 || got.Tensors[2].Shard != 2 {
		t.Errorf("%+v", got.Tensors)
	}
	if _, err := Merge([]*Tree{shard("a"), shard("b", "a")}); err == nil || err.Error() != `"a" is in shard 1 and in shard 2` {
		t.Errorf("got %v", err)
	}
	if _, err := Merge([]*Tree{shard("a"), {Root: &Value{Tag: TagList}}}); err == nil {
		t.Error("a list is taken for a shard")
	}
}

// A name that is not that of the place needs an explanation.
func TestExplained(t *testing.T) {
	of := func(name string) tensor.Tensor {
		return tensor.Tensor{Name: name, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1}, Storage: &tensor.Storage{Key: name, Size: 1, Data: strings.NewReader("x")}}
	}
	for _, c := range []struct {
		tree, changes string
		ok            bool
	}{
		{`{"dict":[["a",{"tensor":"a"}],["b",{"tensor":"b"}]]}`, ``, true},
		{`{"dict":[["model",{"ordered":[["a",{"tensor":"a"}],["b",{"tensor":"b"}]]}]]}`, ``, true},
		{`{"dict":[["a",{"tensor":"b"}],["b",{"tensor":"a"}]]}`, ``, false},
		{`{"object":"x","attributes":[["a",{"tensor":"b"}],["b",{"tensor":"a"}]]}`, ``, false},
		{`{"object":"x","attributes":[["columns",{"tensor":"b"}],["index",{"tensor":"a"}]]}`, ``, true},
		{`{"dict":[["a",{"tensor":"b"}],["b",{"tensor":"a"}]]}`, `{"rename":[["a","b"],["b","a"]]}`, true},
		{`{"dict":[["x",{"tensor":"b"}],["a",{"tensor":"a"}]]}`, `{"rename":[["y","b"]]}`, false},
		{`{"dict":[["module.net.a",{"tensor":"a"}],["module.b",{"tensor":"b"}]]}`, `{"strip_prefix":["net.","module."]}`, true},
		{`{"dict":[["module.a",{"tensor":"a"}],["b",{"tensor":"b"}]]}`, `{"strip_prefix":["net."]}`, false},
	} {
		root, err := Parse(c.tree)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Join(root, Holding{Tensors: []tensor.Tensor{of("a"), of("b")}, Changes: c.changes}, nil); (err == nil) != c.ok {
			t.Errorf("%s, %s: %v", c.tree, c.changes, err)
		}
	}
}
