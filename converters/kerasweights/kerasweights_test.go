package kerasweights_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/convertertest"
	"github.com/modelaudit/action/converters/kerasweights"
	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/keras/weights"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

func TestConformance(t *testing.T) {
	for target, legacy := range map[string]bool{kerasweights.Target: false, kerasweights.Legacy: true} {
		t.Run(target, func(t *testing.T) { convertertest.RunKeras(t, target, legacy) })
	}
}

// model is a tree of weights with the names given, and what JSON says beside them.
func model(t *testing.T, beside string, names ...string) *tree.Tree {
	t.Helper()
	root, err := tree.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	out := &tree.Tree{Root: root}
	list := &tree.Value{Tag: tree.TagDict}
	for i, name := range names {
		path := []tensor.Key{{Text: "weights"}, {Text: name}}
		v := &tree.Value{Tag: tree.TagTensor, Text: tree.Name(path)}
		list.Pairs = append(list.Pairs, [2]*tree.Value{{Plain: name}, v})
		s := &tensor.Storage{Key: fmt.Sprint(i), Size: 1, Data: bytes.NewReader([]byte{byte(i)})}
		view := tensor.Tensor{Name: tree.Name(path), Path: path, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1}, Storage: s}
		out.Tensors = append(out.Tensors, tree.Named{View: torch.View{Tensor: view, Class: "Tensor"}, Dict: true, Value: v})
	}
	root.Pairs = append(root.Pairs, [2]*tree.Value{{Plain: "weights"}, list})
	return out
}

// TestPlaces: a weight lies where Keras looks for it, whatever its name is now.
func TestPlaces(t *testing.T) {
	long := make([]string, 2000)
	for i := range long {
		long[i] = fmt.Sprintf("l/%060d", i)
	}
	listed := `{"dict":[["layer_names",{"dict":[["l",{"list":["` + strings.Join(long, `","`) + `"]}]]}]]}`
	for name, test := range map[string]struct {
		from *tree.Tree
		opt  conversion.Options
		want string // paths of datasets
	}{
		"by its name":      {model(t, `{"dict":[]}`, "layers.dense.vars.0", "vars.0"), conversion.Options{}, "/layers/dense/vars/0 /vars/0"},
		"a name with dots": {model(t, `{"dict":[["paths",{"dict":[["weights.layers.a.vars.b.c","layers/a/vars/b.c"]]}]]}`, "layers.a.vars.b.c"), conversion.Options{}, "/layers/a/vars/b.c"},
		"renamed":          {model(t, `{"dict":[]}`, "layers.a.vars.0"), conversion.Options{Renames: []conversion.Rename{{Old: "layers.a.vars.0", New: "layers.b.vars.0"}}}, "/layers/b/vars/0"},
		"older form": {model(t, `{"dict":[["layer_names",{"dict":[["a/b",{"list":["a/b/w:0"]}],["a",{"list":["a/v"]}]]}]]}`, "a/b/w:0", "a/v"),
			conversion.Options{To: kerasweights.Legacy}, "/a/b/a/b/w:0 /a/a/v"},
		"older form, left out": {model(t, `{"dict":[["layer_names",{"dict":[["a",{"list":["a/w","a/v"]}]]}]]}`, "a/w", "a/v"),
			conversion.Options{To: kerasweights.Legacy, Exclude: conversion.Names{"a/w"}}, "/a/a/v"},
		"lists longer than an attribute": {model(t, listed, long...), conversion.Options{To: kerasweights.Legacy}, "/l/" + strings.Join(long, " /l/")},
	} {
		plan := kerasweights.Plan
		if test.opt.To == kerasweights.Legacy {
			plan = kerasweights.PlanLegacy
		}
		parts, err := plan(test.from, test.opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		if _, err := parts[0].WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		f, err := hdf5.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), safeio.Limits{})
		if err != nil || len(f.Problems) > 0 {
			t.Fatal(err, f.Problems)
		}
		back, err := weights.Tree(f, nil)
		if err != nil || len(back.Refused) > 0 || len(back.Tensors) != len(parts[0].Expect.Tensors) {
			t.Fatal(err, back)
		}
		there := map[string]bool{}
		for _, o := range f.Objects {
			if o.Kind == hdf5.Dataset {
				there[o.Path] = true
			}
		}
		for _, want := range strings.Fields(test.want) {
			if !there[want] {
				t.Errorf("%s: %s is missing from %v", name, want, there)
			}
		}
		if want := len(strings.Fields(test.want)); len(there) != want {
			t.Errorf("%s: %d datasets, want %d", name, len(there), want)
		}
	}
}

