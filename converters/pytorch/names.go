package pytorch

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tree"
)

// rename gives the tensors of a result the names that they were asked to have. A
// name is the keys above a tensor and its own; only its own can be changed.
func (m *mapper) rename(root *tree.Value, prefixes []string) error {
	if len(m.renamed) == 0 {
		return nil
	}
	done := map[*tree.Value]bool{}
	var err error
	root.Each(func(v *tree.Value) {
		if err == nil && (v.Tag == tree.TagDict || v.Tag == tree.TagOrdered) && v.Class == "" {
			err = m.renameIn(v, prefixes, done)
		}
	})
	if err != nil {
		return err
	}
	for of, r := range m.renamed {
		if !done[of] {
			return unrenamed(r)
		}
	}
	return nil
}

func unrenamed(r *conversion.Renamed) error {
	return &conversion.Refusal{Msg: fmt.Sprintf("tensor %q cannot be called %q here, where its name is that of its place among lists and dicts (--to safetensors can)", r.Was, r.Name)}
}

// renameIn changes the keys of one mapping.
func (m *mapper) renameIn(of *tree.Value, prefixes []string, done map[*tree.Value]bool) error {
	changed := false
	for i, p := range of.Pairs {
		r := m.wanted(p[1], done)
		if r == nil {
			continue
		}
		key, isText := p[0].Plain.(string)
		above, ok := strings.CutSuffix(r.Was, key)
		to, below := strings.CutPrefix(r.Name, above)
		if !isText || p[0].Tag != "" || !ok || !below || above != "" && !strings.HasSuffix(above, ".") {
			return unrenamed(r)
		}
		of.Pairs[i][0], changed = &tree.Value{Plain: to}, true
	}
	if !changed {
		return nil
	}
	seen := map[string]bool{}
	for _, p := range of.Pairs {
		key, isText := p[0].Plain.(string)
		if isText && seen[key] {
			return &conversion.Refusal{Msg: fmt.Sprintf("two tensors have the name %q", key), Name: &key}
		}
		seen[key] = isText
	}
	for i, p := range of.Attrs {
		if name, _ := p[0].Plain.(string); name == "_metadata" && p[1].Tag == tree.TagOrdered {
			of.Attrs[i][1].Pairs = stripped(p[1].Pairs, prefixes)
		}
	}
	return nil
}

// wanted is what a value is to be called, nil if it keeps its name: as a tensor, or
// as one that is made of others whose names are below its own.
func (m *mapper) wanted(v *tree.Value, done map[*tree.Value]bool) *conversion.Renamed {
	if n := m.of[v]; n != nil {
		done[n.Value] = true
		return m.renamed[n.Value]
	}
	var out *conversion.Renamed
	switch v.Tag {
	case tree.TagSparse, tree.TagQuantized:
		for _, p := range v.Pairs {
			n, part := m.of[p[1]], fmt.Sprintf(".%v", p[0].Plain)
			if n == nil || m.renamed[n.Value] == nil {
				continue
			}
			was, _ := strings.CutSuffix(m.renamed[n.Value].Was, part)
			is, ok := strings.CutSuffix(m.renamed[n.Value].Name, part)
			if !ok || out != nil && out.Name != is {
				return m.renamed[n.Value] // it cannot be, and that is said with its own name
			}
			done[n.Value], out = true, &conversion.Renamed{Was: was, Name: is}
		}
	}
	return out
}

// stripped takes prefixes off the names of modules, as
// torch.nn.modules.utils.consume_prefix_in_state_dict_if_present does.
func stripped(pairs [][2]*tree.Value, prefixes []string) (out [][2]*tree.Value) {
	at := map[string]int{}
	for _, p := range pairs {
		key, isText := p[0].Plain.(string)
		if isText && key != "" {
			key = strings.TrimSuffix(conversion.Strip(key+".", prefixes), ".")
			for _, prefix := range prefixes {
				if key+"." == prefix {
					key = ""
				}
			}
		}
		i, there := at[key]
		switch {
		case !isText:
			out = append(out, p)
		case there: // the module below a wrapper takes the wrapper's place
			out[i] = [2]*tree.Value{{Plain: key}, p[1]}
		default:
			at[key] = len(out)
			out = append(out, [2]*tree.Value{{Plain: key}, p[1]})
		}
	}
	return out
}
