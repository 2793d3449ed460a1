package scan

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// onlySafetensors reports whether every shard is a file of safetensors.
func onlySafetensors(parts []*Result) bool {
	return !slices.ContainsFunc(parts, func(p *Result) bool {
		return p == nil || p.Model == nil || p.Model.Format != audit.FormatSafetensors
	})
}

// joinShards makes one model of shards of safetensors, which must hold exactly
// what the index says, each where it says. Each of the files was read before, and
// is clean.
func joinShards(r io.ReaderAt, index map[string]string, files []File, indexName string, opt Options) (*tree.Tree, error) {
	w := &walk{opt: opt, lim: opt.Limits.WithDefaults(), out: &Result{}}
	c := &converted{w: w, name: strings.TrimSuffix(indexName, ".index.json")}
	left := maps.Clone(index)
	for _, file := range files {
		part := io.NewSectionReader(r, file.Start, file.Size)
		f, err := safetensors.Read(part, file.Size, w.lim)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		for _, e := range f.Entries {
			if where := index[e.Name]; where != file.Name {
				return nil, fmt.Errorf("%s holds the tensor %q, which the index has in %q", file.Name, e.Name, where)
			}
			delete(left, e.Name)
		}
		h := holding(f, part, []tensor.Layer{{Kind: tensor.LayerRange, Name: file.Name, Start: file.Start, End: file.Start + file.Size}})
		c.files, c.holds = append(c.files, f), together(c.holds, h)
	}
	for dropped := range c.holds.Aliases {
		delete(left, dropped)
	}
	if len(left) > 0 {
		name := slices.Sorted(maps.Keys(left))[0]
		return nil, fmt.Errorf("the index names %q, and %s does not hold it", name, left[name])
	}
	return c.tree()
}