// TestRefused: what Keras would not find is refused, and why is said.
func TestRefused(t *testing.T) {
	many, deep := make([]string, 50_001), make([]string, 36_000)
	for i := range many {
		many[i] = fmt.Sprintf("vars.%d", i)
	}
	for i := range deep {
		deep[i] = fmt.Sprintf("layers.%d.vars.0", i)
	}
	const layers = `{"dict":[["layer_names",{"dict":[["a",{"list":["a/w"]}]]}]]}`
	for name, test := range map[string]struct {
		from *tree.Tree
		opt  conversion.Options
		want string
	}{
		"weights of torch":         {model(t, `{"dict":[]}`, "fc.weight"), conversion.Options{}, `"fc.weight" is no name of a weight of Keras`},
		"no number":                {model(t, `{"dict":[]}`, "layers.a.vars"), conversion.Options{}, "is no name of a weight"},
		"a weight below another":   {model(t, `{"dict":[]}`, "a.vars.0", "a.vars.0.b"), conversion.Options{}, "other weights lie below it"},
		"two at one place":         {model(t, `{"dict":[["paths",{"dict":[["weights.b.vars.1","a/vars/0"]]}]]}`, "a.vars.0", "b.vars.1"), conversion.Options{}, "two weights"},
		"a step that is nothing":   {model(t, `{"dict":[]}`, "a..vars.0"), conversion.Options{}, "cannot stand in a group"},
		"very deep":                {model(t, `{"dict":[]}`, strings.Repeat("a.", 1<<20)+"vars.0"), conversion.Options{}, "more than 64 parts"},
		"very deep layers":         {model(t, `{"dict":[["names",{"dict":[["`+strings.Repeat("a.", 1<<10)+`","x"]]}]]}`, "a.vars.0"), conversion.Options{}, "more than 64 parts"},
		"very many":                {model(t, `{"dict":[]}`, many...), conversion.Options{}, "50001 tensors"},
		"very many groups":         {model(t, `{"dict":[]}`, deep...), conversion.Options{}, "more than 70000 groups"},
		"shards":                   {model(t, `{"dict":[]}`, "a.vars.0"), conversion.Options{MaxShardSize: 1}, "cannot be cut"},
		"the older form's names":   {model(t, layers, "a/w"), conversion.Options{}, "--to h5"},
		"Keras 3's names":          {model(t, `{"dict":[]}`, "a.vars.0"), conversion.Options{To: kerasweights.Legacy}, "--to weights.h5"},
		"without layers":           {model(t, `{"dict":[]}`, "a/w"), conversion.Options{To: kerasweights.Legacy}, "which weights belong to which layer"},
		"in no layer":              {model(t, layers, "a/w", "b/w"), conversion.Options{To: kerasweights.Legacy}, `--exclude`},
		"half in the older form":   {model(t, layers, "a/w"), conversion.Options{To: kerasweights.Legacy, DType: tensor.BF16}, ""},
		"a layer listed twice":     {model(t, `{"dict":[["layer_names",{"dict":[["a",{"list":["a/w"]}],["a",{"list":[]}]]}]]}`, "a/w"), conversion.Options{To: kerasweights.Legacy}, "twice"},
		"a name too long to list":  {model(t, `{"dict":[["layer_names",{"dict":[["a",{"list":["a/`+strings.Repeat("w", 70000)+`"]}]]}]]}`, "a/"+strings.Repeat("w", 70000)), conversion.Options{To: kerasweights.Legacy}, "longer than Keras takes"},
		"a layer inside a weight":  {model(t, `{"dict":[["layer_names",{"dict":[["a",{"list":["a/w"]}],["a/a/w",{"list":[]}]]}]]}`, "a/w"), conversion.Options{To: kerasweights.Legacy}, "other weights lie below it"},
		"bytes that are no number": {model(t, `{"dict":[]}`, "a.vars.0"), conversion.Options{}, "element"},
	} {
		plan := kerasweights.Plan
		if test.opt.To == kerasweights.Legacy {
			plan = kerasweights.PlanLegacy
		}
		switch name {
		case "half in the older form":
			n := &test.from.Tensors[0]
			n.DType, n.Storage.Size, test.want = tensor.F32, 4, "bfloat16"
		case "bytes that are no number":
			test.from.Tensors[0].Element = "|S1"
		}
		_, err := plan(test.from, test.opt)
		if _, refused := err.(*conversion.Refusal); !refused || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
