package pytorch

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// maxDepth bounds how deeply values are nested in what is written.
const maxDepth = 1000

// A mapper turns a tree into one that torch.load(weights_only=True) can hold,
// and notes what that changes.
type mapper struct {
	tree    *tree.Tree
	renamed map[*tree.Value]*conversion.Renamed // by the source's tensor
	weights map[*tree.Value]bool                // of the source, those that are rounded to dtype
	dtype   tensor.DType
	casts   map[*tree.Value]tensor.DType // what a new tensor is rounded to
	src     map[string]*tree.Named       // the source's tensors by path
	byValue map[*tree.Value]*tree.Named
	ids     map[int]*tree.Value // the source's values that are referred to
	made    map[int]*tree.Value // what became of them
	done    map[*tree.Value]*tree.Value
	of      map[*tree.Value]*tree.Named // where the elements of a new tensor are
	placed  map[*tree.Named]bool
	open    map[*tree.Value]bool
	inside  map[*tree.Value]bool // modules that are being flattened into another
	keyed   map[*tree.Value]bool // values that stood as a key, which nothing refers to
	depth   int
	changed []tree.Missing
	kinds   map[string]bool      // of changes that are noted once
	apart   map[*tree.Value]bool // tensors whose storage is of a type of its own
	later   []pending            // aliases of tensors that are yet to come
	aside   []func()             // attributes of modules, which a reader comes by at last
	err     error
}

// simplify is the tree that is written for a source's.
func simplify(t *tree.Tree, chosen *conversion.Selection, to tensor.DType) (*mapper, *tree.Value, error) {
	m := &mapper{tree: t, renamed: map[*tree.Value]*conversion.Renamed{}, weights: castable(chosen), dtype: to, casts: map[*tree.Value]tensor.DType{}, src: map[string]*tree.Named{}, byValue: map[*tree.Value]*tree.Named{}, ids: map[int]*tree.Value{}, made: map[int]*tree.Value{}, done: map[*tree.Value]*tree.Value{},
		of: map[*tree.Value]*tree.Named{}, placed: map[*tree.Named]bool{}, open: map[*tree.Value]bool{}, kinds: map[string]bool{}, inside: map[*tree.Value]bool{}, keyed: map[*tree.Value]bool{}, apart: map[*tree.Value]bool{}}
	for i := range t.Tensors {
		m.src[pathKey(t.Tensors[i].Path)], m.byValue[t.Tensors[i].Value] = &t.Tensors[i], &t.Tensors[i]
	}
	for i := range chosen.Renamed {
		m.renamed[m.src[pathKey(chosen.Renamed[i].Path)].Value] = &chosen.Renamed[i]
	}
	t.Root.Each(func(v *tree.Value) {
		if v.ID != 0 {
			m.ids[v.ID] = v
		}
	})
	root := m.value(t.Root, nil)
	for len(m.aside) > 0 {
		next := m.aside[0]
		m.aside = m.aside[1:]
		next()
	}
	m.settle()
	return m, root, m.err
}

func pathKey(path []tensor.Key) string {
	var b strings.Builder
	for _, k := range path {
		b.WriteString(strconv.Itoa(len(k.Text)))
		b.WriteString(map[bool]string{true: "i", false: "t"}[k.Int])
		b.WriteString(k.Text)
	}
	return b.String()
}

func below(path []tensor.Key, text string, isInt bool) []tensor.Key {
	return append(path[:len(path):len(path)], tensor.Key{Text: text, Int: isInt})
}

// note lists a change. A kind of change is listed once, "" each time.
func (m *mapper) note(path []tensor.Key, kind, what string) {
	if kind != "" && m.kinds[kind] {
		return
	}
	m.kinds[kind] = true
	if len(m.changed) < 1000 {
		m.changed = append(m.changed, tree.Missing{Path: tree.Name(path), Reason: what})
	}
}

func (m *mapper) fail(path []tensor.Key, what string) *tree.Value {
	if m.err == nil {
		m.err = &conversion.Refusal{Msg: fmt.Sprintf("%q cannot be written: %s", tree.Name(path), what)}
	}
	return &tree.Value{}
}

// value is what becomes of a value.
func (m *mapper) value(v *tree.Value, path []tensor.Key) *tree.Value {
	if m.depth++; m.depth > maxDepth {
		m.depth--
		return m.fail(path, "nested too deeply")
	}
	defer func() { m.depth-- }()
	if m.err != nil {
		return &tree.Value{}
	}
	if made := m.made[v.ID]; made != nil && v.ID != 0 { // what a module holds that stands at several places
		switch made.Tag {
		case tree.TagList, tree.TagDict, tree.TagOrdered, tree.TagSet:
			return &tree.Value{Tag: tree.TagRef, Ref: v.ID}
		}
	}
	m.open[v] = true
	out := m.kind(v, path)
	delete(m.open, v)
	if v.ID != 0 {
		m.made[v.ID] = out
		if out.Tag != "" {
			out.ID = v.ID
		}
	}
	return out
}

func (m *mapper) kind(v *tree.Value, path []tensor.Key) *tree.Value {
	switch v.Tag {
	case "":
		return m.plain(v, path)
	case tree.TagRef:
		return m.ref(v, path)
	case tree.TagList, tree.TagTuple:
		return &tree.Value{Tag: v.Tag, Items: m.items(v.Items, path)}
	case tree.TagSet, tree.TagFrozenSet:
		if v.Tag == tree.TagFrozenSet {
			m.note(path, "", "a frozenset, kept as a set")
		}
		return &tree.Value{Tag: tree.TagSet, Items: m.keys(v.Items, path)}
	case tree.TagDict, tree.TagOrdered:
		return m.mapping(v, path)
	case tree.TagBytes, tree.TagSize, tree.TagWord:
		return m.word(v, path)
	case tree.TagScalar:
		return m.scalar(v, path)
	case tree.TagTensor, tree.TagArray, tree.TagAlias:
		return m.tensor(v, path)
	case tree.TagSparse, tree.TagQuantized, tree.TagNested, tree.TagWrapper, tree.TagMeta:
		return m.composite(v, path)
	case tree.TagObject:
		return m.object(v, path)
	case tree.TagModule:
		return m.module(v, path)
	case tree.TagOmitted:
		return m.omitted(v, path)
	}
	return m.fail(path, "a "+v.Tag+" is not known")
}

