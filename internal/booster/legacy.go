package booster

import (
	"bytes"
	"encoding/binary"
	"math"
)

// header begins what xgboost 1.0 to 1.2 pickle: the offset of the configuration
// follows, and the model in the binary form, and the configuration as JSON
// (src/learner.cc, Save).
const header = "CONFIG-offset:"

// old reads xgboost's binary form (0.90: src/learner.cc, Load; src/gbm/
// gbtree_model.h, Load; include/xgboost/tree_model.h).
type old struct {
	*source
	features, groups uint32
	later            bool // of xgboost 1.0, which leaves both out of the second place
}

func (m *model) old() {
	m.binary = true
	o := &old{source: &m.source}
	b, _ := m.in.Peek(len(header))
	if string(b) != header {
		o.model()
		return
	}
	m.skip(int64(len(header)))
	end := int64(o.long()) + m.at
	o.model()
	if m.at != end {
		m.fail("the configuration begins elsewhere")
	}
	m.nest = append(m.nest, frame{})
	json{m}.value()
}

func (o old) word() uint32 { return binary.LittleEndian.Uint32(o.bytes(4)) }
func (o old) long() uint64 { return binary.LittleEndian.Uint64(o.bytes(8)) }

// length reads the length of a text or a list.
func (o old) length() int64 {
	n := o.long()
	if n > math.MaxInt32 {
		o.fail("a length of %d", n)
	}
	return int64(n)
}

func (o old) text() string { return string(o.bytes(o.length())) }

func (o *old) model() {
	if b, _ := o.in.Peek(4); string(b) == "binf" {
		o.skip(4)
	}
	o.skip(4) // base_score
	o.features = o.word()
	o.groups = max(o.word(), 1)
	attributes, metrics, major := o.word(), o.word(), o.word()
	o.skip(112) // 34 words in all
	o.later = major > 0
	if o.features > math.MaxInt32 || o.groups > math.MaxInt16 {
		o.fail("%d features, %d outputs", o.features, o.groups)
	}
	objective := o.text()
	switch booster := o.text(); booster {
	case "gbtree", "dart":
		trees := o.trees()
		if booster == "dart" && trees > 0 {
			if n := o.length(); n != trees {
				o.fail("there are %d weights for %d trees", n, trees)
			}
			o.skip(4 * trees)
		}
	case "gblinear":
		o.again(o.word(), o.word())
		o.skip(128)
		if n := o.length(); n != 0 && n != (int64(o.features)+1)*int64(o.groups) {
			o.fail("there are %d weights for %d features", n, o.features)
		} else {
			o.skip(4 * n)
		}
	default:
		o.fail("a model in a form that is not known")
	}
	o.tail(attributes != 0, metrics != 0, major == 0 && objective == "count:poisson")
}

// tail passes over the texts behind the trees.
func (o old) tail(attributes, metrics, delta bool) {
	if attributes {
		for range o.length() {
			o.text()
			o.text()
		}
	}
	if delta {
		o.text()
	}
	if metrics {
		for range o.length() {
			o.text()
		}
	}
}

// again compares what stands twice.
func (o old) again(features, groups uint32) {
	if (features != o.features || groups != o.groups) && !(o.later && features == 0 && groups == 0) {
		o.fail("%d features and %d outputs, and %d and %d", o.features, o.groups, features, groups)
	}
}

func (o old) trees() int64 {
	n := int64(o.word())
	roots, features := o.word(), o.word()
	if pad, buffer := o.word(), o.long(); roots != 1 || pad != 0 || buffer != 0 {
		o.fail("%d roots, a buffer of %d", roots, buffer)
	}
	o.again(features, o.word())
	o.skip(132)
	for range n {
		o.tree()
	}
	for range n {
		if g := o.word(); g >= o.groups {
			o.fail("a tree for output %d of %d", g, o.groups)
		}
	}
	return n
}

func (o old) tree() {
	roots, nodes := o.word(), o.word()
	o.skip(8)
	features, vector := o.word(), o.word()
	o.skip(124)
	if roots != 1 || features != o.features || nodes == 0 || nodes > maxNodes || vector != 0 {
		o.fail("a tree of %d nodes", nodes)
	}
	var children []int32 // the parent that each node names, and its children
	parents := make([]int32, 0, min(nodes, 1<<10))
	for i := range nodes {
		b := bytes.Clone(o.bytes(20))
		at := func(k int) uint32 { return binary.LittleEndian.Uint32(b[k:]) }
		parent := int32(at(0) & 0x7fffffff)
		if int32(at(0)) == -1 {
			parent = -1
		}
		parents = append(parents, parent)
		left, right, split := int32(at(4)), int32(at(8)), at(12)&0x7fffffff
		switch {
		case left == -1:
			left, right = 0, 0
		case left <= 0 || right <= 0 || left == right || split >= o.features:
			o.fail("node %d has the children %d and %d, and asks for feature %d of %d", i, left, right, split, o.features)
		}
		children = append(children, left, right)
	}
	for i, p := range parents[1:] {
		if p < 0 || int(p) >= len(parents) {
			o.fail("node %d hangs on node %d", i+1, p)
		}
	}
	for i, c := range children {
		if c != 0 && (int(c) >= len(parents) || parents[c] != int32(i/2)) {
			o.fail("node %d has the child %d", i/2, c)
		}
	}
	o.skip(16 * int64(nodes))
}
