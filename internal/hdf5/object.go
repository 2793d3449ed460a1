package hdf5

import (
	"fmt"
	"strings"
)

// An ObjectKind says what an object is.
type ObjectKind uint8

// The kinds of object.
const (
	Unknown   ObjectKind = iota // its header could not be read
	Group                       // has Links
	Dataset                     // has a Type, a Space and a Layout
	NamedType                   // has a Type
)

// An Object is a group, a dataset or a named type.
type Object struct {
	Kind ObjectKind
	Addr int64 // where its header begins in the file
	// Path is the names that lead from the root to the object by the links that
	// were followed first, each after a slash; "" for the root, and for a type
	// that has no name and that other objects use.
	Path       string
	Attributes []Attribute
	Links      []Link
	Type       *Type
	Space      Space
	Layout     Layout

	sound bool // type, space and layout of a dataset were read and agree
}

// Attribute returns the attribute of that name, or nil. Where two have the
// name, which is a Problem of the File, it is the first.
func (o *Object) Attribute(name string) *Attribute {
	for i := range o.Attributes {
		if o.Attributes[i].Name == name {
			return &o.Attributes[i]
		}
	}
	return nil
}

// Link returns the link of that name, or nil.
func (o *Object) Link(name string) *Link {
	for i := range o.Links {
		if o.Links[i].Name == name {
			return &o.Links[i]
		}
	}
	return nil
}

// Lookup follows hard links from o, by names separated by slashes. It returns
// nil where there is none.
func (o *Object) Lookup(path string) *Object {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		l := o.Link(name)
		if l == nil || l.Object == nil {
			return nil
		}
		o = l.Object
	}
	return o
}

// walk reads what hard links lead to, without recursion: a group in a group
// may be as deep as the file is long.
func (f *File) walk() {
	f.readExtension()
	if f.sb.driver != undefined {
		f.problem("", f.sb.driver, f.sb.driver, "a driver that puts the file together from several is not read")
	}
	root, err := f.object(f.sb.root, "")
	f.Root = root
	if err != nil {
		f.problemOf("", f.sb.root, err)
	} else if root.Kind != Group {
		f.problem("", root.Addr, root.Addr, "the root is no group")
	}
	type step struct {
		in   *Object
		next int
	}
	for stack := []step{{root, 0}}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		if top.next >= len(top.in.Links) {
			stack = stack[:len(stack)-1]
			continue
		}
		l := &top.in.Links[top.next]
		top.next++
		if l.Kind == Hard && f.followLink(top.in, l) {
			stack = append(stack, step{l.Object, 0})
		}
	}
}

// followLink reads what a hard link leads to, and reports whether that was not
// reached before.
func (f *File) followLink(in *Object, l *Link) bool {
	path := in.Path + "/" + l.Name
	read := f.byAddr[l.addr] == nil
	var err error
	l.Object, err = f.object(l.addr, path)
	if read && err != nil {
		f.problemOf(path, l.addr, err)
	}
	if !read && (l.Object.Path != "" || l.Object == f.Root) {
		return false
	}
	if err := f.keep(l.Start, len(path)); err != nil {
		f.problemOf(in.Path, l.Start, err)
		return false
	}
	l.Object.Path = path
	return true
}

// object reads the object whose header is at addr, once.
func (f *File) object(addr int64, path string) (*Object, error) {
	if o := f.byAddr[addr]; o != nil {
		return o, nil
	}
	o := &Object{Addr: addr, Path: path}
	f.byAddr[addr] = o
	f.Objects = append(f.Objects, o)
	if addr == undefined {
		return o, &FormatError{0, "an object lies nowhere"}
	}
	h, err := f.readHeader(addr)
	if err != nil {
		return o, err
	}
	err = o.classify(f, h)
	o.readAttributes(f, h)
	return o, err
}

// known are the messages that an object may have, and those of them that may
// stand more than once.
var known = map[uint16]bool{
	msgDataspace: false, msgLinkInfo: false, msgDatatype: false, msgOldFill: false, msgFill: false,
	msgLink: true, msgExternal: false, msgLayout: false, msgGroupInfo: false, msgFilters: false,
	msgAttribute: true, msgComment: false, msgOldModified: false, msgSymbolTable: false, msgModified: false,
	msgAttributeInfo: false, msgReferences: false,
}

// classify reads what makes the object what it is, all but its attributes.
func (o *Object) classify(f *File, h *header) error {
	count := map[uint16]int{}
	for _, m := range h.messages {
		many, ok := known[m.kind]
		if count[m.kind]++; !ok {
			f.problem(o.Path, m.body.at, m.body.at+int64(len(m.body.b)), fmt.Sprintf("a message of type %#x is not known", m.kind))
		} else if count[m.kind] == 2 && !many {
			return &FormatError{m.body.at, fmt.Sprintf("an object has two messages of type %#x", m.kind)}
		}
	}
	group := count[msgSymbolTable]+count[msgLinkInfo]+count[msgLink] > 0
	dataset := count[msgLayout]+count[msgDataspace] > 0
	switch {
	case group && (dataset || count[msgDatatype] > 0):
		return &FormatError{o.Addr, "an object is a group and something else as well"}
	case group:
		o.Kind = Group
		return o.readLinks(f, h)
	case dataset:
		o.Kind = Dataset
		return o.readDataset(f, h)
	case count[msgDatatype] > 0:
		o.Kind = NamedType
		m := h.all(msgDatatype)[0]
		var err error
		o.Type, err = f.datatypeOf(m.body, m.flags&flagShared != 0)
		return err
	}
	return &FormatError{o.Addr, "an object is neither group nor dataset nor type"}
}

// readExtension reads the header that extends the superblock.
func (f *File) readExtension() {
	if f.sb.extension == undefined {
		return
	}
	h, err := f.readHeader(f.sb.extension)
	if err != nil {
		f.problemOf("", f.sb.extension, err)
		return
	}
	for _, m := range h.messages {
		if err := f.extend(m); err != nil {
			f.problemOf("", m.body.at, err)
		}
	}
}

func (f *File) extend(m message) error {
	c := m.body
	switch m.kind {
	case msgTreeSizes:
		c.version(0)
		f.sb.chunkK, f.sb.internalK, f.sb.leafK = int(c.u16()), int(c.u16()), int(c.u16())
	case msgSharedTable:
		c.version(0)
		addr, count := c.address(), int(c.u8())
		if c.err != nil {
			return c.err
		}
		return f.readSharedTable(addr, count)
	case msgFileSpace:
		return f.fileSpace(c)
	case msgAttribute, msgAttributeInfo, msgReferences:
	case msgCacheImage:
		return &FormatError{c.at, "an image of a metadata cache, which stands for what the file has elsewhere, is not read"}
	default:
		return &FormatError{c.at, fmt.Sprintf("a message of type %#x in the superblock's extension is not read", m.kind)}
	}
	return c.err
}

// fileSpace reads where lists of free space are, so that they have an account.
func (f *File) fileSpace(c *cursor) error {
	version := c.u8()
	managers := 6
	switch version {
	case 0:
		c.skip(1 + f.lengthSize)
	case 1:
		c.skip(1)
		keep := c.u8()
		c.skip(2*f.lengthSize + 2 + f.offsetSize)
		if managers = 12; keep == 0 {
			managers = 0
		}
	default:
		c.fail("file space version %d is not known", version)
	}
	for range managers {
		addr := c.address()
		if c.err != nil {
			return c.err
		}
		if err := f.claimFreeSpace(addr); err != nil {
			return err
		}
	}
	return c.err
}
