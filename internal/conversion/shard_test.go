package conversion

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		var got []string
		for _, run := range Shards(c.sizes, 10, func(n *int64) int64 { return *n }) {
			var one []string
			for _, n := range run {
				one = append(one, strconv.FormatInt(n, 10))
			}
			got = append(got, strings.Join(one, ","))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%v: %s", c.sizes, diff)
		}
	}
}

func TestFileName(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{FileName("x.safetensors", RoleWeights, 0, 0), "x.safetensors"},
		{FileName("x", RoleWeights, 0, 0), "x"},
		{FileName("x.safetensors", RoleState, 0, 0), "x.state.safetensors"},
		{FileName("model.safetensors", RoleWeights, 2, 12), "model-00002-of-00012.safetensors"},
		{FileName("x.safetensors", RoleState, 1, 2), "x.state-00001-of-00002.safetensors"},
		{FileName("x.pt", RoleWeights, 0, 0), "x.pt"},
		{FileName("x.pt", RoleWeights, 2, 3), "x-00002-of-00003.bin"},
		{FileName("model.pt", RoleWeights, 2, 3), "pytorch_model-00002-of-00003.bin"},
		{IndexName("pytorch_model.bin", RoleWeights), "pytorch_model.bin.index.json"},
		{IndexName("model.safetensors", RoleWeights), "model.safetensors.index.json"},
		{IndexName("x.safetensors", RoleState), "x.state.safetensors.index.json"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
