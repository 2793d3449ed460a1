package hdf5

import "fmt"

// denseAttributes reads an attribute info message and the attributes that its
// heap holds. It reports whether there is a heap.
func (o *Object) denseAttributes(f *File, m message) (bool, error) {
	store, err := f.denseStore(m, 2, 9)
	if store == nil || err != nil || store.byName == undefined {
		return store != nil, err
	}
	return true, f.walkTree2(store.byName, 8, func(r *cursor) error {
		return o.denseAttribute(f, store, r)
	})
}

// denseAttribute reads the attribute that a record of the index by names leads to.
func (o *Object) denseAttribute(f *File, store *denseStore, r *cursor) error {
	id := r.take(8)
	m := message{kind: msgAttribute, flags: r.u8(), order: int64(r.u32())}
	hash := r.u32()
	if r.err != nil {
		return r.err
	}
	if !store.ordered {
		m.order = -1
	}
	var err error
	if m.flags&flagShared != 0 {
		m.body = &cursor{f: f, at: r.at}
		m, err = f.sharedMessage(m, id)
	} else {
		m.body, m.seal, err = store.heap.object(id)
	}
	if err != nil {
		return err
	}
	at := m.body.at
	if err := o.addAttribute(f, m); err != nil {
		f.problemOf(o.Path, at, err)
		return nil
	}
	if name := o.Attributes[len(o.Attributes)-1].Name; lookup3([]byte(name)) != hash {
		return &FormatError{r.at, fmt.Sprintf("the attribute %q stands in an index under another name", name)}
	}
	return nil
}
