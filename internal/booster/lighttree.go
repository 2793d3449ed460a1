package booster

import (
	"bytes"
	"math"
	"strconv"
)

// oneTree checks a tree (src/io/tree.cpp, the constructor that takes a text).
func (m *forest) oneTree(i int) {
	if s := m.line(); s != "Tree="+strconv.Itoa(i) {
		m.fail("%q where tree %d should begin", clip(s), i)
	}
	m.pairs(" num_leaves num_cat split_feature split_gain threshold decision_type left_child right_child leaf_value leaf_weight leaf_count " +
		"internal_value internal_weight internal_count cat_boundaries cat_threshold is_linear leaf_const num_features leaf_features leaf_coeff shrinkage ")
	leaves := m.number("num_leaves", 1, maxNodes)
	sets := m.number("num_cat", 0, maxNodes)
	m.floats("leaf_value", leaves, true)
	m.floats("shrinkage", 1, true)
	m.linear(leaves)
	if leaves == 1 {
		return // its reader looks at nothing else
	}
	inner := leaves - 1
	for _, key := range []string{"split_gain", "internal_value", "internal_weight", "internal_count"} {
		m.floats(key, inner, false)
	}
	for _, key := range []string{"leaf_weight", "leaf_count"} {
		m.floats(key, leaves, false)
	}
	m.floats("threshold", inner, true)
	m.list("split_feature", inner, 0, int64(m.features-1), nil)
	for _, key := range []string{"left_child", "right_child"} {
		// A node is made after the one that it hangs on.
		m.list(key, inner, int64(-leaves), int64(inner-1), func(at int, child int64) bool { return child < 0 || child > int64(at) })
	}
	m.categories(inner, sets)
}

// categories checks the sets of categories, and that each node that asks for
// one asks for one that is there.
func (m *forest) categories(inner, sets int) {
	var kinds []byte
	m.list("decision_type", inner, 0, 15, func(_ int, v int64) bool { kinds = append(kinds, byte(v)); return true })
	if sets > 0 {
		last := int64(0)
		m.list("cat_boundaries", sets+1, 0, math.MaxInt32, func(at int, v int64) bool {
			ok := v >= last && (at > 0 || v == 0)
			last = v
			return ok
		})
		m.list("cat_threshold", int(last), 0, math.MaxUint32, nil)
	}
	at := 0
	m.words(m.keys["threshold"], func(w []byte) {
		if kinds[at]&1 != 0 {
			if n, err := strconv.ParseFloat(string(w), 64); err != nil || n < 0 || n != math.Trunc(n) || n >= float64(sets) {
				m.fail("node %d asks for the set %s of %d", at, clip(string(w)), sets)
			}
		}
		at++
	})
}

// linear checks the linear models in the leaves.
func (m *forest) linear(leaves int) {
	if v, ok := m.keys["is_linear"]; !ok || string(v) == "0" {
		return
	}
	m.number("is_linear", 1, 1)
	m.floats("leaf_const", leaves, true)
	total := 0
	m.list("num_features", leaves, 0, int64(m.features), func(_ int, n int64) bool { total += int(n); return total <= maxNodes })
	m.list("leaf_features", total, 0, int64(m.features-1), nil)
	m.floats("leaf_coeff", total, true)
}

// words calls f for each word of a list.
func (m *forest) words(v []byte, f func([]byte)) {
	for len(v) > 0 {
		var w []byte
		if w, v, _ = bytes.Cut(v, []byte(" ")); len(w) > 0 {
			f(w)
		}
	}
}

// floats checks a list of n numbers; one that is not demanded may be missing.
func (m *forest) floats(key string, n int, demanded bool) {
	v, ok := m.keys[key]
	if !ok && !demanded {
		return
	}
	got := 0
	m.words(v, func(w []byte) {
		if len(bytes.Trim(w, "0123456789+-.einfa")) > 0 || len(w) > 64 {
			m.fail("%s holds %q", key, clip(string(w)))
		}
		got++
	})
	if got != n {
		m.fail("%s has %d values and not %d", key, got, n)
	}
}

func (m *forest) list(key string, n int, least, most int64, good func(at int, v int64) bool) {
	m.ints(key, m.keys[key], n, least, most, good)
}

// ints checks a list of n integers.
func (m *forest) ints(key string, v []byte, n int, least, most int64, good func(at int, v int64) bool) {
	got := 0
	m.words(v, func(w []byte) {
		x, err := strconv.ParseInt(string(w), 10, 64)
		if err != nil || x < least || x > most || got >= n || good != nil && !good(got, x) {
			m.fail("%s holds %s", key, clip(string(w)))
		}
		got++
	})
	if got != n {
		m.fail("%s has %d values and not %d", key, got, n)
	}
}
