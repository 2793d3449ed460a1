package scan

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// npzModel is the dict that numpy.load makes of a .npz file: the arrays of its
// members (numpy/lib/_npyio_impl.py, NpzFile). What else is in the archive is
// left out, and named.
func (h *holder) npzModel(p part) *Model {
	m := &Model{Format: audit.FormatNumpy, Member: p.member}
	for i, of := range h.models {
		for _, c := range of.Pickles {
			c.At = []tensor.Key{{Text: npzKey(h.members[i].entry())}}
			m.Pickles = append(m.Pickles, c)
		}
	}
	m.Build = func() (*tree.Tree, error) {
		if err := h.distinct(); err != nil {
			return nil, err
		}
		var members []tree.Member
		for i, of := range h.models {
			one, err := of.arrays[0].member(h.members[i].r)
			if err != nil {
				return nil, err
			}
			one.Key, one.Layers = tensor.Key{Text: npzKey(h.members[i].entry())}, h.members[i].layers
			members = append(members, one)
		}
		t, err := tree.BuildMembers(tree.TagDict, members)
		if err != nil {
			return nil, err
		}
		for _, name := range h.others {
			t.Omitted = append(t.Omitted, tree.Missing{Path: name, Reason: "a member that is no array, of which numpy gives the bytes"})
		}
		return t, nil
	}
	return m
}

// distinct refuses what numpy reads otherwise than member by member: it takes the
// first array of each, and a key is the whole name of a member before it is one
// without its extension.
func (h *holder) distinct() error {
	seen := map[string]string{}
	for i, m := range h.models {
		name := h.members[i].entry()
		if len(m.arrays) != 1 {
			return fmt.Errorf("%q holds %d arrays, of which numpy reads the first: take it out of the archive", name, len(m.arrays))
		}
		for _, key := range []string{npzKey(name), name} {
			if other, taken := seen[key]; taken && other != name {
				return fmt.Errorf("numpy finds both %q and %q under the name %q: load it and save it with other names", other, name, key)
			}
			seen[key] = name
		}
	}
	for _, name := range h.others {
		if other, taken := seen[npzKey(name)]; taken {
			return fmt.Errorf("numpy finds both %q and %q under one name: load it and save it with other names", other, name)
		}
	}
	return nil
}

// npzKey is what numpy calls the array of a member.
func npzKey(name string) string { return strings.TrimSuffix(name, ".npy") }
