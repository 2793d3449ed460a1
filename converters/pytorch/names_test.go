package pytorch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/conversion"
)

// What is asked of names is done where a key can have them, and refused where not.
func TestNames(t *testing.T) {
	const wrapped = `{"ordered":[["module.fc.w",{"tensor":"module.fc.w"}],["module.b",{"tensor":"module.b"}]],"attributes":[["_metadata",{"ordered":[["",1],["module",2],["module.fc",3]]}]]}`
	const shared = `{"dict":[["model",{"ordered":[["w",{"tensor":"model.w"}]],"id":1}],["ema",{"ref":1}]]}`
	const sparse = `{"ordered":[["a.s",{"sparse":"coo","shape":[1],"parts":[["indices",{"tensor":"a.s.indices"}],["values",{"tensor":"a.s.values"}]]}],["w",{"tensor":"w"}]]}`
	both, parts := []string{"module.fc.w", "module.b"}, []string{"a.s.indices", "a.s.values", "w"}
	for _, c := range []struct {
		name, from string
		held       []string
		opt        conversion.Options
		want, fail string // in the tree that is written, or in the refusal
	}{
		{"a prefix", wrapped, both, conversion.Options{StripPrefixes: []string{"module."}},
			`{"ordered":[["fc.w",{"tensor":"fc.w"}],["b",{"tensor":"b"}]],"attributes":[["_metadata",{"ordered":[["",2],["fc",3]]}]]}`, ""},
		{"one that is left out", wrapped, both, conversion.Options{Exclude: conversion.Names{"*.b"}}, `{"ordered":[["module.fc.w",{"tensor":"module.fc.w"}]],`, ""},
		{"two of one name", wrapped, both, conversion.Options{Renames: []conversion.Rename{{Old: "module.b", New: "module.fc.w"}}}, "", `two tensors have the name "module.fc.w"`},
		{"a name of another place", `{"dict":[["a",{"dict":[["w",{"tensor":"a.w"}]]}]]}`, []string{"a.w"}, conversion.Options{Renames: []conversion.Rename{{Old: "a.w", New: "b.w"}}}, "", `"a.w" cannot be called "b.w" here`},
		{"one of two names", shared, []string{"model.w", "ema.w"}, conversion.Options{Renames: []conversion.Rename{{Old: "model.w", New: "model.v"}}}, "", "cannot be renamed: what holds it stands at another place too"},
		{"one of two places", shared, []string{"model.w", "ema.w"}, conversion.Options{Exclude: conversion.Names{"ema.*"}}, "", "cannot be left out: what holds it stands at another place too"},
		{"all parts of a tensor", sparse, parts, conversion.Options{Exclude: conversion.Names{"a.s.*"}}, `{"ordered":[["w",{"tensor":"w"}]]}`, ""},
		{"a part of a tensor", sparse, parts, conversion.Options{Exclude: conversion.Names{"*.values"}}, "", "only some are left out"},
		{"shards of more than tensors", `{"dict":[["w",{"tensor":"w"}],["n",1]]}`, []string{"w"}, conversion.Options{MaxShardSize: 1}, "", "n is no tensor"},
		{"shards", wrapped, both, conversion.Options{MaxShardSize: 1, File: "x.pt"}, `{"ordered":[["module.fc.w",{"tensor":"module.fc.w"}]],"attributes"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Plan(joined(t, c.from, c.held...), c.opt)
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Fatalf("%v, want %s", err, c.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(out[0].Expect.Root)
			if err != nil || !strings.Contains(string(text), c.want) {
				t.Errorf("%s, %v, want %s", text, err, c.want)
			}
			if c.opt.MaxShardSize > 0 && !strings.Contains(string(out[0].IndexJSON), `"module.b": "x-00002-of-00002.bin"`) {
				t.Errorf("the index is %s", out[0].IndexJSON)
			}
		})
	}
}
