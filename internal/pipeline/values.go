package pipeline

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// values compares the plain values of two files that stand in mappings, lists
// and tuples, by path. The versions of modules beside a state_dict, which
// load_state_dict can do without, may be missing. What stands in an object or a module may have another
// form in another format, and is not compared; a file that has no plain value
// at all, such as one of numpy, does not miss any.
func (m *comparison) values(orig, conv *Audited) {
	before, after := plainValues(orig), plainValues(conv)
	if now, what, other := remedied(orig, conv, after); what != "" {
		before = now
		m.out.Notes = append(m.out.Notes, what)
		if other {
			m.problem("it computes something else than the original: a layer of it passes its input on")
		}
	}
	if len(before) == 0 || len(after) == 0 {
		return
	}
	var paths []string
	for p := range before {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	versions := 0
	var lacking []string
	for _, p := range paths {
		a, b := before[p], after[p]
		switch {
		case a == notPlain:
		case b == "" && strings.Contains(p, "._metadata"):
			versions++
		case b == "" && inHDF5(conv) && !holdsBelow(after, top(p)): // each form of Keras has another place for the config, or none
			if !slices.Contains(lacking, top(p)) {
				lacking = append(lacking, top(p))
			}
		case b == "":
			m.problem("the value %s is missing from the converted file", p)
		case a != b && b != notPlain:
			m.problem("the value %s is %.80s, the original %.80s", p, b, a)
		case a == b:
			m.out.Values++
		}
	}
	if len(lacking) > 0 {
		m.out.Notes = append(m.out.Notes, "not compared, as the converted file has no such values: "+strings.Join(lacking, ", "))
	}
	if versions > 0 {
		m.out.Notes = append(m.out.Notes, fmt.Sprintf("%d of the versions of modules that a state_dict's _metadata has are missing from the converted file", versions))
	}
}

// inHDF5 reports whether a file is one of Keras, or another one of HDF5.
func inHDF5(a *Audited) bool {
	return a.Model != nil && (a.Model.Format == audit.FormatKeras || a.Model.Format == audit.FormatHDF5)
}

// top is the first step of a path.
func top(path string) string {
	first, _, _ := strings.Cut(path, "]")
	return first + "]"
}

func holdsBelow(values map[string]string, step string) bool {
	for p := range values {
		if top(p) == step {
			return true
		}
	}
	return false
}

// notPlain stands for a value that is there and may have another form.
const notPlain = "a value"

// plainValues are the plain values of a model by path, nil if there is no model.
func plainValues(a *Audited) map[string]string {
	if a.Model == nil {
		return nil
	}
	t, err := a.Model.Tree()
	if err != nil {
		return nil // its tensors were read, and said what is wrong
	}
	return flat(t.Root)
}

// flat are the plain values of a tree by path, nil if there is none.
func flat(root *tree.Value) map[string]string {
	out, plain := map[string]string{}, 0
	plainBelow(root, nil, out, &plain)
	if plain == 0 {
		return nil
	}
	return out
}

func plainBelow(v *tree.Value, path []string, out map[string]string, plain *int) {
	add := func(key string, v *tree.Value) { plainBelow(v, append(path[:len(path):len(path)], key), out, plain) }
	switch v.Tag {
	case "":
		if n, ok := v.Plain.(*big.Int); ok && n.BitLen() > 255*8-1 {
			v = &tree.Value{Plain: n.String()} // as a file of torch has it, which takes no longer ones
		}
		text, err := json.Marshal(v)
		if err == nil {
			out[strings.Join(path, "")] = string(text)
			*plain++
		}
	case tree.TagList, tree.TagTuple:
		for i, item := range v.Items {
			key, _ := json.Marshal(i)
			add("["+string(key)+"]", item)
		}
	case tree.TagDict, tree.TagOrdered:
		for _, p := range v.Pairs {
			if k, ok := tree.KeyOf(p[0]); ok {
				add(step(k), p[1])
			}
		}
		for _, p := range v.Attrs {
			if k, ok := tree.KeyOf(p[0]); ok && v.Tag == tree.TagOrdered && k.Text == "_metadata" {
				add("."+k.Text, p[1])
			}
		}
	case tree.TagTensor, tree.TagArray, tree.TagAlias, tree.TagRef, tree.TagOmitted:
	default:
		out[strings.Join(path, "")] = notPlain
	}
}

// step writes a key as Python would.
func step(k tensor.Key) string {
	if k.Int {
		return "[" + k.Text + "]"
	}
	text, _ := json.Marshal(&tree.Value{Plain: k.Text})
	return "[" + string(text) + "]"
}
