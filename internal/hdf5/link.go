package hdf5

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// A LinkKind says what a link leads to.
type LinkKind uint8

// The kinds of link.
const (
	Hard     LinkKind = iota // an object of this file
	Soft                     // a path, perhaps of nothing
	External                 // a path in another file
	UserLink                 // what an application registers; HDF5 alone cannot follow it
)

// A Link is a name in a group.
type Link struct {
	Name   string
	Kind   LinkKind
	Object *Object // of Hard. Its Kind is Unknown if it could not be read
	Target string  // the path of Soft and External
	File   string  // the file of External
	// Order is the place in the order of creation, or -1 if that is not kept.
	Order int64
	// Start and End are the bytes in which the file says all this.
	Start, End int64

	addr int64
}

// readLinks reads the links of a group, whatever form they have. Their order
// is that of creation where the file keeps it, else that of the names' bytes.
func (o *Object) readLinks(f *File, h *header) error {
	for _, m := range h.all(msgLink) {
		if err := o.addLink(f, m.body); err != nil {
			return err
		}
	}
	own := len(o.Links)
	for _, m := range h.all(msgLinkInfo) {
		dense, err := o.denseLinks(f, m)
		if err != nil {
			return err
		}
		if dense && own > 0 {
			f.problem(o.Path, o.Addr, o.Addr, "links stand in a header that says that they stand elsewhere")
		}
	}
	for _, m := range h.all(msgSymbolTable) {
		if len(h.all(msgLinkInfo))+own > 0 {
			f.problem(o.Path, o.Addr, o.Addr, "a group is of the old form and of the new one")
		}
		if err := o.symbolTable(f, m.body); err != nil {
			return err
		}
	}
	slices.SortStableFunc(o.Links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	seen := map[string]bool{}
	for _, l := range o.Links {
		if seen[l.Name] {
			f.problem(o.Path, l.Start, l.End, fmt.Sprintf("two links have the name %q", l.Name))
		}
		seen[l.Name] = true
	}
	return nil
}

// addLink reads a link message.
func (o *Object) addLink(f *File, c *cursor) error {
	l := Link{Order: -1, Start: c.place(), addr: undefined}
	c.version(1)
	flags := c.u8()
	kind := uint8(0)
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		l.Order = c.size(8)
	}
	if flags&0x10 != 0 {
		c.skip(1) // the character set
	}
	l.Name = string(c.take(c.count(1 << (flags & 3))))
	switch {
	case kind == 0:
		l.addr = c.address()
	case kind == 1:
		l.Kind, l.Target = Soft, string(c.take(int(c.u16())))
	case kind == 64:
		l.Kind = External
		value := c.take(int(c.u16()))
		if len(value) > 0 && value[0] == 0 { // version and flags
			value = value[1:]
		}
		parts := bytes.SplitN(value, []byte{0}, 3)
		if c.err == nil && (len(parts) < 3 || len(parts[0]) < 1) {
			c.fail("an external link has no file and path")
		} else if c.err == nil {
			l.File, l.Target = string(parts[0]), string(parts[1])
		}
	case kind >= 65:
		l.Kind = UserLink
		c.skip(int(c.u16()))
	default:
		c.fail("a link of kind %d is not known", kind)
	}
	l.End = c.place()
	c.held(len(l.Name) + len(l.Target) + len(l.File))
	if c.err == nil {
		o.Links = append(o.Links, l)
	}
	return c.err
}

// count reads a number of n bytes that counts bytes which must be there.
func (c *cursor) count(n int) int {
	v := c.uint(n)
	if v > uint64(c.rest()) {
		c.fail("%d bytes are needed and %d are left", v, c.rest())
		return 0
	}
	return int(v)
}

// denseLinks reads a link info message and the links that its heap holds. It
// reports whether there is a heap.
func (o *Object) denseLinks(f *File, m message) (bool, error) {
	store, err := f.denseStore(m, 8, 6)
	if store == nil || err != nil || store.byName == undefined {
		return store != nil, err
	}
	return true, f.walkTree2(store.byName, 5, func(r *cursor) error {
		hash := r.u32()
		id := r.take(7)
		if r.err != nil {
			return r.err
		}
		body, _, err := store.heap.object(id)
		if err != nil {
			return err
		}
		if err := o.addLink(f, body); err != nil {
			return err
		}
		if name := o.Links[len(o.Links)-1].Name; lookup3([]byte(name)) != hash {
			return &FormatError{r.at, fmt.Sprintf("the link %q stands in an index under another name", name)}
		}
		return nil
	})
}
