package conversion

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// wrappers lists the top-level keys under which training programs keep a
// module's state_dict.
var wrappers = []string{
	"state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "weights", "params",
	"ema", "model_ema", "ema_state_dict", "ema_model", "generator", "discriminator", "netG", "netD", "encoder_state_dict", "decoder_state_dict",
}

// split decides which tensors are weights and which are state, and names them.
//
// A checkpoint is a mapping with at least one part: a top-level value that is
// a flat mapping of names to tensors and stands under a wrapper's key or is an
// OrderedDict, as state_dict() returns. One part: its tensors lose the wrapper
// key, so that load_state_dict takes them. Several: all keep their full paths.
// A whole module is a part under any key. Anything else is state, and so is what
// a module has beside its state_dict. Without a part all other tensors are weights.
func split(t *tree.Tree, single bool) (weights, state []tree.Named) {
	parts := partKeys(t)
	weighs := func(n *tree.Named) bool {
		return !n.Aside && (len(parts) == 0 || len(n.Path) > 0 && slices.Contains(parts, n.Path[0]))
	}
	count := 0
	for i := range t.Tensors {
		if single || weighs(&t.Tensors[i]) {
			count++
		}
	}
	weights = make([]tree.Named, 0, count) // there may be very many
	for _, n := range t.Tensors {
		isWeight := weighs(&n)
		switch {
		case single || isWeight && len(parts) != 1:
			weights = append(weights, n)
		case isWeight:
			n.Name = tree.Name(n.Path[1:])
			weights = append(weights, n)
		default:
			state = append(state, n)
		}
	}
	return weights, state
}

// splitMany is split for very many tensors of one mapping, which it names.
func splitMany(t *tree.Tree) (weights, state []*tree.Many) {
	parts := partKeys(t)
	for _, m := range t.Many {
		isPart := len(m.Path) > 0 && slices.Contains(parts, m.Path[0])
		switch {
		case isPart && len(parts) == 1:
			m.Call(m.Path[1:])
			weights = append(weights, m)
		case isPart || len(parts) == 0:
			weights = append(weights, m)
		default:
			state = append(state, m)
		}
	}
	return weights, state
}

// partKeys returns the top-level keys that hold module weights.
func partKeys(t *tree.Tree) []tensor.Key {
	if t.Root.Tag != tree.TagDict && t.Root.Tag != tree.TagOrdered {
		return nil
	}
	var keys []tensor.Key
	for _, p := range t.Root.Pairs {
		name, ok := p[0].Plain.(string)
		if ok && isPart(name, resolve(t.Root, p[1])) {
			keys = append(keys, tensor.Key{Text: name})
		}
	}
	return keys
}

func isPart(name string, v *tree.Value) bool {
	if v != nil && v.Tag == tree.TagModule {
		return holdsTensor(v)
	}
	if v == nil || v.Tag != tree.TagOrdered && (v.Tag != tree.TagDict || !slices.Contains(wrappers, name)) {
		return false
	}
	tensors := 0
	if v.Many != nil {
		tensors = v.Many.Len()
	}
	for _, p := range v.Pairs {
		key, ok := p[0].Plain.(string)
		if !ok {
			return false
		}
		if strings.HasSuffix(key, "_extra_state") { // what a module adds itself (Module.get_extra_state)
			continue
		}
		switch p[1].Tag {
		case tree.TagTensor, tree.TagArray, tree.TagSparse, tree.TagQuantized, tree.TagNested, tree.TagWrapper:
			tensors++
		case tree.TagDict, tree.TagOrdered, tree.TagList, tree.TagTuple, tree.TagRef:
			return false
		}
	}
	return tensors > 0
}

// holdsTensor reports whether a module has a tensor in its state_dict.
func holdsTensor(module *tree.Value) bool {
	for _, p := range module.Pairs {
		switch p[1].Tag {
		case tree.TagTensor, tree.TagSparse, tree.TagQuantized, tree.TagNested, tree.TagWrapper:
			return true
		case tree.TagModule:
			if holdsTensor(p[1]) {
				return true
			}
		}
	}
	return false
}

// resolve follows a reference to another top-level value.
func resolve(root, v *tree.Value) *tree.Value {
	if v.Tag != tree.TagRef {
		return v
	}
	for _, p := range root.Pairs {
		if p[1].ID == v.Ref {
			return p[1]
		}
	}
	return nil
}
