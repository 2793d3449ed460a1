package marshal

// composite reads what contains other objects.
func (d *decoder) composite(kind byte, depth, start int) Value {
	switch kind {
	case ')':
		return Tuple(d.items(int(d.byte()), depth, start))
	case '(':
		return Tuple(d.items(d.int32(), depth, start))
	case '[':
		return List(d.items(d.int32(), depth, start))
	case '<', '>':
		return &Set{Frozen: kind == '>', Items: d.items(d.int32(), depth, start)}
	case '{':
		return d.dict(depth)
	case ':':
		s := &Slice{}
		for _, part := range []*Value{&s.Start, &s.Stop, &s.Step} {
			*part = d.object(depth + 1)
		}
		return s
	case 'c':
		return d.code(depth, start)
	}
	return d.fail(start, "no object begins with 0x%02x", kind)
}

// object reads a value that must be one: NULL is an error.
func (d *decoder) object(depth int) Value {
	at := d.at
	v := d.value(depth)
	if _, isNull := v.(null); isNull {
		return d.fail(at, "NULL in the place of an object")
	}
	return v
}

func (d *decoder) items(n, depth, start int) []Value {
	if n < 0 || n > len(d.b)-d.at { // an item takes at least a byte
		d.fail(start, "%d items in %d bytes", n, len(d.b)-d.at)
		return nil
	}
	items := make([]Value, 0, min(n, 1024))
	for range n {
		if items = append(items, d.object(depth+1)); d.err != nil {
			return nil
		}
	}
	return items
}

func (d *decoder) dict(depth int) Value {
	items := Dict{}
	for d.err == nil {
		key := d.value(depth + 1)
		if _, end := key.(null); end {
			return items
		}
		items = append(items, Item{key, d.object(depth + 1)})
	}
	return nil
}

// code reads a code object in the decoder's layout.
func (d *decoder) code(depth, start int) Value {
	c := &Code{Layout: d.layout}
	counts := []*int{&c.Args, &c.PositionalOnly, &c.KeywordOnly, nil, &c.StackSize, &c.Flags}
	switch d.layout {
	case Layout36:
		counts = []*int{&c.Args, &c.KeywordOnly, nil, &c.StackSize, &c.Flags}
	case Layout311:
		counts = []*int{&c.Args, &c.PositionalOnly, &c.KeywordOnly, &c.StackSize, &c.Flags}
	}
	for _, count := range counts { // nil: nlocals, which the names repeat
		n := d.int32()
		if n < 0 {
			return d.fail(start, "a count below zero in a code object")
		}
		if count != nil {
			*count = n
		}
	}
	c.Instructions = d.bytes(depth)
	c.Consts = d.tuple(depth)
	c.Names = d.names(depth)
	if d.layout == Layout311 {
		c.Slots = d.slots(depth, c)
	} else {
		c.Variables, c.Free, c.Cells = d.names(depth), d.names(depth), d.names(depth)
	}
	c.File, c.Name = d.text(depth), d.text(depth)
	if d.layout == Layout311 {
		c.Qualified = d.text(depth)
	}
	c.FirstLine = d.int32()
	c.Lines = d.bytes(depth)
	if d.layout == Layout311 {
		c.Exceptions = d.bytes(depth)
	}
	if c.Args+c.KeywordOnly > len(c.Variables) || c.PositionalOnly > c.Args {
		return d.fail(start, "a code object with %d arguments and %d variables", c.Args+c.KeywordOnly, len(c.Variables))
	}
	return c
}

// slots reads the variables of Layout311 and sorts them into c's three lists.
func (d *decoder) slots(depth int, c *Code) []Slot {
	at := d.at
	names := d.names(depth)
	kinds := d.bytes(depth)
	if d.err == nil && len(kinds) != len(names) {
		d.fail(at, "%d kinds of %d variables", len(kinds), len(names))
	}
	if d.err != nil {
		return nil
	}
	slots := make([]Slot, len(names))
	for i, name := range names {
		slots[i] = Slot{name, kinds[i]}
		if kinds[i]&SlotLocal != 0 {
			c.Variables = append(c.Variables, name)
		}
		if kinds[i]&SlotCell != 0 {
			c.Cells = append(c.Cells, name)
		}
		if kinds[i]&SlotFree != 0 {
			c.Free = append(c.Free, name)
		}
	}
	return slots
}

func (d *decoder) bytes(depth int) []byte {
	return field[Bytes](d, depth, "no bytes where a code object has them")
}

func (d *decoder) text(depth int) string {
	return field[string](d, depth, "no text where a code object has one")
}

func (d *decoder) tuple(depth int) Tuple {
	return field[Tuple](d, depth, "no tuple where a code object has one")
}

// field reads a part of a code object, which must be of one type.
func field[T Value](d *decoder, depth int, missing string) T {
	at := d.at
	v, ok := d.object(depth + 1).(T)
	if !ok {
		d.fail(at, "%s", missing)
	}
	return v
}

func (d *decoder) names(depth int) []string {
	at := d.at
	items := d.tuple(depth)
	names := make([]string, 0, len(items))
	for _, item := range items {
		name, ok := item.(string)
		if !ok {
			d.fail(at, "a name that is no text in a code object")
			return nil
		}
		names = append(names, name)
	}
	return names
}
