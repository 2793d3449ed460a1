package hdf5

// follow checks what elements of a type point to in the global heap, and puts
// that into the account.
func (f *File) follow(c *cursor, t *Type, depth int) error {
	start := c.pos
	defer func() { c.pos = start + int(t.Size) }()
	switch {
	case depth > maxTypeDepth:
		return &FormatError{c.place(), "values lie in too many values"}
	case !t.holdsReferences():
		return nil
	}
	switch t.Class {
	case VarLen:
		return f.followVarLen(c, t, depth)
	case Array:
		for c.pos+int(t.Base.Size) <= start+int(t.Size) && t.Base.Size > 0 {
			if err := f.follow(c, t.Base, depth+1); err != nil {
				return err
			}
		}
	case Compound:
		for _, m := range t.Members {
			c.pos = start + int(m.Offset)
			if err := f.follow(c, m.Type, depth+1); err != nil {
				return err
			}
		}
	case Reference:
		return f.followReference(c, t)
	}
	return c.err
}

func (f *File) followVarLen(c *cursor, t *Type, depth int) error {
	v, err := c.heapValue(t.Base.Size)
	if err != nil || !t.Base.holdsReferences() || v.count == 0 {
		return err
	}
	inner, err := f.peek(v.start, v.end-v.start, "a value of variable length")
	if err != nil {
		return err
	}
	for inner.rest() > 0 {
		if err := f.follow(inner, t.Base, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// followReference looks at a reference to a region, which has its words in the
// global heap. One that is all zero is empty.
func (f *File) followReference(c *cursor, t *Type) error {
	at := c.place()
	if t.Ref > 1 {
		return &FormatError{at, "a reference of the kind that HDF5 1.12 brought is not read"}
	}
	addr, index := c.address(), c.u32()
	if c.err != nil || index == 0 {
		return c.err
	}
	_, err := f.heapObject(at, addr, index)
	return err
}
