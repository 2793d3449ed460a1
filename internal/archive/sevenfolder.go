package archive

// Bounds of what a folder may be made of; 7-Zip has the same.
const (
	maxCoders = 32
	maxInputs = 32
)

// size is the size of the folder's result.
func (f *Folder) size() int64 {
	for c := len(f.sizes) - 1; c >= 0; c-- {
		bound := false
		for _, b := range f.binds {
			bound = bound || b[1] == c
		}
		if !bound {
			return f.sizes[c]
		}
	}
	return 0
}

// folders reads how packed streams become content.
func (p *sevenParser) folders() (folders []Folder) {
	if p.byte() != 0x0b {
		p.fail("no folders")
		return nil
	}
	n := p.count(p.left())
	if p.byte() != 0 {
		p.fail("folders that are kept elsewhere")
		return nil
	}
	for range n {
		folders = append(folders, p.folder())
		if p.err != nil {
			return nil
		}
	}
	if p.byte() != 0x0c {
		p.fail("no sizes of folders")
		return nil
	}
	for i := range folders {
		for _, c := range folders[i].coders {
			for range c.out {
				folders[i].sizes = append(folders[i].sizes, p.number())
			}
		}
	}
	id := p.byte()
	if id == 0x0a {
		for i, has := range p.digests(n) {
			folders[i].summed = has
		}
		id = p.byte()
	}
	if id != 0 && p.err == nil {
		p.fail("an entry %#x", id)
	}
	return folders
}

func (p *sevenParser) folder() (f Folder) {
	in, out := 0, 0
	for range p.count(maxCoders) {
		flags := p.byte()
		c := coder{in: 1, out: 1}
		c.id = string(p.bytes(int64(flags & 0xf)))
		if flags&0x10 != 0 {
			c.in, c.out = p.count(maxInputs), p.count(maxInputs)
		}
		if flags&0x20 != 0 {
			c.props = p.bytes(p.number())
		}
		if c.in == 0 || c.out == 0 {
			p.fail("a coder without input or output")
		}
		in, out = in+c.in, out+c.out
		f.coders = append(f.coders, c)
	}
	if out == 0 || in < out-1 {
		p.fail("a folder that is none")
		return f
	}
	for range out - 1 {
		f.binds = append(f.binds, [2]int{p.count(int64(in) - 1), p.count(int64(out) - 1)})
	}
	packed := in - (out - 1)
	if packed == 1 {
		for i := range in {
			bound := false
			for _, b := range f.binds {
				bound = bound || b[0] == i
			}
			if !bound {
				f.packed = []int{i}
				break
			}
		}
		if f.packed == nil {
			p.fail("a folder that is none")
		}
		return f
	}
	for range packed {
		f.packed = append(f.packed, p.count(int64(in)-1))
	}
	return f
}
