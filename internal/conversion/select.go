package conversion

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A Selection is what a conversion writes of a tree's tensors, each Named as it is
// to be called.
type Selection struct {
	Weights, State []tree.Named
	// ManyWeights and ManyState are further ones, where there are very many.
	ManyWeights, ManyState []*tree.Many
	// Left are the tensors that were left out by their names, Aside the state's
	// where only the weights were asked for.
	Left, Aside []tree.Named
	// Renamed are the tensors of Weights and State that were asked to have another
	// name than theirs.
	Renamed []Renamed
}

// A Renamed is a tensor that was called Was before it was called Name.
type Renamed struct {
	Path      []tensor.Key
	Was, Name string
}

// Why a tensor that could be converted is left out of the tree, as a tree says it.
const (
	LeftByName  = "left out by its name"
	LeftAsState = "left out: only the weights were asked for"
)

// Unwanted reports whether a tree says of a value that it is a tensor that somebody
// asked to leave out.
func Unwanted(v *tree.Value) bool {
	return v.Tag == tree.TagOmitted && (v.Text == LeftByName || v.Text == LeftAsState)
}

// Select carries out what the options say of which tensors there are, and under
// which names. What is left out is marked so in the tree. A choice that leaves
// nothing, or that cannot be made, is a *Refusal.
func Select(t *tree.Tree, opt Options) (*Selection, error) {
	s := &Selection{}
	s.Weights, s.State = split(t, opt.SingleFile)
	s.ManyWeights, s.ManyState = splitMany(t)
	was := map[*tree.Value]string{}
	for _, list := range [][]tree.Named{s.Weights, s.State} {
		for i := range list {
			was[list[i].Value] = list[i].Name
		}
	}
	for i := range s.Weights {
		s.Weights[i].Name = Strip(s.Weights[i].Name, opt.StripPrefixes)
	}
	called := firstName(s.Weights, s.State)
	s.Weights, s.State = choose(s.Weights, opt, &s.Left), choose(s.State, opt, &s.Left)
	if err := rename(opt.Renames, s.Weights, s.State); err != nil {
		return nil, err
	}
	if opt.WeightsOnly {
		for i := range s.State {
			leave(&s.State[i], LeftAsState)
		}
		s.Aside, s.State = s.State, nil
	}
	relink(s.Weights, s.State)
	for _, list := range [][]tree.Named{s.Weights, s.State} {
		for i := range list {
			if n := &list[i]; n.Name != was[n.Value] {
				s.Renamed = append(s.Renamed, Renamed{n.Path, was[n.Value], n.Name})
			}
		}
	}
	if len(s.Weights)+len(s.State)+len(s.ManyWeights)+len(s.ManyState) == 0 {
		return nil, &Refusal{Msg: "no tensor is left: every one was left out" + called}
	}
	return s, nil
}

// firstName says what tensors are called, by an example.
func firstName(groups ...[]tree.Named) string {
	for _, g := range groups {
		if len(g) > 0 {
			return fmt.Sprintf("; they have names such as %q", g[0].Name)
		}
	}
	return ""
}

// TensorNames lists what tensors are called.
func TensorNames(list []tree.Named) (names []string) {
	for i := range list {
		names = append(names, list[i].Name)
	}
	return names
}

// rename carries the renames out. A tensor that is not there is a Refusal.
func rename(list []Rename, groups ...[]tree.Named) error {
	renamed := map[*tree.Named]bool{}
	for _, r := range list {
		n := find(r.Old, renamed, groups)
		if n == nil {
			return &Refusal{Msg: fmt.Sprintf("--rename: there is no tensor %q", r.Old) + firstName(groups...)}
		}
		n.Name, renamed[n] = r.New, true
	}
	return nil
}

func find(name string, not map[*tree.Named]bool, groups [][]tree.Named) *tree.Named {
	for _, g := range groups {
		for i := range g {
			if g[i].Name == name && !not[&g[i]] {
				return &g[i]
			}
		}
	}
	return nil
}

// Strip takes prefixes off a name, each at most once and in whatever order
// they come. A name is never left empty.
func Strip(name string, prefixes []string) string {
	used := make([]bool, len(prefixes))
	for again := true; again; {
		again = false
		for i, p := range prefixes {
			if rest, ok := strings.CutPrefix(name, p); ok && !used[i] && rest != "" {
				name, used[i], again = rest, true, true
			}
		}
	}
	return name
}
