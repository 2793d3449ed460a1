package hdf5

// claimFreeSpace puts a free space manager into the account (section III.H).
// What it calls free is not looked at: no reader needs it.
func (f *File) claimFreeSpace(addr int64) error {
	if addr == undefined {
		return nil
	}
	size := int64(4 + 1 + 1 + 7*f.lengthSize + 4*2 + f.offsetSize + 4)
	c, err := f.checked(addr, size, "a list of free space")
	if err != nil {
		return err
	}
	c.signature("FSHD", 0)
	c.skip(1 + 4*f.lengthSize + 4*2 + f.lengthSize)
	sections, used, room := c.address(), c.length(), c.length()
	if c.err != nil || sections == undefined || room == 0 {
		return c.err
	}
	if used > room {
		return &FormatError{addr, "a list of free space is longer than its room"}
	}
	s, err := f.structure(sections, room, "a list of free space")
	if err != nil {
		return err
	}
	s.signature("FSSE", 0)
	return s.err
}
