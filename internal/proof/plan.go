package proof

const (
	// sparse is how many bytes are read rather than skipped between two elements:
	// about what one more read costs.
	sparse = 512
	// long is how many bytes one read has at least whose elements are in order.
	long = 2 << 10
	// tileBytes is how much of a box is held at a time: maxRows rows of a page and a line,
	// in a cache of one processor.
	tileBytes = 272 << 10
	// rowBytes is the most that one of several reads of a tile covers.
	rowBytes = 8 << 10
	// maxRows is how many reads a tile has: so many elements are written side by side.
	maxRows = 64
	// line is what a cache keeps together.
	line = 64
)

// A plan cuts a box into tiles.
type plan struct {
	order  []int   // the dimensions, smallest stride first
	step   []int64 // the extents of a tile
	next   int     // the dimension of the reads of a tile, -1 where it has one
	pitch  int64   // bytes between two reads in the tile
	direct bool    // a tile is one read that has the elements in order
}

// plan chooses the extents: along the source's order as far as one read goes, then
// along the candidate's, so that both are touched in runs.
func (b box) plan(to []int64) plan {
	p := plan{order: byStride(b.strides), step: make([]int64, len(b.ext)), next: -1}
	if p.inOrder(b, to) {
		return p
	}
	last := len(b.ext) - 1
	for last > 0 && b.ext[last] == 1 {
		last--
	}
	span := p.read(b, last)
	for d := last; d >= 0; d-- {
		if p.step[d] == 1 && b.ext[d] > 1 {
			p.next, p.pitch = d, (span*b.item+line-1)/line*line|line
			p.step[d] = max(min(b.ext[d], maxRows, tileBytes/p.pitch), 1)
			break
		}
	}
	return p
}

// read chooses what one read covers, and returns how many elements it spans. Neighbours
// in the candidate, those of the dimension last, must not lie a power of two apart in the
// tile, where few lines of a cache hold them.
func (p *plan) read(b box, last int) int64 {
	span, most := int64(1), int64(rowBytes)/b.item
	for _, i := range p.order {
		if b.ext[i] == 1 {
			continue
		}
		stride := b.strides[i]
		if (stride-span)*b.item > sparse {
			break
		}
		if i == last {
			most = tileBytes / b.item
			if apart := stride * b.item; apart > 0 && apart%1024 == 0 {
				if span*b.item >= long {
					break
				}
				most = min(most, 32*stride)
			}
		}
		n := b.ext[i]
		if stride > 0 {
			n = max(min(n, (most-span)/stride+1), 1)
		}
		p.step[i] = n
		if span += (n - 1) * stride; n < b.ext[i] {
			break
		}
	}
	return span
}

// inOrder plans reads of elements that both sides have in the same order, if these
// are long or all there is.
func (p *plan) inOrder(b box, to []int64) bool {
	for i := range p.step {
		p.step[i] = 1
	}
	span := int64(1)
	for _, i := range p.order {
		if b.ext[i] > 1 && (b.strides[i] != span || to[i] != span) {
			break
		}
		p.step[i] = b.ext[i]
		span *= b.ext[i]
	}
	if p.direct = span*b.item >= long || span == product(b.ext); !p.direct {
		for i := range p.step {
			p.step[i] = 1
		}
	}
	return p.direct
}

// tiles calls do with where each tile begins and its extents, in the source's order,
// as long as it wants more.
func (p *plan) tiles(ext []int64, do func(lo, part []int64) (bool, error)) error {
	lo, part := make([]int64, len(ext)), make([]int64, len(ext))
	for {
		for d := range part {
			part[d] = min(p.step[d], ext[d]-lo[d])
		}
		if more, err := do(lo, part); err != nil || !more || !p.advance(lo, ext) {
			return err
		}
	}
}

// advance moves lo to the next tile.
func (p *plan) advance(lo, ext []int64) bool {
	for _, d := range p.order {
		if lo[d] += p.step[d]; lo[d] < ext[d] {
			return true
		}
		lo[d] = 0
	}
	return false
}
