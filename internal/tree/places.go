package tree

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/tensor"
)

// A Place is where a tensor stands in a tree.
type Place struct {
	Path  []tensor.Key
	Value *Value
	Dict  bool // its direct container is a mapping with str keys only
	Again bool // its container was reached by a reference: it has a place before this one
	Aside bool // it is an attribute, which state_dict() knows nothing of
	// Object says that it is in an object, whose tensors are not always named
	// after their places.
	Object bool
}

// Places calls visit for every tensor at each of its paths, as Build names
// them: in the order of the tree, below a reference once more, and the
// attributes of modules, mappings and tensors at last. A tensor that has no name
// is an error, and so is a key that stands twice in a mapping.
func Places(root *Value, visit func(Place) error) error {
	w := &placer{ids: map[int]*Value{}, open: map[*Value]bool{}, names: map[*Value]string{}, visit: visit}
	w.index(root)
	if err := w.walk(root, nil, false); err != nil {
		return err
	}
	w.aside = true
	for len(w.later) > 0 {
		next := w.later[0]
		w.later = w.later[1:]
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

type placer struct {
	ids    map[int]*Value
	open   map[*Value]bool
	names  map[*Value]string // of what is referred to, where it stands first
	visit  func(Place) error
	visits int
	again  int    // references that are being followed
	hidden string // why a tensor here has no name, "" if it has one
	later  []func() error
	aside  bool // what is later is being walked
	object bool // an object is on the path
}

// each calls f for everything that a value holds.
func (v *Value) each(f func(*Value)) {
	for _, list := range [][]*Value{v.Args, v.Items, v.States} {
		for _, item := range list {
			f(item)
		}
	}
	for _, list := range [][][2]*Value{v.Kwargs, v.Pairs, v.Attrs} {
		for _, p := range list {
			f(p[0])
			f(p[1])
		}
	}
}

// Each calls f for a value and everything below it.
func (v *Value) Each(f func(*Value)) {
	f(v)
	v.each(func(below *Value) { below.Each(f) })
}

// Get is what a dict has under a text, nil if that is not there or v is no dict.
func (v *Value) Get(key string) *Value {
	if v == nil || v.Tag != TagDict {
		return nil
	}
	for _, p := range v.Pairs {
		if p[0].Plain == key {
			return p[1]
		}
	}
	return nil
}

// index finds the values that references lead to.
func (w *placer) index(v *Value) {
	if v.ID != 0 {
		w.ids[v.ID] = v
	}
	v.each(w.index)
}

func (w *placer) walk(v *Value, path []tensor.Key, dict bool) error {
	if w.visits++; w.visits > maxValues {
		return fmt.Errorf("the tree has more than %d values", maxValues)
	}
	switch v.Tag {
	case TagAlias:
		return nil
	case TagTensor, TagArray:
		return w.tensor(v, path, dict)
	case TagRef:
		at := w.ids[v.Ref]
		if at == nil || w.open[at] || w.aside || at.Tag == TagObject {
			return nil
		}
		if first, ok := w.names[at]; ok && first == Name(path) { // the same names, once more
			return nil
		}
		w.again++
		defer func() { w.again-- }()
		return w.walk(at, path, dict)
	}
	if w.open[v] { // reached by a reference to what holds it
		return nil
	}
	w.open[v] = true
	defer delete(w.open, v)
	if _, known := w.names[v]; v.ID != 0 && !known {
		w.names[v] = Name(path)
	}
	return w.below(v, path)
}

func (w *placer) tensor(v *Value, path []tensor.Key, dict bool) error {
	if v.Same != nil && v.Same.Text == v.Text && v.Same.Part == v.Part { // TagAlias, as it is written
		return nil
	}
	if w.hidden != "" {
		return fmt.Errorf("tensor %q: %s", v.Text, w.hidden)
	}
	if w.again == 0 {
		w.attributes(v, path)
	}
	return w.visit(Place{path, v, dict, w.again > 0, w.aside, w.object})
}

// attributes walks the attributes of a value later.
func (w *placer) attributes(v *Value, path []tensor.Key) {
	if in := w.object; len(v.Attrs) > 0 {
		w.later = append(w.later, func() error {
			w.object = in
			return w.pairs(v.Attrs, path)
		})
	}
}

// below walks what a value holds.
func (w *placer) below(v *Value, path []tensor.Key) error {
	if v.Tag == TagSet || v.Tag == TagFrozenSet || v.Tag == TagSize {
		for _, item := range v.Items {
			if err := w.nameless(item, "a tensor in a "+v.Tag+" has no name"); err != nil {
				return err
			}
		}
		return nil
	}
	outer := w.object
	w.object = outer || v.Tag == TagObject
	defer func() { w.object = outer }()
	states := below(path, tensor.Key{Text: "state"})
	if err := cmp.Or(w.items(v.Args, path), w.items(v.Items, path), w.pairs(v.Kwargs, path), w.pairs(v.Pairs, path), w.items(v.States, states)); err != nil {
		return err
	}
	if v.Tag == TagObject {
		return w.pairs(v.Attrs, path)
	}
	if w.again == 0 {
		w.attributes(v, path)
	}
	return nil
}

func (w *placer) items(items []*Value, path []tensor.Key) error {
	for i, item := range items {
		if err := w.walk(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), false); err != nil {
			return err
		}
	}
	return nil
}

// pairs walks a mapping, whose values have names if all its keys are plain.
func (w *placer) pairs(pairs [][2]*Value, path []tensor.Key) error {
	texts, plain := true, true
	seen := map[string]bool{}
	for _, p := range pairs {
		_, isText := p[0].Plain.(string)
		texts, plain = texts && isText, plain && plainValue(p[0])
		if id := equality(p[0]); id != "" {
			if seen[id] {
				return fmt.Errorf("the key %.200q stands twice in one mapping", id[1:])
			}
			seen[id] = true
		}
	}
	if byTensors(pairs) {
		return w.tensorKeys(pairs, path)
	}
	keys := stepsOf(pairs, plain)
	for i, p := range pairs {
		if err := w.nameless(p[0], "a tensor in a key has no name"); err != nil {
			return err
		}
		if keys[i] == nil {
			if err := w.nameless(p[1], "a tensor under a key that is no plain value, or beside one that is an object, has no name"); err != nil {
				return err
			}
			continue
		}
		if err := w.walk(p[1], below(path, *keys[i]), texts); err != nil {
			return err
		}
	}
	return nil
}

// byTensors reports whether every key is a tensor.
func byTensors(pairs [][2]*Value) bool {
	for _, p := range pairs {
		if p[0].Tag != TagTensor && p[0].Tag != TagAlias {
			return false
		}
	}
	return len(pairs) > 0
}

// tensorKeys walks a mapping whose values are named after the places of their keys.
func (w *placer) tensorKeys(pairs [][2]*Value, path []tensor.Key) error {
	for i, p := range pairs {
		at := below(path, tensor.Key{Text: strconv.Itoa(i), Int: true})
		if err := cmp.Or(w.walk(p[0], below(at, tensor.Key{Text: "key"}), false), w.walk(p[1], at, false)); err != nil {
			return err
		}
	}
	return nil
}

// nameless walks a value in which a tensor has no name.
func (w *placer) nameless(v *Value, why string) error {
	if v.Tag == "" {
		return nil
	}
	before := w.hidden
	w.hidden = why
	defer func() { w.hidden = before }()
	return w.walk(v, nil, false)
}

// plainValue is plainKey of a value.
func plainValue(v *Value) bool {
	switch v.Tag {
	case TagBytes:
		return strings.IndexFunc(string(v.Bytes), func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	case "", TagWord:
		return true
	case TagTuple:
		return !slices.ContainsFunc(v.Items, func(item *Value) bool { return !plainValue(item) })
	}
	return false
}

// equality is one text for all plain keys that Python holds for equal, "" for
// a key that is not plain.
func equality(v *Value) string {
	switch k := v.Plain.(type) {
	case string:
		return "s" + k
	case bool:
		return map[bool]string{true: "n1", false: "n0"}[k]
	case int64:
		return "n" + strconv.FormatInt(k, 10)
	case float64:
		if n := int64(k); float64(n) == k && n > -1<<53 && n < 1<<53 {
			return "n" + strconv.FormatInt(n, 10)
		}
		return "n" + strconv.FormatFloat(k, 'g', -1, 64)
	}
	return ""
}
