package tree

import (
	"cmp"
	"strconv"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// class is the full name of the class or function that made an object.
func (b *builder) class(call *sym.Call) string {
	if b.in.Class != nil {
		return b.in.Class(call).FullName()
	}
	return call.Func.FullName()
}

// named is the full name of what a call calls, "" if the file does not show it. A
// class may stand there as an id with its source, as torch's older format writes it.
func (b *builder) named(call *sym.Call) string {
	of := call.Func
	if b.in.Class != nil {
		of = b.in.Class(call)
	}
	if of.Kind != sym.Global {
		return ""
	}
	return of.FullName()
}

// enter opens an object or mapping. It returns a reference to it where that is
// all to be written: inside itself, and beside a module for what is known.
func (b *builder) enter(n *sym.Node, v *Value) (again bool, ref *Value) {
	known := b.ids[n]
	if b.open[n] || known != nil && b.aside {
		return true, b.refer(n)
	}
	b.open[n] = true
	if known == nil {
		b.ids[n] = v
	}
	return known != nil, nil
}

// asObject keeps class, arguments, items and attributes of an object, as data.
func (b *builder) asObject(n *sym.Node, path []tensor.Key, class string, args []*sym.Node) *Value {
	if class == compiledModule && len(args) == 2 && len(n.States()) == 0 {
		return b.compiled(n, path, class)
	}
	attrs := attributes(n)
	if m, ok := moduleOf(attrs); ok {
		return b.module(n, m, path, class)
	}
	if b.ids[n] != nil { // what it holds has names where it stands first
		return b.refer(n)
	}
	if why := b.restored(n, class); why != "" {
		return b.refuse(n, path, why)
	}
	b.optimizer(n, attrs, path, class)
	v := &Value{Tag: TagObject, Class: class}
	b.enter(n, v)
	defer delete(b.open, n)
	items, pairs := n.Items(), n.Pairs()
	if classOf := n.Call().Func; classOf.Is("copyreg", "_reconstructor") && len(n.Call().Args) == 3 {
		base := n.Call().Args[2]
		switch base.Kind {
		case sym.None:
		case sym.Dict:
			pairs = append(base.Pairs()[:len(base.Pairs()):len(base.Pairs())], pairs...)
		case sym.List, sym.Tuple, sym.Set, sym.FrozenSet:
			items = append(base.Items()[:len(base.Items()):len(base.Items())], items...)
		default:
			args = []*sym.Node{base}
		}
	}
	v.Args = b.list(args, path)
	v.Items = b.list(items, path)
	v.Pairs = b.pairs(pairs, path)
	if kw := n.Call().Kwargs; kw != nil && len(kw.Pairs()) > 0 {
		v.Kwargs = b.pairs(kw.Pairs(), path)
	}
	if odd := states(n); len(odd) > 0 {
		v.States = b.list(odd, below(path, tensor.Key{Text: "state"}))
	} else {
		v.Attrs = b.beside(attrs, pairs, v.Pairs, path)
	}
	return v
}

// beside writes the attributes of an object that is a mapping too. What it holds
// under the same text as one and as the other, as the outputs of transformers do
// (transformers/utils/generic.py, ModelOutput), has one name and is referred to.
func (b *builder) beside(attrs, pairs []sym.Pair, written [][2]*Value, path []tensor.Key) [][2]*Value {
	held := map[string]int{}
	for i, p := range pairs[:min(len(pairs), len(written))] {
		if p.Key.Kind == sym.String && !p.Key.Lazy {
			held[p.Key.Text] = i
		}
	}
	refs := make([]*Value, len(attrs))
	var rest []sym.Pair
	for i, p := range attrs {
		if at, ok := held[p.Key.Text]; ok && p.Key.Kind == sym.String && pairs[at].Value == p.Value {
			refs[i] = b.once(written[at][1])
		}
		if refs[i] == nil {
			rest = append(rest, p)
		}
	}
	others := b.pairs(rest, path)
	if len(rest) == len(attrs) || len(others) < len(rest) {
		return others
	}
	var out [][2]*Value
	for i, p := range attrs {
		if refs[i] != nil {
			out = append(out, named(p.Key.Text, refs[i]))
			continue
		}
		out, others = append(out, others[0]), others[1:]
	}
	return out
}

// once refers to what has just been written, nil if that is a plain value.
func (b *builder) once(v *Value) *Value {
	switch v.Tag {
	case TagTensor, TagArray, TagAlias:
		return &Value{Tag: TagAlias, Same: cmp.Or(v.Same, v)}
	case TagRef:
		return &Value{Tag: TagRef, Ref: v.Ref}
	case TagTuple: // of which no reader tells whether it is one object
		again := &Value{Tag: TagTuple}
		for _, item := range v.Items {
			again.Items = append(again.Items, cmp.Or(b.once(item), item))
		}
		return again
	case TagList, TagDict, TagOrdered, TagObject, TagModule:
		if v.ID == 0 {
			b.nextID++
			v.ID = b.nextID
		}
		return &Value{Tag: TagRef, Ref: v.ID}
	}
	return nil
}

// list walks what stands at the places 0, 1, ... below path.
func (b *builder) list(items []*sym.Node, path []tensor.Key) (out []*Value) {
	for i, item := range items {
		if b.full() {
			break
		}
		out = append(out, b.value(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), false))
	}
	return out
}

// attributes is what an object's __dict__ and slots hold after its BUILDs, each
// of which updates them (CPython, Modules/_pickle.c, load_build). A state that
// is no dict, nor one of attributes and one of slots, says nothing of them.
func attributes(n *sym.Node) (out []sym.Pair) {
	at := map[string]int{}
	for _, s := range n.States() {
		halves := []*sym.Node{s.Frozen}
		if s.Frozen.Kind == sym.Tuple && len(s.Frozen.Items()) == 2 {
			halves = s.Frozen.Items()
		}
		for _, half := range halves {
			for _, p := range half.Pairs() {
				i, twice := at[p.Key.Text]
				if twice && p.Key.Kind == sym.String {
					out[i].Value = p.Value
					continue
				}
				at[p.Key.Text] = len(out)
				out = append(out, p)
			}
		}
	}
	return out
}

// states are the states that say nothing of attributes: only the class knows
// what it does with them.
func states(n *sym.Node) (out []*sym.Node) {
	for _, s := range n.States() {
		f := s.Frozen
		pair := f.Kind == sym.Tuple && len(f.Items()) == 2 && plainHalf(f.Items()[0]) && plainHalf(f.Items()[1])
		if !pair && f.Kind != sym.Dict && f.Kind != sym.None {
			out = append(out, f)
		}
	}
	return out
}

func plainHalf(n *sym.Node) bool { return n.Kind == sym.None || n.Kind == sym.Dict }
