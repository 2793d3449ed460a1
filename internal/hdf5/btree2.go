package hdf5

import "fmt"

// A tree2 is the header of a version 2 B-tree (section III.A.2).
type tree2 struct {
	f                    *File
	kind                 uint8
	nodeSize, recordSize int64
	countSize            int     // bytes of a number of records
	totalSize            []int   // bytes of the number of records of a subtree, by level
	capacity             []int64 // records of a node, by level
	depth                int
	visit                func(*cursor) error
}

// walkTree2 calls visit with a cursor for each record of the B-tree at addr,
// which must be of the given type, in its order.
func (f *File) walkTree2(addr int64, kind uint8, visit func(*cursor) error) error {
	size := int64(4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + f.offsetSize + 2 + f.lengthSize + 4)
	c, err := f.checked(addr, size, "a B-tree")
	if err != nil {
		return err
	}
	c.signature("BTHD", 0)
	t := &tree2{f: f, kind: c.u8(), nodeSize: int64(c.u32()), recordSize: int64(c.u16()), depth: int(c.u16()), visit: visit}
	c.skip(2)
	root, count, total := c.address(), int64(c.u16()), c.length()
	switch {
	case c.err != nil:
		return c.err
	case t.kind != kind:
		return &FormatError{addr, fmt.Sprintf("a B-tree of type %d stands where one of type %d should", t.kind, kind)}
	case root == undefined && total == 0:
		return nil
	case t.depth > 16 || t.recordSize == 0:
		return &FormatError{addr, fmt.Sprintf("a B-tree has %d levels and records of %d bytes", t.depth, t.recordSize)}
	}
	if err := t.plan(addr); err != nil {
		return err
	}
	seen, err := t.node(root, count, t.depth)
	if err == nil && seen != total {
		err = &FormatError{addr, fmt.Sprintf("a B-tree has %d records and says %d", seen, total)}
	}
	return err
}

// plan computes what the levels hold (H5B2__hdr_init).
func (t *tree2) plan(addr int64) error {
	const prefix = 4 + 1 + 1 + 4
	t.capacity = []int64{(t.nodeSize - prefix) / t.recordSize}
	t.totalSize = []int{0}
	if t.capacity[0] < 1 {
		return &FormatError{addr, "the nodes of a B-tree hold no record"}
	}
	t.countSize = bytesFor(t.capacity[0])
	total := t.capacity[0]
	for level := 1; level <= t.depth; level++ {
		pointer := int64(t.f.offsetSize + t.countSize + t.totalSize[level-1])
		n := (t.nodeSize - prefix - pointer) / (t.recordSize + pointer)
		if n < 1 || total > 1<<40 {
			return &FormatError{addr, "the nodes of a B-tree hold no record, or too many"}
		}
		total = (n+1)*total + n
		t.capacity = append(t.capacity, n)
		t.totalSize = append(t.totalSize, bytesFor(total))
	}
	return nil
}

// node visits the records of a node and of those below it, and counts them.
func (t *tree2) node(addr, count int64, level int) (int64, error) {
	if count > t.capacity[level] {
		return 0, &FormatError{max(addr, 0), fmt.Sprintf("a node of a B-tree holds %d records and has place for %d", count, t.capacity[level])}
	}
	used := 6 + count*t.recordSize
	if level > 0 {
		used += (count + 1) * int64(t.f.offsetSize+t.countSize+t.totalSize[level-1])
	}
	c, err := t.f.checkedPart(addr, t.nodeSize, used, "a node of a B-tree")
	if err != nil {
		return 0, err
	}
	if level == 0 {
		c.signature("BTLF", 0)
	} else {
		c.signature("BTIN", 0)
	}
	c.version(t.kind)
	records := c.sub(int(count * t.recordSize))
	if c.err != nil {
		return 0, c.err
	}
	seen := int64(0)
	for i := int64(0); ; i++ {
		if level > 0 {
			n, err := t.child(c, level)
			if seen += n; err != nil {
				return seen, err
			}
		}
		if i == count {
			return seen, c.err
		}
		r := records.sub(int(t.recordSize))
		if err := t.visit(r); err != nil {
			return seen, err
		}
		if r.err != nil {
			return seen, r.err
		}
		seen++
	}
}

// child visits what the next pointer of a node leads to.
func (t *tree2) child(c *cursor, level int) (int64, error) {
	addr, count := c.address(), c.size(t.countSize)
	total := c.size(t.totalSize[level-1])
	if c.err != nil {
		return 0, c.err
	}
	seen, err := t.node(addr, count, level-1)
	if err == nil && level > 1 && seen != total {
		err = &FormatError{addr, fmt.Sprintf("a subtree has %d records and says %d", seen, total)}
	}
	return seen, err
}
