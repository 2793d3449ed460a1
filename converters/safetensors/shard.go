package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tree"
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

// shards cuts a list into runs of at most limit bytes, in its order. A tensor
// of more has a file of its own (split_state_dict_into_shards_factory in
// huggingface_hub/serialization/_base.py).
func shards(named []tree.Named, limit int64, size func(*tree.Named) int64) [][]tree.Named {
	if limit <= 0 {
		return [][]tree.Named{named}
	}
	var out [][]tree.Named
	var run []tree.Named
	used := int64(0)
	for i := range named {
		n := size(&named[i])
		switch {
		case n > limit:
			out = append(out, named[i:i+1])
			continue
		case n > limit-used:
			out, run, used = append(out, run), nil, 0
		}
		run, used = append(run, named[i]), used+n
	}
	if len(run) > 0 || len(out) == 0 {
		out = append(out, run)
	}
	return out
}

// asSource cuts tensors as the source of several shards is cut. One whose
// tensors were all left out has no file.
func asSource(runs [][]tree.Named, named []tree.Named) [][]tree.Named {
	byShard := map[int][]tree.Named{}
	for _, n := range named {
		byShard[n.Shard] = append(byShard[n.Shard], n)
	}
	if len(byShard) < 2 {
		return runs
	}
	runs = nil
	for _, k := range slices.Sorted(maps.Keys(byShard)) {
		runs = append(runs, byShard[k])
	}
	return runs
}

// index is the text of the .index.json beside shards, as transformers and
// huggingface_hub write it: two spaces, keys in order. weights is the base name
// of the file that the weights would have uncut.
func index(parts []Part, plans []*safetensors.Plan, weights string) ([]byte, error) {
	var total int64
	where := map[string]string{}
	for i := range parts {
		p := &parts[i]
		for _, e := range plans[i].Entries() {
			total += e.End - e.Begin
			where[e.Name] = FileName(weights, p.Role, p.Shard, p.Shards)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(map[string]any{"metadata": map[string]int64{"total_size": total}, "weight_map": where})
	return b.Bytes(), err
}

// FileName is the name of a part's file in a conversion whose weights, uncut,
// go to weights: x.safetensors, x.state.safetensors, or a shard
// x-00001-of-00002.safetensors.
func FileName(weights, role string, shard, of int) string {
	if role != RoleState && of < 2 {
		return weights
	}
	stem := strings.TrimSuffix(weights, ".safetensors")
	if role == RoleState {
		stem += ".state"
	}
	if of > 1 {
		stem += fmt.Sprintf("-%05d-of-%05d", shard, of)
	}
	return stem + ".safetensors"
}

// IndexName is the name of the index beside the shards of a role.
func IndexName(weights, role string) string {
	return strings.TrimSuffix(FileName(weights, role, 0, 0), ".safetensors") + ".safetensors.index.json"
}
