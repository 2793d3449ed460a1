package tree

import (
	"encoding/base64"
)

// tagged reads an object, whose first key says what it is.
func (p *parser) tagged() *Value {
	start := p.pos
	p.take('{')
	v := &Value{Tag: p.text()}
	if !p.take(':') {
		return v
	}
	if v.Tag == "float" {
		f := p.float()
		p.take('}')
		return &Value{Plain: f}
	}
	p.content(v, start)
	seen := map[string]bool{}
	for p.err == nil && p.peek() == ',' {
		p.pos++
		at := p.pos
		key := p.text()
		if seen[key] {
			p.failAt(at, "the key %.40q stands twice", key)
		}
		seen[key] = true
		if p.take(':') {
			p.detail(v, key, at)
		}
	}
	p.take('}')
	return v
}

// content reads what the tag stands before.
func (p *parser) content(v *Value, start int) {
	switch v.Tag {
	case TagList, TagTuple, TagSet, TagFrozenSet, TagSize:
		v.Items = p.items()
	case TagDict, TagOrdered:
		v.Pairs = p.pairs()
	case TagBytes, TagScalar:
		v.Bytes = p.base64()
	case TagRef:
		v.Ref = p.integer()
		p.refs = append(p.refs, pending{v: v, pos: start})
	case TagObject:
		v.Class = p.text()
	case TagTensor, TagArray:
		v.Text = p.text()
		p.tensors = append(p.tensors, v)
	case TagWord, TagOmitted, TagModule, TagSparse, TagQuantized, TagNested, TagWrapper, TagMeta:
		v.Text = p.text()
	default:
		p.failAt(start, "unknown tag %.40q", v.Tag)
	}
}

// detail reads what stands beside the tag.
func (p *parser) detail(v *Value, key string, at int) {
	named := v.Tag == TagTensor || v.Tag == TagArray
	parts := v.Tag == TagSparse || v.Tag == TagQuantized || v.Tag == TagNested || v.Tag == TagWrapper
	tensor := named || parts || v.Tag == TagMeta
	switch {
	case key == "class" && v.Tag != TagObject:
		v.Class = p.text()
	case key == "dtype" && named:
		v.DType = p.text()
	case key == "cast" && named:
		v.Cast = p.text()
	case key == "requires_grad" && tensor:
		v.Grad, _ = p.word().Plain.(bool)
	case key == "device" && tensor:
		v.Device = p.text()
	case key == "part" && named:
		v.Part = p.text()
	case key == "same" && named:
		p.sames = append(p.sames, pending{v, p.text(), at})
	case key == "shape" && tensor && !named:
		v.Shape = p.sizes()
	case key == "parts" && parts, key == "pairs" && (v.Tag == TagObject || v.Tag == TagModule):
		v.Pairs = p.pairs()
	case key == "attributes":
		v.Attrs = p.pairs()
	case key == "id" && v.Tag != TagRef:
		p.id(v, at)
	case key == "args" && v.Tag == TagOmitted:
		v.Args = p.items()
	case v.Tag == TagObject:
		p.made(v, key, at)
	default:
		p.failAt(at, "unknown key %.40q of a %s", key, v.Tag)
	}
}

// made reads what an object was made from.
func (p *parser) made(v *Value, key string, at int) {
	switch key {
	case "args":
		v.Args = p.items()
	case "kwargs":
		v.Kwargs = p.pairs()
	case "items":
		v.Items = p.items()
	case "states":
		v.States = p.items()
	default:
		p.failAt(at, "unknown key %.40q of an object", key)
	}
}

func (p *parser) id(v *Value, at int) {
	v.ID = p.integer()
	if p.ids[v.ID] != nil {
		p.failAt(at, "two containers have the id %d", v.ID)
	}
	p.ids[v.ID] = v
}

func (p *parser) sizes() []int64 {
	out := []int64{}
	p.list(func() {
		at := p.pos
		p.space()
		n, ok := p.number().(int64)
		if p.err == nil && (!ok || n < 0) {
			p.failAt(at, "expected a size")
		}
		out = append(out, n)
	})
	return out
}

func (p *parser) base64() []byte {
	start := p.pos
	b, err := base64.StdEncoding.Strict().DecodeString(p.text())
	if err != nil {
		p.failAt(start, "not base64: %v", err)
	}
	return b
}

// link gives every reference its meaning, now that all is read.
func (p *parser) link() {
	for _, r := range p.refs {
		if p.ids[r.v.Ref] == nil {
			p.failAt(r.pos, "there is no container with the id %d", r.v.Ref)
		}
	}
	first := map[string]*Value{}
	same := map[*Value]bool{}
	for _, s := range p.sames {
		same[s.v] = true
	}
	for _, t := range p.tensors {
		for _, name := range []string{t.Part + "\x00" + t.Text, t.Text} {
			if first[name] == nil && !same[t] {
				first[name] = t
			}
		}
	}
	for _, s := range p.sames {
		if s.v.Same = first[s.v.Part+"\x00"+s.name]; s.v.Same == nil {
			s.v.Same = first[s.name]
		}
		if s.v.Same == nil {
			p.failAt(s.pos, "there is no tensor %.200q that it could be the same as", s.name)
		}
	}
	if p.err == nil {
		p.acyclic()
	}
}

// acyclic reports a container that holds itself and can only be made from what
// it holds: tuples, sets, and what is made by a call.
func (p *parser) acyclic() {
	const open, done = 1, 2
	state := map[*Value]int{}
	var visit func(v *Value, pos int)
	visit = func(v *Value, pos int) {
		if v.Tag == TagRef {
			v = p.ids[v.Ref]
		}
		switch v.Tag {
		case TagTuple, TagSet, TagFrozenSet, TagSize:
		default:
			return
		}
		if state[v] == open {
			p.failAt(pos, "a %s that holds itself", v.Tag)
		}
		if state[v] != 0 || p.err != nil {
			return
		}
		state[v] = open
		for _, item := range v.Items {
			visit(item, pos)
		}
		state[v] = done
	}
	for _, r := range p.refs {
		visit(r.v, r.pos)
	}
}
