package scan

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Programs of torch.export, of which one text or record is another.
func TestExportTexts(t *testing.T) {
	for _, c := range []struct{ name, old, text, want string }{
		{"a size", `Symbol('s77', positive=True, integer=True)`, `__import__('os').system('true')`, "MA405"},
		{"a size by another way", `Symbol('s77', positive=True, integer=True)`, `exec(\"1\")`, "MA405"},
		{"a guard", `"guards_code": []`, `"guards_code": ["L['x'].size()[0] == __import__('os').system('true')"]`, "MA405"},
		{"a plain guard", `"guards_code": []`, `"guards_code": ["L['x'].size()[0] == 2"]`, "clean"},
		{"a target", `torch.ops.aten.linear.default`, `torch.os.system`, "MA402 torch.os.system"},
		{"a target that writes", `torch.ops.aten.linear.default`, `torch.ops.aten.save.default`, "MA402 torch.ops.aten.save.default"},
		{"a key twice", `"guards_code": []`, `"guards_code": [], "guards_code": []`, "unread"},
		{"an escape", `"expr_str": "Symbol(`, `"expr_\u0073tr": "exec(`, "MA405"},
		{"no JSON", `"guards_code": []`, `"guards_code": [`, "unread"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hit := false
			data := rewritten(t, "testdata/programs/export-2.15/tied.pt2", func(name, content string) string {
				if strings.HasSuffix(name, "models/model.json") {
					hit = strings.Contains(content, c.old)
					return strings.ReplaceAll(content, c.old, c.text)
				}
				return content
			})
			if !hit {
				t.Fatalf("the file has no %s", c.old)
			}
			expect(t, scanBytes(t, "m.pt2", data), c.want)
		})
	}
}

// The trees of a program's inputs: what their loader imports is named or refused.
func TestExportSpecs(t *testing.T) {
	node := func(kind, context string) string {
		return `[1, {"type": "builtins.tuple", "context": "null", "children_spec": [{"type": "` + kind + `", "context": ` + context + `, "children_spec": [{"type": null, "context": null, "children_spec": []}]}]}]`
	}
	for _, c := range []struct{ name, spec, want string }{
		{"a dict", node("builtins.dict", `"[\"a.b\", 1]"`), "clean"},
		{"a named tuple", node("collections.namedtuple", `"torch.return_types.max"`), "clean"},
		{"a default dict", node("collections.defaultdict", `{"default_factory_module": "builtins", "default_factory_name": "list", "dict_context": ["a"]}`), "clean"},
		{"a default dict of a module", node("collections.defaultdict", `{"default_factory_module": "this", "default_factory_name": "s", "dict_context": ["a"]}`), "MA404"},
		{"a factory that is none", node("collections.defaultdict", `{"default_factory_module": "builtins", "default_factory_name": "exec", "dict_context": ["a"]}`), "MA404"},
		{"an enumeration", node("builtins.dict", `"[{\"__enum__\": true, \"fqn\": \"this:s\", \"name\": \"z\"}]"`), "MA404"},
		{"an enumeration that is spelled otherwise", node("builtins.dict", `"[{\"__\\u0065num__\": [], \"fqn\": \"this:s\", \"name\": \"z\"}]"`), "MA404"},
		{"an enumeration without values", node("builtins.dict", `"[{\"__enum__\": [], \"f\\u0071n\": \"this:s\", \"name\": \"z\"}]"`), "MA404"},
		{"a context with a key twice", node("builtins.dict", `"[{\"a\": 1, \"a\": 2}]"`), "unread"},
		{"no JSON", "[1, ", "unread"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"in_spec", "out_spec"} {
				data := rewritten(t, "testdata/programs/export-2.15/tied.pt2", func(name, content string) string {
					if strings.HasSuffix(name, "models/model.json") {
						before, rest, _ := strings.Cut(content, `"`+key+`": "`)
						_, after, ok := strings.Cut(rest, `]}]", "`)
						if !ok {
							_, after, ok = strings.Cut(rest, `}]", "`)
						}
						if !ok {
							t.Fatal("the file has no " + key)
						}
						return before + `"` + key + `": ` + string(text) + `, "` + after
					}
					return content
				})
				expect(t, scanBytes(t, "m.pt2", data), c.want)
			}
		})
	}
}

