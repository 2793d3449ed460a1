package tree

import (
	"fmt"
	"strconv"

	"github.com/modelaudit/action/internal/tensor"
)

// A Piece is a tree that stands at Path of a larger one.
type Piece struct {
	Path []tensor.Key
	Tree *Tree
}

// Assemble makes one tree of pieces: a dict of texts at its root, in which a
// step of a path that is an index makes a list, any other a dict. A place of a
// list that no piece has is None. The pieces belong to the result. Paths that
// contradict each other are an error.
func Assemble(pieces []Piece) (*Tree, error) {
	out := &Tree{Root: &Value{Tag: TagDict}}
	a := &assembly{most: len(pieces), children: map[*Value]map[string]*Value{}, leaf: map[*Value]bool{}}
	for _, p := range pieces {
		if err := a.put(out.Root, p); err != nil {
			return nil, err
		}
		a.adopt(out, p)
	}
	return out, nil
}

type assembly struct {
	most     int // items that a list may have
	children map[*Value]map[string]*Value
	leaf     map[*Value]bool // values of pieces
	ids      int             // that are taken
}

// put hangs the piece's root up at its path.
func (a *assembly) put(at *Value, p Piece) error {
	if len(p.Path) == 0 || p.Path[0].Int {
		return fmt.Errorf("a value has no name")
	}
	for i, k := range p.Path {
		last := i == len(p.Path)-1
		if a.leaf[at] {
			return fmt.Errorf("%q is below another value", Name(p.Path))
		}
		next := a.children[at][k.Text]
		switch {
		case next != nil && last:
			return fmt.Errorf("%q is there twice", Name(p.Path))
		case next == nil && last:
			next = p.Tree.Root
			a.leaf[next] = true
		case next == nil:
			next = &Value{Tag: TagDict}
			if p.Path[i+1].Int {
				next.Tag = TagList
			}
		case !last && !a.leaf[next] && (next.Tag == TagList) != p.Path[i+1].Int:
			return fmt.Errorf("%q is below a list and below a mapping", Name(p.Path))
		}
		if err := a.child(at, k, next); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// child makes next the child of a container, unless it is that already.
func (a *assembly) child(at *Value, k tensor.Key, next *Value) error {
	if a.children[at] == nil {
		a.children[at] = map[string]*Value{}
	}
	if a.children[at][k.Text] != nil {
		return nil
	}
	a.children[at][k.Text] = next
	if at.Tag != TagList {
		at.Pairs = append(at.Pairs, [2]*Value{{Plain: k.Text}, next})
		return nil
	}
	n, err := strconv.Atoi(k.Text)
	if err != nil || n < 0 || n >= a.most {
		return fmt.Errorf("a list of more than %s values, and only %d are there", k.Text, a.most)
	}
	for len(at.Items) <= n {
		at.Items = append(at.Items, &Value{})
	}
	at.Items[n] = next
	return nil
}

// adopt gives what a piece says of its values to the whole.
func (a *assembly) adopt(out *Tree, p Piece) {
	prefix := Name(p.Path)
	for _, n := range p.Tree.Tensors {
		n.Path = append(p.Path[:len(p.Path):len(p.Path)], n.Path...)
		n.Name = Name(n.Path)
		n.Value.Text = n.Name
		if len(n.Path) == len(p.Path) {
			n.Dict = !n.Path[len(n.Path)-1].Int
		}
		out.Tensors = append(out.Tensors, n)
	}
	below := func(from []Missing) (list []Missing) {
		for _, m := range from {
			m.Path = prefix + map[bool]string{true: "", false: "."}[m.Path == ""] + m.Path
			list = append(list, m)
		}
		return list
	}
	out.Omitted = append(out.Omitted, below(p.Tree.Omitted)...)
	out.Refused = append(out.Refused, below(p.Tree.Refused)...)
	a.ids += p.Tree.Root.shift(a.ids, map[*Value]bool{})
}

// shift adds by to the numbers of the containers of a tree, and returns the
// largest that there was.
func (v *Value) shift(by int, seen map[*Value]bool) (most int) {
	if v == nil || seen[v] {
		return 0
	}
	seen[v] = true
	most = max(v.ID, v.Ref)
	if v.ID > 0 {
		v.ID += by
	}
	if v.Ref > 0 {
		v.Ref += by
	}
	for _, item := range v.Items {
		most = max(most, item.shift(by, seen))
	}
	for _, list := range [][][2]*Value{v.Pairs, v.Attrs} {
		for _, p := range list {
			most = max(most, p[0].shift(by, seen), p[1].shift(by, seen))
		}
	}
	return most
}

// Merge makes one tree of those of the shards of one mapping: the root has the
// items of all. Every root must be a mapping with texts as keys, and no key may
// be in two of them. The trees belong to the result, whose tensors know from
// which one, counted from 1, they are.
func Merge(shards []*Tree) (*Tree, error) {
	out := &Tree{Root: &Value{Tag: TagDict}, Shards: len(shards)}
	seen := map[string]int{}
	ids := 0
	for i, t := range shards {
		if t.Root.Tag != TagDict && t.Root.Tag != TagOrdered {
			return nil, fmt.Errorf("shard %d is no mapping of names to tensors", i+1)
		}
		if i == 0 {
			out.Root.Tag, out.Root.Class = t.Root.Tag, t.Root.Class
		}
		for _, p := range t.Root.Pairs {
			name, ok := p[0].Plain.(string)
			if first := seen[name]; !ok || first > 0 {
				return nil, fmt.Errorf("%q is in shard %d and in shard %d", name, first, i+1)
			}
			seen[name] = i + 1
		}
		ids += t.Root.shift(ids, map[*Value]bool{})
		out.Root.Pairs = append(out.Root.Pairs, t.Root.Pairs...)
		if len(out.Root.Attrs) == 0 {
			out.Root.Attrs = t.Root.Attrs
		} else if len(t.Root.Attrs) > 0 {
			out.Omitted = append(out.Omitted, Missing{Reason: fmt.Sprintf("the attributes of shard %d: the first one's are kept", i+1)})
		}
		for _, n := range t.Tensors {
			n.Shard = i + 1
			out.Tensors = append(out.Tensors, n)
		}
		out.Omitted, out.Refused = append(out.Omitted, t.Omitted...), append(out.Refused, t.Refused...)
	}
	return out, nil
}
