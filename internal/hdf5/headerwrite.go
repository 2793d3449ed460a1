package hdf5

import (
	"fmt"
	"math"
)

// superblock is that of version 2.
func (f *NewFile) superblock() []byte {
	b := append([]byte(Signature), 2, 8, 8, 0)
	b = appendUint(b, 0, 8) // the base address
	b = appendUint(b, undefinedAddress, 8)
	b = appendUint(b, uint64(f.size), 8)
	b = appendUint(b, uint64(f.objects[0].addr), 8)
	return appendUint(b, uint64(lookup3(b)), 4)
}

// header is an object's header of version 2, in one block.
func (f *NewFile) header(o *newObject) ([]byte, error) {
	var m messages
	if o.node.Data != nil {
		if err := m.dataset(o); err != nil {
			return nil, err
		}
	} else {
		m.add(msgLinkInfo, noHeap())
		m.add(msgGroupInfo, []byte{0, 0})
		for _, c := range o.children {
			m.add(msgLink, linkTo(c))
		}
	}
	if len(o.node.Attributes) > 0 {
		m.add(msgAttributeInfo, noHeap()) // without it HDF5 finds attributes by name, and lists none
	}
	for i, a := range o.node.Attributes {
		body, err := f.attribute(a, o.texts[i])
		if err != nil {
			return nil, fmt.Errorf("the attribute %q: %w", a.Name, err)
		}
		m.add(msgAttribute, body)
	}
	if m.err == nil && len(m.bytes) > math.MaxInt32 {
		m.err = fmt.Errorf("a header of %d bytes cannot be written", len(m.bytes))
	}
	const sizeOfFour = 2
	h := append([]byte("OHDR"), 2, sizeOfFour)
	h = append(appendUint(h, uint64(len(m.bytes)), 4), m.bytes...)
	return appendUint(h, uint64(lookup3(h)), 4), m.err
}

// messages are the messages of a header, one behind the other.
type messages struct {
	bytes []byte
	err   error // a message that was too large
}

func (m *messages) add(kind uint16, body []byte) {
	if len(body) > math.MaxUint16 {
		m.err = fmt.Errorf("%d bytes do not go into a message of a header", len(body))
	}
	m.bytes = append(m.bytes, byte(kind))
	m.bytes = appendUint(m.bytes, uint64(len(body)), 2)
	m.bytes = append(append(m.bytes, 0), body...)
}

// dataset adds what says of which type and shape the data are, and where they stand.
func (m *messages) dataset(o *newObject) error {
	typ, err := appendType(nil, o.node.Data.Type)
	if err != nil {
		return err
	}
	m.add(msgDataspace, appendSpace(nil, o.node.Data.Dims))
	m.add(msgDatatype, typ)
	m.add(msgFill, []byte{3, 2 | 2<<2}) // allocated late, written if it is set, which it is not
	layout := appendUint([]byte{3, byte(Contiguous)}, uint64(o.dataAt), 8)
	m.add(msgLayout, appendUint(layout, uint64(o.dataSize), 8))
	return nil
}

// noHeap is the body of a message that names a heap and an index, where neither is.
func noHeap() []byte {
	return appendUint(appendUint([]byte{0, 0}, undefinedAddress, 8), undefinedAddress, 8)
}

// linkTo is the message of a hard link.
func linkTo(o *newObject) []byte {
	const (
		lengthOfFour = 2
		hasCharset   = 0x10
		inUTF8       = 1
	)
	b := []byte{1, lengthOfFour | hasCharset, inUTF8}
	b = appendUint(b, uint64(len(o.node.Name)), 4)
	b = append(b, o.node.Name...)
	return appendUint(b, uint64(o.addr), 8)
}

// attribute is the message of an attribute, whose strings stand in the heap
// from the number first on.
func (f *NewFile) attribute(a NewAttribute, first int) ([]byte, error) {
	typ, err := appendType(nil, a.Type)
	if err != nil {
		return nil, err
	}
	space := appendSpace(nil, a.Dims)
	count, ok := product(a.Dims)
	raw := a.Raw
	switch {
	case a.Type.Class == VarLen && int64(len(a.Texts)) == count:
		raw = nil
		for i, text := range a.Texts {
			raw = appendUint(raw, uint64(len(text)), 4)
			raw = appendUint(raw, uint64(f.heapAt), 8)
			raw = appendUint(raw, uint64(first+i), 4)
		}
	case a.Type.Class == String && a.Texts != nil && int64(len(a.Texts)) == count:
		raw = nil
		for _, text := range a.Texts {
			if int64(len(text)) > a.Type.Size {
				return nil, fmt.Errorf("%q is longer than %d bytes", text, a.Type.Size)
			}
			raw = append(raw, text...)
			raw = append(raw, make([]byte, a.Type.Size-int64(len(text)))...)
		}
	}
	if size, fits := product([]int64{count, a.Type.Size}); !ok || !fits || int64(len(raw)) != size || len(a.Dims) > maxRank {
		return nil, fmt.Errorf("%d bytes are no value of the shape %d and the type %s", len(raw), a.Dims, a.Type)
	}
	b := append([]byte{3, 0}, appendUint(nil, uint64(len(a.Name)+1), 2)...)
	b = appendUint(b, uint64(len(typ)), 2)
	b = appendUint(b, uint64(len(space)), 2)
	b = append(b, 1) // the name is UTF-8
	b = append(append(b, a.Name...), 0)
	return append(append(append(b, typ...), space...), raw...), nil
}