func TestExportPayloads(t *testing.T) {
	evil := assemble(t, "PROTO 2; "+payload+"STOP")
	config := `{"config": {"w": {"path_name": "weight_0", "is_param": true, "use_pickle": USE}}}`
	base := func(more ...member) []byte {
		return archive(t, zip.Store, append([]member{{"m/archive_format", []byte("pt2")}, {"m/archive_version", []byte("0")}, {"m/models/model.json", []byte(`{}`)}}, more...)...)
	}
	with := func(use string) member {
		return member{"m/data/weights/model_weights_config.json", []byte(strings.ReplaceAll(config, "USE", use))}
	}
	constants := func(path string) member {
		return member{"m/data/constants/model_constants_config.json", []byte(`{"config": {"c": {"path_name": "` + path + `", "use_pickle": false}}}`)}
	}
	nested := checkpoint(t, payload+`STOP`)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", base(), "clean"},
		{"a raw tensor that looks like a pickle", base(with("false"), member{"m/data/weights/weight_0", evil}), "clean"},
		{"a pickled tensor", base(with("true"), member{"m/data/weights/weight_0", evil}), "MA101 os.system"},
		{"a pickled tensor in an archive", base(with("true"), member{"m/data/weights/weight_0", nested}), "MA101 os.system"},
		{"a pickled tensor in another case", base(with("true"), member{"m/DATA/weights/WEIGHT_0", evil}), "MA101 os.system"},
		{"raw and pickled", base(member{"m/data/weights/model_weights_config.json", []byte(`{"config": {"a": {"path_name": "weight_0", "use_pickle": false}, "b": {"path_name": "weight_0", "use_pickle": true}, "c": {"path_name": "weight_0", "use_pickle": false}}}`)},
			member{"m/data/weights/weight_0", evil}), "MA101 os.system"},
		{"pickled by a truth of another kind", base(with(`"false"`), member{"m/data/weights/weight_0", evil}), "MA101 os.system"},
		{"pickled by a truth in lists", base(with(`[[]]`), member{"m/data/weights/weight_0", evil}), "MA101 os.system"},
		{"a pickled tensor below", base(member{"m/data/weights/a/b_weights_config.json", []byte(strings.ReplaceAll(config, "USE", "true"))}, member{"m/data/weights/weight_0", evil}), "MA101 os.system"},
		{"an opaque object by its path", base(constants("opaque_obj_0/x"), member{"m/data/constants/opaque_obj_0/x", evil}), "MA101 os.system"},
		{"a raw constant", base(constants("tensor_0"), member{"m/data/constants/tensor_0", evil}), "clean"},
		{"a raw constant that another reader loads", base(constants("model.pt"), member{"m/data/constants/model.pt", evil}), "MA101 os.system"},
		{"a raw constant of another name", base(constants("../x")), "unread"},
		{"a program of another suffix", base(member{"m/models/model.jsox", []byte(`{"expr_str": "exec('x')"}`)}), "MA405"},
		{"a program below", base(member{"m/models/a/model.json", []byte(`{"expr_str": "exec('x')"}`)}), "MA405"},
		{"a program that is none", base(member{"m/models/model.so", []byte("\x7fELF")}), "MA401"},
		{"a payload of no configuration", base(member{"m/data/weights/weight_9", evil}), "MA101 os.system"},
		{"an opaque object", base(member{"m/data/constants/opaque_obj_0", evil}), "MA101 os.system"},
		{"a custom object", base(member{"m/data/constants/custom_obj_0", nested}), "MA101 os.system"},
		{"sample inputs", base(member{"m/data/sample_inputs/model.pt", nested}), "MA101 os.system"},
		{"an older member", archive(t, zip.Store, member{"serialized_exported_program.json", []byte(`{}`)}, member{"serialized_state_dict.pt", nested}), "MA101 os.system"},
		{"a library", base(member{"m/data/aotinductor/model/a.so", []byte("\x7fELF")}), "MA401"},
		{"a library of another name", base(member{"m/data/aotinductor/model/a.bin", []byte("\x7fELF")}), "MA401"},
		{"a source that is compiled", base(member{"m/data/aotinductor/model/a.cpp", []byte("int main() {}")}), "MA401"},
		{"a name of the root that is a folder's", archive(t, zip.Store, member{"data/archive_format", []byte("pt2")}, member{"data/models/model.json", []byte(`{"expr_str": "exec('x')"}`)}), "MA405"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "m.pt2", c.data), c.want) })
	}
}

// Torch 2.1 called the state_dict a JSON text, which it is not.
func TestOldestProgram(t *testing.T) {
	held, err := os.ReadFile(filepath.Join("..", "..", "testdata", "torch", "zip-2.15", "state_dict.pt"))
	if err != nil {
		t.Fatal(err)
	}
	data := archive(t, zip.Store, member{"serialized_exported_program.json", []byte(`{}`)}, member{"serialized_state_dict.json", held}, member{"version", []byte("1")})
	res := Scan(context.Background(), bytes.NewReader(data), int64(len(data)), "x.pt2", Options{})
	if res.Model == nil {
		t.Fatal("no model")
	}
	tree, err := res.Model.Tree()
	if err != nil || len(tree.Tensors) != 8 || tree.Tensors[0].Name != "state_dict.embed.weight" {
		t.Errorf("%+v, %v", tree, err)
	}
}
