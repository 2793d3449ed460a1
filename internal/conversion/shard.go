package conversion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ParseSize reads a size as huggingface_hub does: a number, and KB, MB, GB or
// TB (powers of 1000) behind it; also KiB, MiB, GiB and TiB (powers of 1024),
// B, and nothing.
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(strings.TrimSpace(text), "BbIiKkMmGgTt ")
	unit := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), digits)))
	factor := float64(0)
	for i, u := range []string{"", "K", "M", "G", "T"} {
		switch {
		case unit == u || unit == u+"B":
			factor = math.Pow(1000, float64(i))
		case unit == u+"IB" && i > 0:
			factor = math.Pow(1024, float64(i))
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || factor == 0 || !(n*factor >= 1 && n*factor < 1<<62) {
		return 0, fmt.Errorf("%q: expected a size such as 5GB, 500MB or 1GiB", text)
	}
	return int64(n * factor), nil
}

// Shards cuts a list into runs of at most limit bytes, in its order. What has
// more is alone (split_state_dict_into_shards_factory in
// huggingface_hub/serialization/_base.py). A limit of 0 means one run.
func Shards[T any](list []T, limit int64, size func(*T) int64) [][]T {
	if limit <= 0 {
		return [][]T{list}
	}
	var out [][]T
	var run []T
	used := int64(0)
	for i := range list {
		n := size(&list[i])
		switch {
		case n > limit:
			out = append(out, list[i:i+1])
			continue
		case n > limit-used:
			out, run, used = append(out, run), nil, 0
		}
		run, used = append(run, list[i]), used+n
	}
	if len(run) > 0 || len(out) == 0 {
		out = append(out, run)
	}
	return out
}

// Index is the text of the .index.json beside shards, as transformers and
// huggingface_hub write it: two spaces, keys in order. total is the bytes of all
// tensors, where has the file of each.
func Index(total int64, where map[string]string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(map[string]any{"metadata": map[string]int64{"total_size": total}, "weight_map": where})
	return b.Bytes(), err
}

// torchNames are what the names of torch's files end in. Shards of them are called
// as transformers calls them (WEIGHTS_NAME and WEIGHTS_INDEX_NAME in its utils).
var torchNames = []string{".pt", ".pth", ".bin", ".ckpt"}

// TorchName reports whether a name ends as those of torch's files do, so that its
// shards are called as torch's.
func TorchName(name string) bool { return slices.Contains(torchNames, path.Ext(name)) }

// shardStem is what the names of the shards of a file begin with, and end in.
func shardStem(weights string) (stem, ext string) {
	if TorchName(weights) {
		if stem = strings.TrimSuffix(weights, path.Ext(weights)); stem == "model" {
			stem = "pytorch_model"
		}
		return stem, ".bin"
	}
	return strings.TrimSuffix(weights, ".safetensors"), ".safetensors"
}

// FileName is the name of a part's file in a conversion whose weights, uncut,
// go to weights: x.safetensors, x.state.safetensors, or a shard
// x-00001-of-00002.safetensors; of x.pt x-00001-of-00002.bin.
func FileName(weights, role string, shard, of int) string {
	if role != RoleState && of < 2 {
		return weights
	}
	stem, ext := shardStem(weights)
	if role == RoleState {
		stem, ext = strings.TrimSuffix(weights, ".safetensors")+".state", ".safetensors"
	}
	if of > 1 {
		stem += fmt.Sprintf("-%05d-of-%05d", shard, of)
	}
	return stem + ext
}

// IndexName is the name of the index beside the shards of a role.
func IndexName(weights, role string) string {
	stem, ext := shardStem(weights)
	if role == RoleState {
		stem, ext = strings.TrimSuffix(weights, ".safetensors")+".state", ".safetensors"
	}
	return stem + ext + ".index.json"
}
