package tensor

import "encoding/binary"

// skip is how many bytes between two elements are read rather than skipped: a
// page of the file, about what another read costs.
const skip = 4 << 10

// A tiling says how the boxes of a block are read: so large, every read
// covering the dimensions of run, one read for each step along next.
type tiling struct {
	size []int64 // of a box, in each dimension
	run  []bool  // the dimensions that one read covers
	next int     // the dimension of the reads of one box, -1 if there is one read
	from []int64 // elements between neighbours in the tile
}

// plan chooses the boxes of a block: along the storage's order until a read is
// long, then along the output's order, so that both sides are touched in runs.
func (g *gatherer) plan(b box) *tiling {
	p := &tiling{size: make([]int64, len(b.size)), run: make([]bool, len(b.size)), next: -1, from: make([]int64, len(b.size))}
	for d := range p.size {
		p.size[d] = 1
	}
	most, span := tileSize/g.item, int64(1)
	for i := len(g.order) - 1; i >= 0; i-- {
		d := g.order[i]
		stride := g.from[d]
		if b.size[d] > 1 && (stride-span)*g.item > skip {
			break
		}
		n := b.size[d]
		if stride > 0 {
			n = min(n, (most-span)/stride+1)
		}
		p.size[d], p.run[d], p.from[d] = n, true, stride
		span += (n - 1) * stride
		if n < b.size[d] {
			break
		}
	}
	for d := len(p.size) - 1; d >= 0; d-- {
		if p.size[d] == 1 && b.size[d] > 1 {
			p.next, p.from[d] = d, span
			p.size[d] = max(min(b.size[d], 64, most/span), 1)
			break
		}
	}
	return p
}

// read fills the tile with what a box of the view needs.
func (g *gatherer) read(part box, p *tiling) error {
	span, reads := int64(1), int64(1)
	for d, ok := range p.run {
		if ok {
			span += (part.size[d] - 1) * g.from[d]
		}
	}
	step, at := int64(0), int64(0)
	if p.next >= 0 {
		reads, step, at = part.size[p.next], g.from[p.next], p.from[p.next]
	}
	pos := g.position(part.lo)
	for i := range reads {
		dst, off := g.tile[i*at*g.item:][:span*g.item], (pos+i*step)*g.item
		if n, err := g.t.Storage.Data.ReadAt(dst, off); n != len(dst) {
			return g.t.short(off, err)
		}
	}
	return nil
}

// A step is one dimension of a scatter: n elements, and the bytes between
// neighbours on both sides.
type step struct{ n, from, to int }

// steps returns the dimensions of a box that have more than one element, in
// the order of the output.
func (p *tiling) steps(part box, to []int64, item int64) []step {
	var out []step
	for d, n := range part.size {
		if n > 1 {
			out = append(out, step{int(n), int(p.from[d] * item), int(to[d] * item)})
		}
	}
	return out
}

// scatter copies elements of item bytes to where the steps say.
func scatter(to, from []byte, steps []step, item int64) {
	if len(steps) == 0 {
		copy(to[:item], from)
		return
	}
	s := steps[0]
	if len(steps) > 1 {
		for i := range s.n {
			scatter(to[i*s.to:], from[i*s.from:], steps[1:], item)
		}
		return
	}
	size := int(item)
	switch {
	case s.from == size && s.to == size:
		copy(to[:s.n*size], from)
	case size == 2:
		for i := range s.n {
			binary.NativeEndian.PutUint16(to[i*s.to:], binary.NativeEndian.Uint16(from[i*s.from:]))
		}
	case size == 4:
		for i := range s.n {
			binary.NativeEndian.PutUint32(to[i*s.to:], binary.NativeEndian.Uint32(from[i*s.from:]))
		}
	case size == 8:
		for i := range s.n {
			binary.NativeEndian.PutUint64(to[i*s.to:], binary.NativeEndian.Uint64(from[i*s.from:]))
		}
	default:
		for i := range s.n {
			copy(to[i*s.to:][:size], from[i*s.from:])
		}
	}
}
