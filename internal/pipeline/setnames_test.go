package pipeline

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/scan"
)

// What is announced for an index of shards is what the conversion writes.
func TestFindSetWayOfShards(t *testing.T) {
	dir := t.TempDir()
	index := map[string]string{}
	for shard, name := range map[string]string{"pytorch_model-00001-of-00002.bin": "state_dict.pt", "pytorch_model-00002-of-00002.bin": "scalars.pt"} {
		data := testdata(t, "torch/zip-2.15/"+name)
		if err := os.WriteFile(filepath.Join(dir, shard), data, 0o600); err != nil {
			t.Fatal(err)
		}
		built, err := clean(t, "torch/zip-2.15/"+name).Model.Build()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range built.Tensors {
			index[n.Name] = shard
		}
	}
	text, err := json.Marshal(map[string]any{"weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "pytorch_model.bin.index.json")
	if err := os.WriteFile(at, text, 0o600); err != nil {
		t.Fatal(err)
	}
	shards, err := ShardFiles(bytes.NewReader(text), int64(len(text)))
	if err != nil || len(shards) != 2 {
		t.Fatalf("%q, %v", shards, err)
	}
	for _, taken := range []string{"", "model.safetensors.index.json"} {
		way := FindSetWay("pytorch_model.bin.index.json", 2, func(name string) Place {
			if name == taken {
				return PlaceTaken
			}
			return PlaceFree
		})
		out := "model.safetensors"
		if len(way.Flags) > 0 {
			out = way.Flags[1]
		}
		if diff := cmp.Diff(way.Outputs, placed(t, at, filepath.Join(dir, out))); diff != "" {
			t.Errorf("announced (-) and written (+):\n%s", diff)
		}
	}
}

// placed converts a source and lists the base names of what that writes.
func placed(t *testing.T, source, out string) (names []string) {
	t.Helper()
	src, perm, closer, err := OpenSet(source)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	a, err := (&Auditor{}).Audit(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	conv, err := Convert(t.Context(), a, ConvertOptions{Dir: filepath.Dir(out), Perm: perm})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := conv.Place(out, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outputs {
		names = append(names, filepath.Base(o.Path))
	}
	return names
}

func TestFindSetWay(t *testing.T) {
	there := map[string]Place{"d/model-00001-of-00002.safetensors": PlaceOurs, "d/model-00002-of-00002.safetensors": PlaceOurs, "d/model.safetensors.index.json": PlaceTaken}
	for name, c := range map[string]struct {
		source string
		shards int
		there  map[string]Place
		want   string // flags and outputs
	}{
		"one shard":            {"d/m.bin.index.json", 1, nil, "d/m.safetensors"},
		"shards of Keras":      {"d/m.weights.json", 3, nil, "d/m.safetensors d/m.state.safetensors"},
		"our own, with index":  {"d/pytorch_model.bin.index.json", 2, there, "--force " + strings.Join(slices.Sorted(maps.Keys(there)), " ")},
		"a directory":          {"d/ck", 0, nil, "d/ck.safetensors d/ck.state.safetensors"},
		"the top":              {".", 0, nil, "--output checkpoint.safetensors checkpoint.safetensors checkpoint.state.safetensors"},
		"the top, for another": {".", 0, map[string]Place{"checkpoint.state.safetensors": PlaceTaken}, "--output checkpoint-2.safetensors checkpoint-2.safetensors checkpoint-2.state.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			way := FindSetWay(c.source, c.shards, func(name string) Place { return c.there[name] })
			if diff := cmp.Diff(c.want, strings.Join(append(way.Flags, way.Outputs...), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The text of an index is no model that a rule for its directory could mean; the
// same name over another text is not let through.
func TestIndexIsNoModel(t *testing.T) {
	for text, skipped := range map[string]bool{
		`{"weight_map": {"a": "x.bin"}}`:       true,
		`{"weight_map": {"a": "../x.bin"}}`:    false,
		`{"weight_map": {"a": "x.bin"}} and {`: false,
		`{"weight_map": {}}`:                   false,
		"cos\nsystem\n(S'true'\ntR.":           false,
	} {
		src := Source{Path: "hf/m.bin.index.json", R: strings.NewReader(text), Size: int64(len(text))}
		res := scan.Scan(t.Context(), src.R, src.Size, src.Path, scan.Options{Named: true})
		if got := onlyIndex(src, res); got != skipped {
			t.Errorf("%s: %v", text, got)
		}
	}
}
