package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refused lists the files of testdata that cannot be converted, and what the
// refusal must name.
var refused = map[string]string{
	"name_metadata.pt":  "__metadata__",
	"name_collision.pt": `"a.b"`,
	"name_surrogate.pt": "UTF-8",
}

// TestFixtures converts every file of testdata that can hold a checkpoint and
// compares the results with what the library that wrote the file finds in it.
func TestFixtures(t *testing.T) {
	var oracles []string
	for _, kind := range []string{"torch", "pickle"} {
		found, err := filepath.Glob("../testdata/" + kind + "/*/*.json")
		if err != nil {
			t.Fatal(err)
		}
		oracles = append(oracles, found...)
	}
	if len(oracles) < 100 {
		t.Fatalf("testdata has %d oracles", len(oracles))
	}
	for _, path := range oracles {
		o := readOracle(t, path)
		source := filepath.Join(filepath.Dir(path), o.File)
		t.Run(filepath.Base(filepath.Dir(path))+"/"+o.File, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "out.safetensors")
			r := run(t, "", cleanEnv(), program("modelaudit"), "convert", source, "--to", "safetensors", "-o", out, "--validate")
			if reason, ok := refused[o.File]; ok || len(o.Tensors) == 0 {
				if len(o.Tensors) == 0 {
					reason = "no tensor"
				}
				checkRefusal(t, r, reason, filepath.Dir(out))
				return
			}
			if r.code != 0 {
				t.Fatalf("convert exits %d: %s", r.code, r.stderr)
			}
			weights, state := o.expected()
			second := strings.TrimSuffix(out, ".safetensors") + ".state.safetensors"
			checkParts(t, out, weights)
			checkParts(t, second, state)
			checkOutput(t, out, source, weights)
			checkOutput(t, second, source, state)
		})
	}
}

func checkRefusal(t *testing.T, r result, reason, dir string) {
	t.Helper()
	if r.code != 1 || !strings.Contains(r.stderr, reason) {
		t.Errorf("convert exits %d, want 1 with %q in its reason: %s", r.code, reason, r.stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("refused, but the folder has %v (%v)", left, err)
	}
}

// checkParts puts the parts of tensors that are made of others into what is
// expected, as they are found: interop/objects_test.go compares them.
func checkParts(t *testing.T, path string, want map[string]stored) {
	t.Helper()
	if len(want) == 0 {
		return
	}
	got, _ := readSafetensors(t, path)
	if s, ok := got["storage"]; ok && want["storage"].DType == "" { // a storage that stands for itself
		want["storage"] = s
	}
	for name, s := range want {
		if s.SHA256 != "" {
			continue
		}
		delete(want, name)
		for part, p := range got {
			if strings.HasPrefix(part, name+".") {
				want[part] = p
			}
		}
	}
}

// checkOutput compares one output with what is expected of it; where nothing
// is expected there must be no output.
func checkOutput(t *testing.T, path, source string, want map[string]stored) {
	t.Helper()
	if len(want) == 0 {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is there, but nothing belongs in it", filepath.Base(path))
		}
		return
	}
	got, metadata := readSafetensors(t, path)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", filepath.Base(path), diff)
	}
	for key, value := range map[string]string{"format": "pt", "modelaudit.schema": "1", "modelaudit.source.sha256": digest(t, source)} {
		if metadata[key] != value {
			t.Errorf("%s: metadata %s is %q, want %q", filepath.Base(path), key, metadata[key], value)
		}
	}
	if tree, ok := metadata["modelaudit.tree"]; ok && !json.Valid([]byte(tree)) {
		t.Errorf("%s: modelaudit.tree is no JSON", filepath.Base(path))
	}
}

// TestElementTypes converts arrays whose elements safetensors has no type for:
// the tree must say what the bytes are.
func TestElementTypes(t *testing.T) {
	want := map[string]string{
		"complex128": "complex128", "big_complex128": "complex128", "datetime": "<M8[D]", "duration": "<m8[s]", "bytes": "|S2", "text": "<U2",
		"record": `{"names":["a","b"],"formats":["<i4",">f8"],"offsets":[0,4],"itemsize":12}`,
	}
	for _, file := range []string{"numpy-1.26/exotic-p2.pkl", "numpy-2.4/exotic-p4.pkl"} {
		out := filepath.Join(t.TempDir(), "out.safetensors")
		r := run(t, "", cleanEnv(), program("modelaudit"), "convert", "../testdata/pickle/"+file, "--to", "safetensors", "-o", out)
		if r.code != 0 {
			t.Fatalf("convert exits %d: %s", r.code, r.stderr)
		}
		_, metadata := readSafetensors(t, out)
		var tree struct {
			Dict [][2]any
		}
		if err := json.Unmarshal([]byte(metadata["modelaudit.tree"]), &tree); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, pair := range tree.Dict {
			value, _ := pair[1].(map[string]any)
			got[fmt.Sprint(pair[0])] = fmt.Sprint(value["dtype"])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
