package hdf5

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// A Node is a group or a dataset that is to be written.
type Node struct {
	Name       string // within its group; the root's does not count
	Attributes []NewAttribute
	Children   []*Node  // of a group
	Data       *NewData // of a dataset; nil makes a group
}

// A NewData is what a dataset is to hold.
type NewData struct {
	Type *Type
	Dims []int64 // nil for a scalar
	// Write writes the elements, in C order and as Type spells them.
	Write func(io.Writer) error
}

// A NewAttribute is an attribute that is to be written.
type NewAttribute struct {
	Name  string
	Type  *Type
	Dims  []int64  // nil for a scalar
	Raw   []byte   // the elements, unless Type is one of strings
	Texts []string // else
}

// A NewFile is the plan of a file: where everything goes.
type NewFile struct {
	objects []*newObject
	heap    heapBuilder
	heapAt  int64
	front   []byte // all structure; the data follow
	size    int64
}

// A newObject is a Node with its place.
type newObject struct {
	node     *Node
	children []*newObject
	texts    []int // of each attribute, the number of its first string in the heap
	addr     int64
	dataAt   int64
	dataSize int64
}

const (
	undefinedAddress = math.MaxUint64 // what a file has for an address of nothing
	superblockSize   = 48
)

// PlanFile lays a file out: a superblock of version 2, headers of version 2 with
// their links in them, a global heap for strings, and each dataset in one range.
// HDF5 1.8 and whatever came after it reads that. A name that stands twice in a
// group, or holds a slash or a NUL, is an error, and so is an attribute of more
// than the 64 KiB that HDF5 has for one.
func PlanFile(root *Node) (*NewFile, error) {
	f := &NewFile{}
	if root.Data != nil {
		return nil, errors.New("the root of a file is a group")
	}
	if _, err := f.add(root); err != nil {
		return nil, err
	}
	// The lengths of headers do not depend on the addresses in them.
	f.size = superblockSize
	for _, o := range f.objects {
		h, err := f.header(o)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", o.node.Name, err)
		}
		o.addr = f.place(int64(len(h)))
	}
	var heap []byte
	if len(f.heap.values) > 0 {
		var err error
		if heap, err = f.heap.encode(8, 8); err != nil {
			return nil, err
		}
		f.heapAt = f.place(int64(len(heap)))
	}
	front := f.size
	for _, o := range f.objects {
		if o.dataAt = undefined; o.dataSize > 0 {
			o.dataAt = f.place(o.dataSize)
		}
		if f.size > math.MaxInt64/2 {
			return nil, errors.New("the file would be too long")
		}
	}
	return f, f.write(heap, front)
}

// write makes the front, whose length is planned, now that all addresses are known.
func (f *NewFile) write(heap []byte, planned int64) error {
	f.front = f.superblock()
	for _, o := range f.objects {
		h, err := f.header(o)
		if err != nil {
			return err
		}
		f.front = pad8(append(f.front, h...))
	}
	if f.front = append(f.front, heap...); int64(len(f.front)) != planned {
		return fmt.Errorf("the structure has %d bytes and was planned with %d", len(f.front), planned)
	}
	return nil
}

// place takes n bytes of the file, and what makes them a multiple of 8.
func (f *NewFile) place(n int64) int64 {
	at := f.size
	f.size += (n + 7) &^ 7
	return at
}

// add lists a node and those below it.
func (f *NewFile) add(n *Node) (*newObject, error) {
	o := &newObject{node: n}
	f.objects = append(f.objects, o)
	names := map[string]bool{}
	for _, a := range n.Attributes {
		if a.Name == "" || names[a.Name] || strings.Contains(a.Name, "\x00") || !utf8.ValidString(a.Name) {
			return nil, fmt.Errorf("the attribute %q cannot be written, or stands twice", a.Name)
		}
		names[a.Name] = true
		o.texts = append(o.texts, len(f.heap.values)+1)
		if a.Type.Class == VarLen {
			for _, text := range a.Texts {
				f.heap.add(text)
			}
		}
	}
	if d := n.Data; d != nil {
		if len(n.Children) > 0 {
			return nil, fmt.Errorf("the dataset %q has children", n.Name)
		}
		count, ok := product(d.Dims)
		size, fits := product([]int64{count, d.Type.Size})
		if !ok || !fits || len(d.Dims) > maxRank || d.Type.holdsReferences() {
			return nil, fmt.Errorf("the dataset %q of the shape %d and the type %s cannot be written", n.Name, d.Dims, d.Type)
		}
		o.dataSize = size
	}
	seen := map[string]bool{}
	for _, c := range n.Children {
		if c.Name == "" || c.Name == "." || seen[c.Name] || strings.ContainsAny(c.Name, "/\x00") || !utf8.ValidString(c.Name) {
			return nil, fmt.Errorf("the name %q cannot stand in a group, or stands there twice", c.Name)
		}
		seen[c.Name] = true
		child, err := f.add(c)
		if err != nil {
			return nil, err
		}
		o.children = append(o.children, child)
	}
	return o, nil
}

// Size is the length of the file in bytes.
func (f *NewFile) Size() int64 { return f.size }

// WriteTo writes the file. A dataset whose Write gives another number of bytes
// than its shape needs is an error.
func (f *NewFile) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(f.front)
	written := int64(n)
	for _, o := range f.objects {
		if err != nil {
			return written, err
		}
		if o.dataSize == 0 {
			continue
		}
		c := &exactWriter{w: w, left: o.dataSize}
		if err = o.node.Data.Write(c); err == nil && c.left != 0 {
			err = fmt.Errorf("the dataset %q lacks %d bytes", o.node.Name, c.left)
		}
		written += o.dataSize - c.left
		if err == nil {
			n, err = w.Write(make([]byte, -o.dataSize&7))
			written += int64(n)
		}
	}
	return written, err
}

// An exactWriter takes no more than it has left.
type exactWriter struct {
	w    io.Writer
	left int64
}

func (w *exactWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		return 0, errors.New("a dataset has more bytes than its shape needs")
	}
	n, err := w.w.Write(p)
	w.left -= int64(n)
	return n, err
}
