package hdf5

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// An Attribute is a named value that hangs on an object.
type Attribute struct {
	Name  string
	Type  *Type
	Space Space
	// Start and End are where the value's elements lie in the file. Those of
	// variable length are pointers to where the values are; see File.Strings.
	Start, End int64
	// Order is the place in the order of creation, or -1 if that is not kept.
	Order int64

	seal   seal
	shared bool // other objects may have the very same one
}

// attribute reads an attribute message.
func (f *File) attribute(m message) (Attribute, error) {
	c := m.body
	a := Attribute{Order: m.order, seal: m.seal, shared: m.table}
	parts, err := c.attributeParts()
	if err != nil {
		return a, err
	}
	a.Name = untilNUL(parts.name)
	if a.Type, err = f.datatypeOf(parts.typ, parts.flags&1 != 0); err != nil {
		return a, err
	}
	if a.Space, err = f.dataspaceOf(parts.space, parts.flags&2 != 0); err != nil {
		return a, err
	}
	n, ok := a.Space.Elements()
	size, fits := product([]int64{n, a.Type.Size})
	if !ok || !fits || size > int64(c.rest()) {
		return a, &FormatError{c.place(), fmt.Sprintf("the attribute %q does not hold its value", a.Name)}
	}
	a.Start, a.End = c.place(), c.place()+size
	c.held(len(parts.name))
	return a, c.err
}

// attributeParts are what stands in an attribute message before the value.
type attributeParts struct {
	flags      uint8 // 1: the type is shared; 2: the space is
	name       []byte
	typ, space *cursor
}

func (c *cursor) attributeParts() (p attributeParts, err error) {
	version := c.u8()
	p.flags = c.u8()
	nameSize, typeSize, spaceSize := int(c.u16()), int(c.u16()), int(c.u16())
	field := c.take
	switch {
	case c.err != nil:
		return p, c.err
	case version < 1 || version > 3:
		return p, &FormatError{c.at, fmt.Sprintf("attribute version %d is not known", version)}
	case version == 1:
		p.flags, field = 0, c.padded
	case version == 3:
		c.skip(1) // the character set of the name
	}
	at := c.place()
	p.name = field(nameSize)
	if c.err == nil && (nameSize == 0 || p.name[nameSize-1] != 0) {
		return p, &FormatError{at, "the name of an attribute has no end"}
	}
	part := func(n int) *cursor {
		at := c.place()
		return &cursor{f: c.f, b: field(n), at: at, err: c.err}
	}
	p.typ, p.space = part(typeSize), part(spaceSize)
	return p, c.err
}

// readAttributes reads what stands in the header itself and what an attribute
// info message leads to. Of those that cannot be read each is a problem.
func (o *Object) readAttributes(f *File, h *header) {
	for _, m := range h.all(msgAttribute) {
		at := m.body.at
		m, err := f.resolve(m)
		if err == nil {
			err = o.addAttribute(f, m)
		}
		if err != nil {
			f.problemOf(o.Path, at, err)
		}
	}
	own := len(o.Attributes)
	for _, m := range h.all(msgAttributeInfo) {
		dense, err := o.denseAttributes(f, m)
		if err != nil {
			f.problemOf(o.Path, m.body.at, err)
		}
		if dense && own > 0 {
			f.problem(o.Path, h.addr, h.addr, "attributes stand in a header that says that they stand elsewhere")
		}
	}
	seen := map[string]bool{}
	for _, a := range o.Attributes {
		if seen[a.Name] {
			f.problem(o.Path, a.Start, a.End, fmt.Sprintf("two attributes have the name %q", a.Name))
		}
		seen[a.Name] = true
	}
	slices.SortStableFunc(o.Attributes, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
}

func (o *Object) addAttribute(f *File, m message) error {
	a, err := f.attribute(m)
	if err != nil {
		return err
	}
	o.Attributes = append(o.Attributes, a)
	if !a.Type.holdsReferences() {
		return nil
	}
	return f.followAttribute(&a)
}

// followAttribute looks at what the elements of an attribute point to.
func (f *File) followAttribute(a *Attribute) error {
	c, err := f.peek(a.Start, a.End-a.Start, "an attribute")
	for err == nil && c.rest() > 0 {
		err = f.follow(c, a.Type, 0)
	}
	return err
}

// Raw returns the bytes of the attribute's elements as they are stored.
func (f *File) Raw(a *Attribute) ([]byte, error) {
	return safeio.ReadRange(f.r, f.end, a.Start, a.End-a.Start, f.lim.MaxAlloc)
}

// A Text is a string and the place of its bytes in the file, with their padding.
type Text struct {
	Value      string
	Start, End int64
	// Pointer is where the reference to a string of variable length is
	// written, or -1 for a string of fixed length.
	Pointer int64
}

// Strings returns the strings that an attribute holds, in C order. It fails if
// the attribute holds anything else. All together may have MaxAlloc bytes.
func (f *File) Strings(a *Attribute) ([]Text, error) {
	if a.Type.Class != String && !(a.Type.Class == VarLen && a.Type.Text) {
		return nil, fmt.Errorf("the attribute %q holds no strings but %s", a.Name, a.Type)
	}
	f = f.fork()
	c, err := f.peek(a.Start, a.End-a.Start, "an attribute")
	if err != nil {
		return nil, err
	}
	left := f.lim.MaxAlloc
	var out []Text
	for c.rest() > 0 {
		t := Text{Start: c.place(), End: c.place() + a.Type.Size, Pointer: -1}
		if a.Type.Size == 0 || int64(len(out)) > f.lim.MaxAlloc/64 {
			return nil, fmt.Errorf("the attribute %q holds too many strings: %w", a.Name, safeio.ErrLimit)
		}
		var b []byte
		if a.Type.Class == String {
			b = c.take(int(a.Type.Size))
		} else {
			v, err := c.heapValue(1)
			if err != nil {
				return nil, err
			}
			t.Pointer, t.Start, t.End = t.Start, v.start, v.end
			if b, err = safeio.ReadRange(f.r, f.end, v.start, v.end-v.start, left); err != nil {
				return nil, err
			}
			left -= int64(len(b))
		}
		t.Value = trim(b, a.Type)
		out = append(out, t)
	}
	return out, nil
}

// Texts returns the bytes of the strings that an attribute holds, in C order,
// without what pads them at their end; none if it holds anything else. A NUL
// inside of one of fixed length does not end it.
func (f *File) Texts(a *Attribute) (texts [][]byte, err error) {
	switch {
	case a.Type.Class == VarLen && a.Type.Text:
		strings, err := f.Strings(a)
		for _, s := range strings {
			texts = append(texts, []byte(s.Value))
		}
		return texts, err
	case a.Type.Class != String || a.Type.Size == 0:
		return nil, nil
	}
	raw, err := f.Raw(a)
	for int64(len(raw)) >= a.Type.Size {
		texts, raw = append(texts, bytes.TrimRight(raw[:a.Type.Size], "\x00 ")), raw[a.Type.Size:]
	}
	return texts, err
}

// trim takes off what pads a string. One of variable length ends at a NUL in
// every library that hands it on as C does.
func trim(b []byte, t *Type) string {
	switch {
	case t.Class == VarLen, t.Padding == 0:
		return untilNUL(b)
	case t.Padding == 1:
		return strings.TrimRight(string(b), "\x00")
	}
	return strings.TrimRight(string(b), " ")
}
