package safetensors

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/tree"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"5GB": 5_000_000_000, "500MB": 500_000_000, "1GiB": 1 << 30, "100": 100, "7B": 7, "2kb": 2000, "1.5 GB": 1_500_000_000, "1TiB": 1 << 40, "3M": 3_000_000,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "GB", "0", "0GB", "-1GB", "5XB", "5GBs", "1e30GB", "NaN", "Inf", "5 5GB", "9999999TB", "5iB"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
}

// The runs are those of huggingface_hub's split_state_dict_into_shards_factory.
func TestShards(t *testing.T) {
	for _, c := range []struct {
		sizes []int64
		want  string
	}{
		{[]int64{6, 6, 2, 6, 2, 2}, "6|6,2|6,2,2"}, // its documented example, of 10
		{[]int64{3, 20, 3, 3}, "20|3,3,3"},
		{[]int64{10, 10}, "10|10"},
		{[]int64{1, 2, 3}, "1,2,3"},
		{[]int64{11, 12}, "11|12"},
		{[]int64{0, 0}, "0,0"},
	} {
		named := make([]tree.Named, len(c.sizes))
		for i, n := range c.sizes {
			named[i].Shape = []int64{n}
		}
		var got []string
		for _, run := range shards(named, 10, func(n *tree.Named) int64 { return n.Shape[0] }) {
			var one []string
			for i := range run {
				one = append(one, strconv.FormatInt(run[i].Shape[0], 10))
			}
			got = append(got, strings.Join(one, ","))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%v: %s", c.sizes, diff)
		}
	}
}

// Shards have an index beside them, and the first has the tree; a name that
// two of them would have is refused all the same.
func TestShardedPlan(t *testing.T) {
	model := sketch{"ordered", "a", "T", "b", "T", "c", "T"}
	parts, err := Plan(draw(model), Options{MaxShardSize: 2, File: "m.safetensors"})
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 2 || parts[1].Shard != 2 || parts[1].Shards != 2 || parts[1].IndexJSON != nil {
		t.Fatalf("%d parts", len(parts))
	}
	const want = `{
  "metadata": {
    "total_size": 3
  },
  "weight_map": {
    "a": "m-00001-of-00002.safetensors",
    "b": "m-00001-of-00002.safetensors",
    "c": "m-00002-of-00002.safetensors"
  }
}
`
	if diff := cmp.Diff(want, string(parts[0].IndexJSON)); diff != "" {
		t.Error(diff)
	}
	for i := range parts {
		var text strings.Builder
		if _, err := parts[i].WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), "modelaudit.tree") != (i == 0) {
			t.Errorf("shard %d: %s", i, text.String())
		}
	}
	if _, err := Plan(draw(sketch{"a", sketch{"b", "T"}, "a.b", "T"}), Options{MaxShardSize: 1}); err == nil || !strings.Contains(err.Error(), "two tensors") {
		t.Errorf("a name in two shards: %v", err)
	}
	// Tied tensors are one, wherever the other would have been.
	parts, err = Plan(draw(model), Options{MaxShardSize: 2, TiedAlias: true})
	if err != nil || len(parts) != 1 || parts[0].IndexJSON != nil {
		t.Errorf("%d parts, %v", len(parts), err)
	}
}

func TestFileName(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{FileName("x.safetensors", RoleWeights, 0, 0), "x.safetensors"},
		{FileName("x", RoleWeights, 0, 0), "x"},
		{FileName("x.safetensors", RoleState, 0, 0), "x.state.safetensors"},
		{FileName("model.safetensors", RoleWeights, 2, 12), "model-00002-of-00012.safetensors"},
		{FileName("x.safetensors", RoleState, 1, 2), "x.state-00001-of-00002.safetensors"},
		{IndexName("model.safetensors", RoleWeights), "model.safetensors.index.json"},
		{IndexName("x.safetensors", RoleState), "x.state.safetensors.index.json"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
