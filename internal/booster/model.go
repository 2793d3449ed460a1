package booster

import (
	"strconv"
	"strings"
)

// A model is what is known of a model of xgboost so far.
type model struct {
	source
	nest   []frame
	tree   *lists // the tree, or the encoding of a category, that is open
	lists  lists  // lists of the model itself
	trees  int64
	codes  int64             // encodings of categories
	param  map[string]string // by the last two keys
	binary bool              // the model is in xgboost's older form
	most   int64             // the largest feature that a tree asks for
}

// A frame is an object or a list that is open.
type frame struct {
	array bool
	last  string // the last key of an object, or the key of a list
	any   bool   // an object has a key
	list  *list
}

// lists holds the lists of numbers in one object.
type lists map[string]*list

// A list is how many values a list has, and the numbers if they are wanted.
type list struct {
	n    int64
	keep bool
	v    []int32
}

// kept names the lists of which the numbers count: those that point into others.
func kept(name string) bool {
	switch name {
	case "left_children", "right_children", "parents", "split_indices", "split_type", "categories", "categories_nodes", "categories_segments", "categories_sizes",
		"tree_info", "iteration_indptr", "offsets", "feature_segments", "sorted_idx":
		return true
	}
	return false
}

// counted names the lists of which the length counts. Of others nothing is noted:
// there can be any number of them.
func counted(name string) bool {
	switch name {
	case "split_conditions", "default_left", "sum_hessian", "loss_changes", "base_weights", "leaf_weights", "values", "weights", "weight_drop":
		return true
	}
	return kept(name)
}

// within reports whether the open containers are the ones with these keys, from the
// inside out; "[]" is a list.
func (m *model) within(keys ...string) bool {
	if len(m.nest) <= len(keys) {
		return false
	}
	for i, k := range keys {
		if f := m.nest[len(m.nest)-2-i]; f.array && k != "[]" || !f.array && f.last != k {
			return false
		}
	}
	return true
}

// inModel reports whether what is open belongs to the model, and not to its configuration.
func (m *model) inModel() bool {
	return len(m.nest) > 1 && m.nest[0].last == "Model"
}

func (m *model) open(array bool) {
	m.plain()
	if len(m.nest) == maxDepth {
		m.fail("values inside one another, %d deep", maxDepth)
	}
	f := frame{array: array}
	if array && len(m.nest) > 0 {
		f.last = m.nest[len(m.nest)-1].last
	}
	m.nest = append(m.nest, f)
	switch {
	case !m.inModel():
	case array:
		m.openList(f.last)
	case m.within("[]", "trees", "model"), m.within("[]", "enc", "cats"):
		if m.tree != nil {
			m.fail("a tree inside a tree")
		}
		m.tree = &lists{}
	}
}

// openList notes a list that belongs to a tree or to the model.
func (m *model) openList(name string) {
	in := m.lists
	switch {
	case !counted(name):
		return
	case m.tree != nil && (m.within(name, "[]", "trees") || m.within(name, "[]", "enc")):
		in = *m.tree
	case m.tree != nil:
		return
	case m.within(name, "model"), m.within(name, "gradient_booster"), m.within(name, "cats"):
	default:
		return
	}
	if in[name] != nil {
		m.fail("the list %q stands twice", name)
	}
	l := &list{keep: kept(name)}
	in[name] = l
	m.nest[len(m.nest)-1].list = l
}

func (m *model) close() {
	if m.tree != nil {
		switch {
		case m.within("[]", "trees", "model"):
			m.trees++
			m.checkTree(*m.tree)
			m.tree = nil
		case m.within("[]", "enc", "cats"):
			m.codes++
			m.checkCodes(*m.tree)
			m.tree = nil
		}
	}
	m.nest = m.nest[:len(m.nest)-1]
}

// key is the next key of an object. xgboost writes them in order.
func (m *model) key(k string) {
	f := &m.nest[len(m.nest)-1]
	if f.any && k <= f.last {
		m.fail("the key %q is not in its place", k)
	}
	f.last, f.any = k, true
}

// item counts a value in the list that is open.
func (m *model) item() {
	if len(m.nest) > 0 {
		if l := m.nest[len(m.nest)-1].list; l != nil {
			l.n++
		}
	}
}

// wanted reports whether the numbers of the list that is open are kept.
func (m *model) wanted() bool {
	l := m.nest[len(m.nest)-1].list
	return l != nil && l.keep
}

// count counts numbers that were passed over.
func (m *model) count(n int64) {
	if l := m.nest[len(m.nest)-1].list; l != nil {
		l.n += n
	}
}

