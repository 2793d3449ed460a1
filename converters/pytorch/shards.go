package pytorch

import (
	"slices"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tree"
)

// cut makes a tree for each of several files of at most limit bytes of tensors: of
// a state_dict, since a loader of shards knows names of tensors and nothing else.
func (m *mapper) cut(root *tree.Value, limit int64) ([]*tree.Value, error) {
	if limit <= 0 {
		return []*tree.Value{root}, nil
	}
	if root.Tag != tree.TagDict && root.Tag != tree.TagOrdered || root.Class != "" {
		return nil, notFlat("what the file holds")
	}
	for _, p := range root.Pairs {
		if key, isText := p[0].Plain.(string); !isText || len(m.held(p[1])) == 0 {
			if isText {
				return nil, notFlat(key)
			}
			return nil, notFlat("a key that is no text")
		}
	}
	runs := conversion.Shards(root.Pairs, limit, func(p *[2]*tree.Value) (bytes int64) {
		for _, v := range m.held(p[1]) {
			bytes += m.record(v, m.of[v]).size
		}
		return bytes
	})
	if len(runs) == 1 {
		return []*tree.Value{root}, nil
	}
	var roots []*tree.Value
	for _, run := range runs {
		roots = append(roots, &tree.Value{Tag: root.Tag, Pairs: run})
		separate(run)
	}
	roots[0].Attrs = root.Attrs
	return roots, nil
}

func notFlat(what string) error {
	return &conversion.Refusal{Msg: what + " is no tensor, and shards of torch hold a state_dict alone: --to safetensors writes shards of any model"}
}

// held are the tensors that a value of a state_dict is or is made of, nil for
// another value.
func (m *mapper) held(v *tree.Value) []*tree.Value {
	if m.of[v] != nil && !slices.ContainsFunc(v.Attrs, func(a [2]*tree.Value) bool { return a[1].Tag != "" }) {
		return []*tree.Value{v}
	}
	if v.Tag != tree.TagSparse && v.Tag != tree.TagQuantized {
		return nil
	}
	var list []*tree.Value
	for _, p := range v.Pairs {
		list = append(list, p[1])
	}
	return list
}

// separate makes tensors of their own of those that are the same as one in another file.
func separate(run [][2]*tree.Value) {
	own := map[*tree.Value]bool{}
	for _, p := range run {
		v := p[1]
		if v.Same != nil && !own[v.Same] {
			v.Same = nil
		}
		own[v] = true
	}
}

// index is the text of the index beside shards.
func (m *mapper) index(parts []conversion.Part, weights string) ([]byte, error) {
	var total int64
	where := map[string]string{}
	for i := range parts {
		p := &parts[i]
		for _, pair := range p.Expect.Root.Pairs {
			where[pair[0].Plain.(string)] = conversion.FileName(weights, p.Role, p.Shard, p.Shards)
			for _, v := range m.held(pair[1]) {
				total += m.record(v, m.of[v]).size
			}
		}
	}
	return conversion.Index(total, where)
}

// castable lists the weights of a selection that are written in another dtype.
func castable(chosen *conversion.Selection) map[*tree.Value]bool {
	out := map[*tree.Value]bool{}
	for i := range chosen.Weights {
		out[chosen.Weights[i].Value] = true
	}
	return out
}

// unrounded says that the parts of a quantised tensor are not rounded: torch takes
// its scales as they are.
func (m *mapper) unrounded(v *tree.Value) {
	for _, p := range v.Pairs {
		delete(m.casts, p[1])
	}
}
