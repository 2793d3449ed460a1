package pytorch

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

func isComplex(v *tree.Value) bool {
	return v.Class == "builtins.complex" && len(v.Args) == 2 && number(v.Args[0]) && number(v.Args[1]) &&
		len(v.Attrs)+len(v.Items)+len(v.Pairs)+len(v.Kwargs)+len(v.States) == 0
}

func number(v *tree.Value) bool {
	switch v.Plain.(type) {
	case float64, int64:
		return v.Tag == ""
	}
	return false
}

func (m *mapper) complexOf(v *tree.Value) *tree.Value {
	return &tree.Value{Tag: tree.TagObject, Class: v.Class, Args: []*tree.Value{{Plain: v.Args[0].Plain}, {Plain: v.Args[1].Plain}}}
}

func isPath(v *tree.Value) bool {
	_, ok := pathText(v)
	return ok
}

// pathText is a pathlib path as text: it is made from its parts.
func pathText(v *tree.Value) (string, bool) {
	if !strings.HasPrefix(v.Class, "pathlib.") || len(v.Args) == 0 || len(v.Attrs)+len(v.Items)+len(v.Pairs)+len(v.Kwargs)+len(v.States) > 0 {
		return "", false
	}
	sep := "/"
	if strings.Contains(v.Class, "Windows") {
		sep = `\`
	}
	text := ""
	for _, a := range v.Args {
		part, ok := a.Plain.(string)
		if !ok || a.Tag != "" {
			return "", false
		}
		if text != "" && !strings.HasSuffix(text, sep) {
			text += sep
		}
		text += part
	}
	return text, true
}

// omitted is None, or of what was called with plain values alone, as an enumeration is,
// the name and these.
func (m *mapper) omitted(v *tree.Value, path []tensor.Key) *tree.Value {
	if v.Class == "" || len(v.Args) == 0 {
		m.note(path, "", "left out: "+v.Text)
		return &tree.Value{}
	}
	m.note(path, "", "what "+v.Class+" makes, kept as a dict of the name and the arguments")
	out := dict("__class__", v.Class)
	out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: "__args__"}, {Tag: tree.TagTuple, Items: m.items(v.Args, path)}})
	return out
}

// object keeps an object as a dict: its class, its attributes by name, and
// under names that no attribute has what else it was made from.
func (m *mapper) object(v *tree.Value, path []tensor.Key) *tree.Value {
	if isComplex(v) {
		return m.complexOf(v)
	}
	if text, ok := pathText(v); ok {
		m.note(path, "", "a "+v.Class+", kept as text")
		return &tree.Value{Plain: text}
	}
	m.note(path, "", "an object of "+v.Class+", kept as a dict")
	if mappingOnly(v) {
		return m.mapping(&tree.Value{Tag: tree.TagDict, Pairs: v.Pairs}, path)
	}
	out := dict("__class__", v.Class)
	add := func(key string, v *tree.Value) {
		if len(v.Items)+len(v.Pairs) > 0 {
			out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: key}, v})
		}
	}
	add("__args__", &tree.Value{Tag: tree.TagTuple, Items: m.items(v.Args, path)})
	add("__kwargs__", &tree.Value{Tag: tree.TagDict, Pairs: m.pairs(v.Kwargs, path)})
	add("__items__", &tree.Value{Tag: tree.TagList, Items: m.items(v.Items, path)})
	add("__pairs__", &tree.Value{Tag: tree.TagDict, Pairs: m.pairs(v.Pairs, path)})
	add("__states__", &tree.Value{Tag: tree.TagList, Items: m.items(v.States, below(path, "state", false))})
	out.Pairs = append(out.Pairs, m.pairs(v.Attrs, path)...)
	return out
}

// mappingOnly reports whether an object is a mapping with nothing beside its
// items. An empty one is told by its class, which may be Lightning's for hyperparameters.
func mappingOnly(v *tree.Value) bool {
	if len(v.Args)+len(v.Kwargs)+len(v.Items)+len(v.States)+len(v.Attrs) > 0 {
		return false
	}
	top, _, _ := strings.Cut(v.Class, ".")
	return len(v.Pairs) > 0 || strings.HasSuffix(v.Class, ".AttributeDict") && slices.Contains([]string{"lightning", "lightning_fabric", "pytorch_lightning"}, top)
}

// module keeps a module as state_dict() gives it: an OrderedDict of its tensors
// by name, with the versions of the modules under _metadata as far as they are known.
// The classes of the modules and their attributes are an attribute of it,
// modelaudit_modules, which load_state_dict does not look at.
func (m *mapper) module(v *tree.Value, path []tensor.Key) *tree.Value {
	m.note(path, "", "a module of "+v.Text+", kept as its state_dict")
	f := &flattener{m: m, root: v, out: &tree.Value{Tag: tree.TagOrdered}, modules: dict(), versions: &tree.Value{Tag: tree.TagOrdered}, seen: map[string]bool{}}
	f.module(v, path, "")
	if len(f.versions.Pairs) > 0 {
		f.out.Attrs = [][2]*tree.Value{{{Plain: "_metadata"}, f.versions}}
	}
	f.out.Attrs = append(f.out.Attrs, [2]*tree.Value{{Plain: "modelaudit_modules"}, f.modules})
	return f.out
}

type flattener struct {
	m       *mapper
	root    *tree.Value // the outermost module
	out     *tree.Value
	modules *tree.Value
	// versions are the numbers that state_dict() notes of the modules.
	versions *tree.Value
	seen     map[string]bool
	within   []*tree.Value // the modules that are being flattened, from the outermost
}

// enter marks modules as those that a value is in, until what it returns is called.
func (f *flattener) enter(modules ...*tree.Value) (leave func()) {
	for _, v := range modules {
		f.m.open[v] = true
		if v != f.root {
			f.m.inside[v] = true
		}
	}
	return func() {
		for _, v := range modules {
			delete(f.m.open, v)
			delete(f.m.inside, v)
		}
	}
}

func (f *flattener) module(v *tree.Value, path []tensor.Key, prefix string) {
	f.within = append(f.within, v)
	defer func() { f.within = f.within[:len(f.within)-1] }()
	defer f.enter(v)()
	about := dict("class", v.Text)
	if len(v.Attrs) > 0 {
		attrs := &tree.Value{Tag: tree.TagDict}
		about.Pairs = append(about.Pairs, [2]*tree.Value{{Plain: "attributes"}, attrs})
		within := slices.Clone(f.within)
		f.m.aside = append(f.m.aside, func() {
			defer f.enter(within...)()
			attrs.Pairs = f.m.pairs(v.Attrs, path)
		})
	}
	name := strings.TrimSuffix(prefix, ".")
	f.modules.Pairs = append(f.modules.Pairs, [2]*tree.Value{{Plain: name}, about})
	if n := version(v.Text); n > 0 {
		noted := &tree.Value{Tag: tree.TagDict, Pairs: [][2]*tree.Value{{{Plain: "version"}, {Plain: n}}}}
		f.versions.Pairs = append(f.versions.Pairs, [2]*tree.Value{{Plain: name}, noted})
	}
	for _, p := range v.Pairs {
		key, _ := p[0].Plain.(string)
		f.member(p[1], below(path, key, false), prefix+key)
	}
}

// member adds a parameter, a buffer, or what is in a module.
func (f *flattener) member(v *tree.Value, path []tensor.Key, name string) {
	if v.Tag == tree.TagRef {
		at := f.m.ids[v.Ref]
		if at != nil && at.Tag == tree.TagModule && !f.m.open[at] {
			v = at
		}
	}
	if unwanted(v) {
		return
	}
	switch v.Tag {
	case tree.TagModule:
		f.module(v, path, name+".")
		return
	case tree.TagOmitted:
		f.m.note(path, "", "left out: "+v.Text)
		return
	case "":
		if v.Plain == nil {
			return // as state_dict() leaves it out
		}
	}
	if f.seen[name] {
		f.m.fail(path, "two tensors of the module have one name")
	}
	f.seen[name] = true
	f.out.Pairs = append(f.out.Pairs, [2]*tree.Value{{Plain: name}, f.m.value(v, path)})
}
