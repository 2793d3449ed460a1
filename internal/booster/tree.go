package booster

// of returns a list, an empty one if there is none.
func (l lists) of(name string) *list {
	if l[name] == nil {
		return &list{}
	}
	return l[name]
}

// within reports whether all numbers are from least up to and without end.
func (l *list) within(least, end int64) bool {
	for _, v := range l.v {
		if int64(v) < least || int64(v) >= end {
			return false
		}
	}
	return true
}

// rising reports whether no number is less than the one before, or than 0.
func (l *list) rising() bool {
	last := int32(0)
	for _, v := range l.v {
		if v < last {
			return false
		}
		last = v
	}
	return true
}

// checkTree checks one tree (src/tree/tree_model.cc, LoadModel).
func (m *model) checkTree(t lists) {
	n := t.of("num_nodes").n
	if n == 0 || t.of("base_weights").n == 0 {
		m.fail("a tree without nodes")
	}
	width := max(t.of("size_leaf_vector").n, 1)
	for _, name := range []string{"left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left", "sum_hessian", "loss_changes"} {
		left := width > 1 && t["leaf_weights"] == nil && (name == "sum_hessian" || name == "loss_changes") // not there in xgboost before 3
		if got := t.of(name).n; got != n && !(left && got == 0) {
			m.fail("%s has %d values for %d nodes", name, got, n)
		}
	}
	if w := t.of("base_weights").n; w != n && w != n*width {
		m.fail("base_weights has %d values for %d nodes", w, n)
	}
	if s := t["split_type"]; s != nil && (s.n != n || !s.within(0, 2)) {
		m.fail("split_type is not a type for each of %d nodes", n)
	}
	m.checkNodes(t, width)
	m.checkSets(t)
}

// checkNodes demands that every child knows its parent, so that whoever walks
// down comes to an end.
func (m *model) checkNodes(t lists, width int64) {
	left, right, parents, split := t.of("left_children").v, t.of("right_children").v, t.of("parents").v, t.of("split_indices").v
	leaves := t.of("leaf_weights").n / width
	for i := range left {
		if i > 0 && (parents[i] < 0 || int(parents[i]) >= len(left)) {
			m.fail("node %d hangs on node %d", i, parents[i])
		}
		if left[i] == -1 {
			if r := int64(right[i]); r != -1 && (width == 1 || r < 0 || r >= leaves) {
				m.fail("node %d is half a leaf", i)
			}
			continue
		}
		if split[i] < 0 {
			m.fail("node %d asks for feature %d", i, split[i])
		}
		m.most = max(m.most, int64(split[i]))
		for _, c := range []int32{left[i], right[i]} {
			if c <= 0 || int(c) >= len(left) || parents[c] != int32(i) {
				m.fail("node %d has the child %d", i, c)
			}
		}
		if left[i] == right[i] {
			m.fail("node %d has one child twice", i)
		}
	}
}

// checkSets checks the categories that nodes ask for: a run of them for each
// node that does.
func (m *model) checkSets(t lists) {
	nodes, from, sizes, all := t.of("categories_nodes"), t.of("categories_segments"), t.of("categories_sizes"), t.of("categories")
	if nodes.n != from.n || nodes.n != sizes.n || !nodes.within(0, t.of("num_nodes").n) || !all.within(0, 1<<24) {
		m.fail("the categories of a tree are not as its writer writes them")
	}
	last := int32(-1)
	for i, k := range nodes.v {
		if k <= last || from.v[i] < 0 || sizes.v[i] < 0 || int64(from.v[i])+int64(sizes.v[i]) > all.n {
			m.fail("node %d has categories outside of the list", k)
		}
		last = k
	}
	at := 0
	for i, k := range t.of("split_type").v {
		for at < len(nodes.v) && int(nodes.v[at]) < i {
			at++
		}
		if k == 1 && t.of("left_children").v[i] != -1 && (at == len(nodes.v) || int(nodes.v[at]) != i) {
			m.fail("node %d asks for categories and has none", i)
		}
	}
}

// checkCodes checks how the categories of a feature are spelled, as texts one
// behind the other (src/data/cat_container.cc).
func (m *model) checkCodes(t lists) {
	o := t["offsets"]
	if o == nil || o.n == 0 && t.of("values").n == 0 {
		return
	}
	if !o.rising() || o.n == 0 || o.v[0] != 0 || int64(o.v[o.n-1]) != t.of("values").n {
		m.fail("the offsets of categories do not divide %d bytes", t.of("values").n)
	}
}

// checkCategories checks the order of all categories.
func (m *model) checkCategories() {
	segments, order := m.lists.of("feature_segments"), m.lists.of("sorted_idx")
	if segments.n == 0 {
		if order.n != 0 || m.codes != 0 {
			m.fail("categories without segments")
		}
		return
	}
	if !segments.rising() || segments.n != m.codes+1 || segments.v[0] != 0 || int64(segments.v[segments.n-1]) != order.n {
		m.fail("feature_segments does not divide %d categories", order.n)
	}
	for i := range m.codes {
		from, to := segments.v[i], segments.v[i+1]
		part := list{v: order.v[from:to]}
		if !part.within(0, int64(to-from)) {
			m.fail("sorted_idx points outside of its feature")
		}
	}
}