func (m *model) number(n int64, whole bool) {
	m.item()
	if m.tree != nil && m.nest[len(m.nest)-1].last == "id" && m.within("[]", "trees", "model") && (!whole || n != m.trees) {
		m.fail("the tree in place %d calls itself %d", m.trees, n) // that is where its reader puts it
	}
	if len(m.nest) == 0 || !m.wanted() {
		return
	}
	l := m.nest[len(m.nest)-1].list
	if !whole || n != int64(int32(n)) && m.nest[len(m.nest)-1].last != "split_indices" || l.n > maxNodes {
		m.fail("%q holds what is no index, or too many", m.nest[len(m.nest)-1].last)
	}
	l.v = append(l.v, int32(min(n, 1<<31-1)))
}

func (m *model) word() { m.plain() }

// plain counts a value that is no number.
func (m *model) plain() {
	m.item()
	if len(m.nest) > 0 && m.wanted() {
		m.fail("%q holds what is no index", m.nest[len(m.nest)-1].last)
	}
}

func (m *model) text(s string) {
	m.plain()
	if len(m.nest) < 2 || m.nest[len(m.nest)-1].array || len(s) > 4096 {
		return
	}
	in, name := m.nest[len(m.nest)-2].last, m.nest[len(m.nest)-1].last
	switch in + "/" + name {
	case "learner_model_param/num_feature", "learner_model_param/num_class", "learner_model_param/num_target", "learner_model_param/base_score",
		"softmax_multiclass_param/num_class", "gbtree_model_param/num_trees", "gbtree_model_param/num_parallel_tree":
	case "tree_param/num_nodes", "tree_param/size_leaf_vector":
		if m.tree != nil {
			(*m.tree)[name] = &list{n: m.whole(s)}
		}
		return
	default:
		return
	}
	if old, ok := m.param[in+"/"+name]; ok && old != s {
		m.fail("%s is %s and %s", name, clip(old), clip(s))
	}
	m.param[in+"/"+name] = s
}

func (m *model) whole(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 40)
	if err != nil || n < 0 {
		m.fail("%q is no count", clip(s))
	}
	return n
}

// of returns a parameter that is a count, 0 if it is not there.
func (m *model) of(name string) int64 {
	s, ok := m.param[name]
	if !ok {
		return 0
	}
	return m.whole(s)
}

// end checks what holds for the model as a whole.
func (m *model) end() {
	groups := max(m.of("learner_model_param/num_class"), 1) * max(m.of("learner_model_param/num_target"), 1)
	features := m.of("learner_model_param/num_feature")
	if m.trees > 0 && m.most >= features {
		m.fail("a tree asks for feature %d of %d", m.most, features)
	}
	if n, ok := m.param["softmax_multiclass_param/num_class"]; ok && m.whole(n) > groups {
		m.fail("the objective has %s classes, the model %d", clip(n), groups)
	}
	if n, ok := m.param["gbtree_model_param/num_trees"]; ok && m.whole(n) != m.trees {
		m.fail("there are %d trees and not %s", m.trees, clip(n))
	}
	if n, ok := m.param["gbtree_model_param/num_parallel_tree"]; ok && m.whole(n) == 0 {
		m.fail("num_parallel_tree is 0")
	}
	if n := strings.Count(m.param["learner_model_param/base_score"], ",") + 1; n != 1 && int64(n) != groups {
		m.fail("base_score has %d values for %d outputs", n, groups)
	}
	if w := m.lists["weights"]; w != nil && w.n != 0 && w.n != (features+1)*groups {
		m.fail("there are %d weights for %d features", w.n, features)
	}
	if w := m.lists["weight_drop"]; w != nil && w.n != m.trees {
		m.fail("there are %d weights for %d trees", w.n, m.trees)
	}
	m.checkRounds(groups)
	m.checkCategories()
}

// checkRounds checks which output each tree adds to, and which trees make a round.
func (m *model) checkRounds(groups int64) {
	if info := m.lists.of("tree_info"); info.n != m.trees || !info.within(0, groups) {
		m.fail("tree_info is not an output for each of %d trees", m.trees)
	}
	r := m.lists["iteration_indptr"]
	if r == nil || r.n == 0 && m.trees == 0 {
		return
	}
	if !r.rising() || r.n == 0 || r.v[0] != 0 || int64(r.v[r.n-1]) != m.trees {
		m.fail("iteration_indptr does not divide %d trees", m.trees)
	}
}

func clip(s string) string { return s[:min(len(s), 40)] }
