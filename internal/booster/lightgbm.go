package booster

import (
	"bytes"
	"io"
	"math"
	"strconv"
	"strings"
)

// LightGBM checks what Booster.__getstate__ of lightgbm writes (src/boosting/
// gbdt_model_text.cpp, SaveModelToString; src/io/tree.cpp, ToString), versions 2
// to 4 of the text.
func LightGBM(r io.ReaderAt, size int64) (err error) {
	m := &forest{source: newSource(r, size)}
	defer m.recover(&err)
	m.head()
	for i, n := range m.sizes {
		from := m.at
		m.oneTree(i)
		for m.peek() == '\n' && m.at < from+n {
			m.next()
		}
		if m.at != from+n {
			m.fail("tree %d has %d bytes and not %d", i, m.at-from, n)
		}
	}
	if s := m.line(); s != "end of trees" {
		m.fail("%q where the trees should end", clip(s))
	}
	return nil
}

// A forest is what the head of a model says.
type forest struct {
	source
	features int
	sizes    []int64 // bytes of each tree
	keys     map[string][]byte
}

// maxLists is how long the lists of one tree, or of the head, may be as text.
const maxLists = 48 << 20

// line reads a line, without its end.
func (m *forest) line() string { return string(m.raw(maxLists)) }

func (m *forest) raw(most int) []byte {
	var b []byte
	for {
		part, err := m.in.ReadSlice('\n')
		m.at += int64(len(part))
		if len(b)+len(part) > most {
			m.fail("lines of more than %d bytes", maxLists)
		}
		switch {
		case err == nil && b == nil:
			return bytes.Clone(part[:len(part)-1])
		case err == nil:
			return append(b, part[:len(part)-1]...)
		case len(part) == 0 || m.peek() == 0:
			m.fail("the model ends early")
		}
		b = append(b, part...)
	}
}

// pairs reads lines "key=value" up to an empty one, of known keys only.
func (m *forest) pairs(known string) {
	m.keys = map[string][]byte{}
	for left := maxLists; ; {
		b := m.raw(left)
		left -= len(b)
		if len(b) == 0 {
			return
		}
		k, v, ok := bytes.Cut(b, []byte("="))
		key := string(k[:min(len(k), 64)])
		if !strings.Contains(known, " "+key+" ") || !ok && key != "average_output" {
			m.fail("an unknown line %q", clip(key))
		}
		if _, dup := m.keys[key]; dup {
			m.fail("%q stands twice", key)
		}
		m.keys[key] = v
	}
}

func (m *forest) number(key string, least, most int) int {
	v, ok := m.keys[key]
	n, err := strconv.Atoi(string(v[:min(len(v), 20)]))
	if !ok || err != nil || n < least || n > most {
		m.fail("%s=%s", key, clip(string(v)))
	}
	return n
}

func (m *forest) head() {
	if s := m.line(); s != "tree" {
		m.fail("%q where a model should begin", clip(s))
	}
	m.pairs(" version num_class num_tree_per_iteration label_index max_feature_idx objective average_output feature_names monotone_constraints feature_infos tree_sizes ")
	switch string(m.keys["version"]) {
	case "v2", "v3", "v4":
	default:
		m.fail("version %q", clip(string(m.keys["version"])))
	}
	m.features = m.number("max_feature_idx", 0, math.MaxInt32-1) + 1
	classes := m.number("num_class", 1, math.MaxInt32)
	each := m.number("num_tree_per_iteration", 1, math.MaxInt32)
	m.number("label_index", 0, math.MaxInt32)
	for _, key := range []string{"feature_names", "feature_infos"} {
		if n := bytes.Count(m.keys[key], []byte(" ")) + 1; n != m.features {
			m.fail("%s has %d values for %d features", key, n, m.features)
		}
	}
	if c, ok := m.keys["monotone_constraints"]; ok {
		m.ints("monotone_constraints", c, m.features, -1, 1, nil)
	}
	if words := bytes.Fields(m.keys["objective"]); len(words) > 0 {
		for _, w := range words[1:] {
			if n, ok := bytes.CutPrefix(w, []byte("num_class:")); ok && string(n) != strconv.Itoa(classes) {
				m.fail("the objective has %s classes, the model %d", clip(string(n)), classes)
			}
		}
	}
	sizes := bytes.Fields(m.keys["tree_sizes"])
	if each != classes || len(sizes)%each != 0 {
		m.fail("%d trees in rounds of %d for %d classes", len(sizes), each, classes)
	}
	for _, s := range sizes {
		n, err := strconv.ParseInt(string(s), 10, 62)
		if err != nil || n <= 0 {
			m.fail("a tree of %s bytes", clip(string(s)))
		}
		m.sizes = append(m.sizes, n)
	}
}
