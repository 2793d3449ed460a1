package tree

import (
	"fmt"
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
}

// Places calls visit for every tensor at each of its paths, as Build names
// them: in the order of the tree, and below a reference once more. A tensor
// that has no name is an error, and so is a key that stands twice in a mapping.
func Places(root *Value, visit func(Place) error) error {
	w := &placer{ids: map[int]*Value{}, open: map[*Value]bool{}, visit: visit}
	w.index(root)
	return w.walk(root, nil, false)
}

type placer struct {
	ids    map[int]*Value
	open   map[*Value]bool
	visit  func(Place) error
	visits int
	again  int    // references that are being followed
	hidden string // why a tensor here has no name, "" if it has one
}

// index finds the containers that references lead to.
func (w *placer) index(v *Value) {
	if v.ID != 0 {
		w.ids[v.ID] = v
	}
	for _, item := range v.Items {
		w.index(item)
	}
	for _, list := range [][][2]*Value{v.Pairs, v.Attrs} {
		for _, p := range list {
			w.index(p[0])
			w.index(p[1])
		}
	}
}

func (w *placer) walk(v *Value, path []tensor.Key, dict bool) error {
	if w.visits++; w.visits > maxValues {
		return fmt.Errorf("the tree has more than %d values", maxValues)
	}
	switch v.Tag {
	case TagTensor, TagArray:
		if w.hidden != "" {
			return fmt.Errorf("tensor %q: %s", v.Text, w.hidden)
		}
		return w.visit(Place{path, v, dict, w.again > 0})
	case TagRef:
		at := w.ids[v.Ref]
		if at == nil || w.open[at] {
			return nil
		}
		w.again++
		defer func() { w.again-- }()
		return w.walk(at, path, dict)
	}
	w.open[v] = true
	defer delete(w.open, v)
	return w.below(v, path)
}

// below walks what a container holds.
func (w *placer) below(v *Value, path []tensor.Key) error {
	switch v.Tag {
	case TagDict, TagOrdered:
		if err := w.pairs(v.Pairs, path); err != nil {
			return err
		}
	case TagList, TagTuple:
		for i, item := range v.Items {
			if err := w.walk(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), false); err != nil {
				return err
			}
		}
	default:
		for _, item := range v.Items {
			if err := w.nameless(item, "a tensor in a "+v.Tag+" has no name"); err != nil {
				return err
			}
		}
	}
	for _, p := range v.Attrs {
		k, ok := keyOf(p[0])
		if v.Tag != TagObject || !ok {
			if err := w.nameless(p[1], "a tensor in an attribute has no name"); err != nil {
				return err
			}
			continue
		}
		if err := w.walk(p[1], below(path, k), false); err != nil {
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
	for _, p := range pairs {
		if err := w.nameless(p[0], "a tensor in a key has no name"); err != nil {
			return err
		}
		k, ok := keyOf(p[0])
		if !ok || !plain {
			if err := w.nameless(p[1], "a tensor under a key that is neither text nor integer, or beside one that is an object, has no name"); err != nil {
				return err
			}
			continue
		}
		if err := w.walk(p[1], below(path, k), texts); err != nil {
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
	}
	return false
}

// keyOf is the step of a path that a key of a mapping is.
func keyOf(v *Value) (tensor.Key, bool) {
	if v.Tag != "" {
		return tensor.Key{}, false
	}
	switch k := v.Plain.(type) {
	case string:
		return tensor.Key{Text: k}, true
	case int64:
		return tensor.Key{Text: strconv.FormatInt(k, 10), Int: true}, true
	}
	return tensor.Key{}, false
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