// plain keeps a plain value. An integer of more than 255 bytes has no opcode
// that torch's loader knows.
func (m *mapper) plain(v *tree.Value, path []tensor.Key) *tree.Value {
	if n, ok := v.Plain.(*big.Int); ok && n.BitLen() > 255*8-1 {
		m.note(path, "", "an integer of more than 255 bytes, kept as text")
		return &tree.Value{Plain: n.String()}
	}
	return &tree.Value{Plain: v.Plain}
}

// ref is the value referred to, or a copy of it if that is plain now.
func (m *mapper) ref(v *tree.Value, path []tensor.Key) *tree.Value {
	at := m.ids[v.Ref]
	if at == nil {
		return m.fail(path, "a reference to nothing")
	}
	switch made := m.made[v.Ref]; {
	case made != nil && made.Tag == "":
		return &tree.Value{Plain: made.Plain}
	case made == nil && !m.open[at] && (!keepsIdentity(at) || m.keyed[at]):
		return m.value(at, path)
	case made == nil && m.inside[at]:
		m.note(path, "", "left out: the module of "+at.Text+" that it is in, whose tensors are part of the state_dict")
		return &tree.Value{}
	}
	return &tree.Value{Tag: tree.TagRef, Ref: v.Ref}
}

// keepsIdentity reports whether a value that is yet to come will be one that
// can be referred to.
func keepsIdentity(v *tree.Value) bool {
	switch v.Tag {
	case tree.TagOmitted, tree.TagScalar, "":
		return false
	case tree.TagModule: // one below another is flattened into it
		return false
	case tree.TagObject:
		return !isPath(v)
	}
	return true
}

func (m *mapper) items(items []*tree.Value, path []tensor.Key) []*tree.Value {
	out := make([]*tree.Value, len(items))
	for i, item := range items {
		out[i] = m.value(item, below(path, strconv.Itoa(i), true))
	}
	return out
}

// unwanted reports whether a value is a tensor that was asked to be left out, or
// is made of nothing but such tensors.
func unwanted(v *tree.Value) bool {
	switch v.Tag {
	case tree.TagSparse, tree.TagQuantized, tree.TagNested, tree.TagWrapper:
		for _, p := range v.Pairs {
			if !unwanted(p[1]) {
				return false
			}
		}
		return len(v.Pairs) > 0
	}
	return conversion.Unwanted(v)
}

// pairs maps keys and values, each value below its key.
func (m *mapper) pairs(pairs [][2]*tree.Value, path []tensor.Key) [][2]*tree.Value {
	out := make([][2]*tree.Value, 0, len(pairs))
	for _, p := range pairs {
		if unwanted(p[1]) {
			continue
		}
		sub := path
		if k, ok := tree.KeyOf(p[0]); ok {
			sub = below(path, k.Text, k.Int)
		}
		out = append(out, [2]*tree.Value{m.key(p[0], path), m.value(p[1], sub)})
	}
	return out
}

// mapping keeps a dict, an OrderedDict with its attributes, and a Counter.
func (m *mapper) mapping(v *tree.Value, path []tensor.Key) *tree.Value {
	out := &tree.Value{Tag: v.Tag}
	if v.Tag == tree.TagDict && v.Class != "" && v.Class != "collections.Counter" {
		m.note(path, "", "a "+v.Class+", kept as a dict")
	} else {
		out.Class = v.Class
	}
	out.Pairs = m.pairs(m.numbered(v.Pairs, path), path)
	attrs := v.Attrs
	if v.Class == "collections.defaultdict" && len(attrs) > 0 {
		attrs = attrs[1:] // the factory: a name
	}
	switch {
	case len(attrs) == 0:
	case v.Tag == tree.TagOrdered:
		out.Attrs = m.pairs(attrs, path)
	default:
		return m.asDict(out, m.pairs(attrs, path))
	}
	return out
}

// asDict puts a mapping that has attributes beside them.
func (m *mapper) asDict(of *tree.Value, attrs [][2]*tree.Value) *tree.Value {
	return dict("__pairs__", of, "__attributes__", &tree.Value{Tag: tree.TagDict, Pairs: attrs})
}

// dict makes a dict of texts and values.
func dict(kv ...any) *tree.Value {
	out := &tree.Value{Tag: tree.TagDict}
	for i := 0; i < len(kv); i += 2 {
		v, ok := kv[i+1].(*tree.Value)
		if !ok {
			v = &tree.Value{Plain: kv[i+1]}
		}
		out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: kv[i]}, v})
	}
	return out
}

// word keeps bytes, a torch.Size, a dtype or a device.
func (m *mapper) word(v *tree.Value, path []tensor.Key) *tree.Value {
	out := &tree.Value{Tag: v.Tag, Class: v.Class, Text: v.Text, Bytes: v.Bytes}
	if v.Tag == tree.TagSize {
		out.Items = m.items(v.Items, path)
	}
	if v.Tag == tree.TagWord && !loadable(v) {
		m.note(path, "", "a "+v.Class+", kept as its name")
		return &tree.Value{Plain: v.Text}
	}
	return out
}
