package conversion

import "github.com/modelaudit/action/internal/tree"

// choose splits off the tensors that are not wanted, and says so in the tree.
func choose(named []tree.Named, opt Options, left *[]tree.Named) []tree.Named {
	if len(opt.Include) == 0 && len(opt.Exclude) == 0 {
		return named
	}
	chosen := Chosen(opt.Include, opt.Exclude)
	kept := named[:0:0]
	for _, n := range named {
		path := tree.Name(n.Path)
		names := []string{n.Name, path}
		if n.Name != path && len(n.Path) > 0 {
			names = append(names, tree.Name(n.Path[1:])) // without the wrapper's key, with its prefixes
		}
		if chosen(names...) {
			kept = append(kept, n)
			continue
		}
		*left = append(*left, n)
		leave(&n, LeftByName)
	}
	return kept
}

// leave marks a tensor in the tree as one that the result does not have.
func leave(n *tree.Named, reason string) {
	*n.Value = tree.Value{Tag: tree.TagOmitted, Text: reason, Class: n.Class}
}

// relink makes tensors that are one object refer to one that was kept.
func relink(groups ...[]tree.Named) {
	firsts := map[*tree.Value]*tree.Value{} // that was left out -> the first kept one
	for _, g := range groups {
		for i := range g {
			v := g[i].Value
			gone := v.Same
			if gone == nil || gone.Tag != tree.TagOmitted {
				continue
			}
			v.Same = firsts[gone]
			if v.Same == nil {
				firsts[gone] = v
			}
		}
	}
}
