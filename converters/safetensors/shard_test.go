package safetensors

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
