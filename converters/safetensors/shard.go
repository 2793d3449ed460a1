package safetensors

import (
	"maps"
	"slices"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tree"
)

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

// index is the text of the .index.json beside shards. weights is the base name of
// the file that the weights would have uncut.
func index(parts []Part, plans []*safetensors.Plan, weights string) ([]byte, error) {
	var total int64
	where := map[string]string{}
	for i := range parts {
		p := &parts[i]
		for _, e := range plans[i].Entries() {
			total += e.End - e.Begin
			where[e.Name] = conversion.FileName(weights, p.Role, p.Shard, p.Shards)
		}
	}
	return conversion.Index(total, where)
}
