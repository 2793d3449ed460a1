package tensor

const (
	// skip is how many bytes between two elements are read rather than skipped: a
	// page of the file, about what another read costs.
	skip = 4 << 10
	// longRead is how many bytes are worth a read of their own.
	longRead = 2 << 10
	// abreast is how many reads lie side by side in the tile.
	abreast = 64
)

// A tiling says how the boxes of a block are read: so large, every read
// covering the dimensions of run, one read for each step along next.
type tiling struct {
	size []int64 // of a box, in each dimension
	run  []bool  // the dimensions that one read covers
	next int     // the dimension of the reads of one box, -1 if there is one read
	from []int64 // bytes between neighbours in the tile
}

// plan chooses the boxes of a block: along the storage's order until a read is
// long, then along the output's order, so that both sides are touched in runs.
func (g *gatherer) plan(b box) *tiling {
	p := &tiling{size: make([]int64, len(b.size)), run: make([]bool, len(b.size)), next: -1, from: make([]int64, len(b.size))}
	for d := range p.size {
		p.size[d] = 1
	}
	last := len(b.size) - 1
	for last > 0 && b.size[last] == 1 {
		last--
	}
	span := p.along(g, b, last)
	for d := last; d >= 0; d-- {
		if p.size[d] == 1 && b.size[d] > 1 {
			// An odd number of cache lines, so that neighbours do not share their places.
			p.next, p.from[d] = d, (span*g.item+63)/64*64|64
			p.size[d] = max(min(b.size[d], abreast, tileSize/p.from[d]), 1)
			break
		}
	}
	return p
}

// along chooses what one read covers, and returns how many elements it spans: less
// than a 16th of a tile, unless it has neighbours of the output. Those are left to
// several reads where they lie so far apart in the storage that a cache has few
// places for them.
func (p *tiling) along(g *gatherer, b box, last int) int64 {
	most, span := tileSize/32/g.item, int64(1)
	for i := len(g.order) - 1; i >= 0; i-- {
		d := g.order[i]
		if b.size[d] == 1 {
			continue
		}
		apart := g.from[d] * g.item
		if apart-span*g.item > skip {
			break
		}
		if d == last {
			most = tileSize / g.item
			if apart > 0 && apart%1024 == 0 {
				if span*g.item >= longRead {
					break
				}
				most = min(most, 32*g.from[d])
			}
		}
		n := b.size[d]
		if apart > 0 {
			n = max(min(n, (most-span)/g.from[d]+1), 1)
		}
		p.size[d], p.run[d], p.from[d] = n, true, apart
		span += (n - 1) * g.from[d]
		if n < b.size[d] {
			break
		}
	}
	return span
}

// read fills the tile with what a box of the view needs.
func (g *gatherer) read(tile []byte, part box, p *tiling) error {
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
		dst, off := tile[i*at:][:span*g.item], (pos+i*step)*g.item
		if n, err := g.t.Storage.Data.ReadAt(dst, off); n != len(dst) {
			return g.t.short(off, err)
		}
	}
	return nil
}

// steps returns the dimensions of a box that have more than one element, in
// the order of the output; but the one whose elements lie side by side in the tile comes
// right before the last one, so that the two are a matrix to transpose.
func (p *tiling) steps(part box, to []int64, item int64) []step {
	var out []step
	for d, n := range part.size {
		if n > 1 {
			out = append(out, step{int(n), int(p.from[d]), int(to[d] * item)})
		}
	}
	for i, s := range out {
		if i < len(out)-2 && s.from == int(item) {
			copy(out[i:], out[i+1:len(out)-1])
			out[len(out)-2] = s
			break
		}
	}
	return out
}
