package pytorch

import (
	"fmt"
	"slices"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// parts are the files that a tree becomes: one, or shards. Each says what a reader
// must find in it.
func (m *mapper) parts(root *tree.Value, opt conversion.Options) ([]conversion.Part, error) {
	was, err := m.find(root)
	if err != nil {
		return nil, err
	}
	if err := m.rename(root, opt.StripPrefixes); err != nil {
		return nil, err
	}
	roots, err := m.cut(root, opt.MaxShardSize)
	if err != nil {
		return nil, err
	}
	parts := make([]conversion.Part, len(roots))
	for i := range roots {
		p := &parts[i]
		p.Role, p.Expect = conversion.RoleWeights, &tree.Tree{Root: roots[i]}
		if len(roots) > 1 {
			p.Shard, p.Shards = i+1, len(roots)
		}
		if err := m.expect(p, was); err != nil {
			return nil, err
		}
	}
	if len(parts) > 1 {
		parts[0].IndexJSON, err = m.index(parts, opt.File)
	}
	return parts, err
}

// A found is a place of a tensor in the result: its elements, and the key that it
// has under the source's names.
type found struct {
	of  *tree.Named
	key tensor.Key
}

// find ties the places of each tensor of a tree, whose keys are those of the source,
// to the source's tensors, in the order of [tree.Places].
func (m *mapper) find(root *tree.Value) (map[*tree.Value][]found, error) {
	repeats, out := repeated(m.tree), map[*tree.Value][]found{}
	err := tree.Places(root, func(p tree.Place) error {
		n := m.of[p.Value]
		if p.Again {
			again := m.src[pathKey(p.Path)]
			if again == nil && n != nil { // in a module the path has other steps than in its state_dict
				again = repeats[repeat{n.Value, tree.Name(p.Path)}]
			}
			if again != nil {
				n = again
				m.placed[n] = true
			}
		}
		if n == nil {
			return fmt.Errorf("tensor %q has no elements", tree.Name(p.Path))
		}
		out[p.Value] = append(out[p.Value], found{n, lastKey(p.Path)})
		return nil
	})
	if err != nil {
		return nil, &conversion.Refusal{Msg: err.Error()}
	}
	return out, nil
}

func lastKey(path []tensor.Key) tensor.Key {
	if len(path) == 0 {
		return tensor.Key{}
	}
	return path[len(path)-1]
}

// expect lists what a reader of a file must find in it.
func (m *mapper) expect(part *conversion.Part, was map[*tree.Value][]found) error {
	casts := false
	err := tree.Places(part.Expect.Root, func(p tree.Place) error {
		at := was[p.Value][0]
		was[p.Value] = was[p.Value][1:]
		name := tree.Name(p.Path)
		if !p.Again {
			p.Value.Text = name
		} else if err := m.sameKey(at, lastKey(p.Path)); err != nil {
			return err
		}
		e := *at.of
		e.Path, e.Name, e.Value = p.Path, name, p.Value
		part.Expect.Tensors, part.Casts = append(part.Expect.Tensors, e), append(part.Casts, m.casts[p.Value])
		casts = casts || m.casts[p.Value] != ""
		return nil
	})
	if err != nil {
		return &conversion.Refusal{Msg: err.Error()}
	}
	if !casts {
		part.Casts = nil
	}
	return nil
}

// sameKey refuses that a container which stands at two places, with one key for
// both, has a tensor that is to be called otherwise at one of them.
func (m *mapper) sameKey(at found, is tensor.Key) error {
	r := m.renamed[at.of.Value]
	if (r != nil) == (at.key != is) {
		return nil
	}
	return fmt.Errorf("tensor %q cannot be renamed: what holds it stands at another place too (--to safetensors can)", at.of.Name)
}

// account gives every tensor of the source to the file that has its elements.
func (m *mapper) account(t *tree.Tree, chosen *conversion.Selection, parts []conversion.Part) error {
	left := map[*tree.Value]bool{}
	for _, n := range slices.Concat(chosen.Left, chosen.Aside) {
		left[n.Value] = true
	}
	in, own := map[string]int{}, make([]tensor.Slice, len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		for j := range parts[i].Expect.Tensors {
			in[identity(&parts[i].Expect.Tensors[j].Tensor)] = i
		}
	}
	for i := range t.Tensors {
		n := &t.Tensors[i]
		at, kept := in[identity(&n.Tensor)]
		switch {
		case left[n.Value] && m.placed[n]:
			return &conversion.Refusal{Msg: fmt.Sprintf("tensor %q cannot be left out: what holds it stands at another place too, where it is kept", n.Name)}
		case left[n.Value]:
			continue
		case !kept:
			return &conversion.Refusal{Msg: fmt.Sprintf("tensor %q has no place in the result", n.Name)}
		}
		own[at] = append(own[at], n.Tensor)
	}
	for i := range parts {
		parts[i].Tensors = own[i]
	}
	return nil
}

// A repeat is a tensor under a further name of what holds it.
type repeat struct {
	of   *tree.Value
	name string
}

func repeated(t *tree.Tree) map[repeat]*tree.Named {
	out := map[repeat]*tree.Named{}
	for i := range t.Tensors {
		if n := &t.Tensors[i]; n.Value.Same != nil {
			out[repeat{n.Value.Same, n.Name}] = n
		}
	}
	return out
}
