package hdf5

import "fmt"

// denseAttributes reads an attribute info message and the attributes that its
// heap holds. It reports whether there is a heap.
func (o *Object) denseAttributes(f *File, m message) (bool, error) {
	c := m.body
	c.version(0)
	flags := c.u8()
	if flags&1 != 0 {
		c.skip(2)
	}
	heapAt, byName, byOrder := c.address(), c.address(), int64(undefined)
	if flags&2 != 0 {
		byOrder = c.address()
	}
	if c.err != nil || heapAt == undefined {
		return false, c.err
	}
	heap, err := f.openHeap(heapAt)
	if err != nil {
		return true, err
	}
	if byOrder != undefined {
		// The same attributes once more; a node is all that is of interest.
		if err := f.walkTree2(byOrder, 9, func(*cursor) error { return nil }); err != nil {
			return true, err
		}
	}
	if byName == undefined {
		return true, nil
	}
	return true, f.walkTree2(byName, 8, func(r *cursor) error {
		id := r.take(8)
		msg := message{kind: msgAttribute, flags: r.u8(), order: int64(r.u32())}
		hash := r.u32()
		if r.err != nil {
			return r.err
		}
		if flags&1 == 0 {
			msg.order = -1
		}
		if msg.flags&flagShared != 0 {
			msg.body = &cursor{f: f, at: r.at}
			msg, err = f.sharedMessage(msg, id)
		} else {
			msg.body, msg.seal, err = heap.object(id)
		}
		if err != nil {
			return err
		}
		at := msg.body.at
		if err := o.addAttribute(f, msg); err != nil {
			f.problemOf(o.Path, at, err)
			return nil
		}
		if name := o.Attributes[len(o.Attributes)-1].Name; lookup3([]byte(name)) != hash {
			return &FormatError{r.at, fmt.Sprintf("the attribute %q stands in an index under another name", name)}
		}
		return nil
	})
}
