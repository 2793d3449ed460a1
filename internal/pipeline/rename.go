package pipeline

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tree"
)

// maxRenames is how many renames are proposed; with more a person is better
// served by changing the model.
const maxRenames = 20

// Renames proposes renames, beside those in opt, with which a source can be
// converted that is refused for the names of its tensors. Nil means that
// renaming does not help.
func Renames(a *Audited, opt converters.Options) []converters.Rename {
	given := len(opt.Renames)
	opt.Renames = opt.Renames[:given:given]
	for range maxRenames {
		_, err := Plan(a, opt)
		if err == nil {
			return opt.Renames[given:]
		}
		var refused *converters.Refusal
		if !errors.As(err, &refused) || refused.Name == nil || strings.Contains(*refused.Name, "\x00") {
			return nil
		}
		t, err := a.Model.Tree()
		if err != nil {
			return nil
		}
		opt.Renames = append(opt.Renames, converters.Rename{Old: *refused.Name, New: freshName(t, opt, *refused.Name)})
	}
	return nil
}

// freshName is a name like old that the format can hold and no tensor has.
func freshName(t *tree.Tree, opt converters.Options, old string) string {
	taken := map[string]bool{old: true}
	for i := range t.Tensors {
		taken[t.Tensors[i].Name] = true
		if path := t.Tensors[i].Path; len(path) > 1 {
			taken[tree.Name(path[1:])] = true // its name without a wrapper's key
		}
	}
	for _, r := range opt.Renames {
		taken[r.New] = true
	}
	stem := strings.Trim(strings.ToValidUTF8(old, "_"), "_")
	if stem == "" {
		stem = "tensor"
	}
	name := stem
	for i := 2; taken[name]; i++ {
		name = stem + "_" + strconv.Itoa(i)
	}
	return name
}

// IdlePrefixes are the prefixes in opt that stand in the name of no tensor, so
// that there is nothing that they could be taken off.
func IdlePrefixes(a *Audited, opt converters.Options) (idle []string) {
	if len(opt.StripPrefixes) == 0 || a.Model == nil {
		return nil
	}
	t, err := a.Model.Tree()
	if err != nil {
		return nil
	}
	for _, p := range opt.StripPrefixes {
		if !slices.ContainsFunc(t.Tensors, func(n tree.Named) bool { return strings.Contains(tree.Name(n.Path), p) }) {
			idle = append(idle, p)
		}
	}
	return idle
}
