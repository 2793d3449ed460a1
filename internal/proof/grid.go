package proof

import "slices"

const (
	// blockBytes is how much of a tensor is compared at a time whose elements lie in
	// order in both files.
	blockBytes = 1 << 20
	// boxBytes is how much where they do not: so much that both are read in long runs.
	boxBytes = 4 << 20
	// runBytes is how much of the candidate is read at a time, and how much of the source
	// then, where neither has the other's order.
	runBytes = 4 << 10
)

// A grid cuts a tensor into blocks. Dimensions that one step runs through are
// merged first, so that a contiguous tensor has one dimension.
type grid struct {
	shape []int64
	from  []int64 // strides in the source, in elements
	to    []int64 // strides in the candidate: C order of the whole tensor
	ext   []int64 // the extent of a block in each dimension
}

func newGrid(shape, strides, to []int64, item int64) grid {
	if slices.Contains(shape, 0) {
		return grid{shape: []int64{0}, from: []int64{1}, to: []int64{1}, ext: []int64{1}}
	}
	if slices.Equal(strides, to) { // contiguous
		n := product(shape)
		return grid{[]int64{n}, []int64{1}, []int64{1}, []int64{min(n, blockBytes/item)}}
	}
	var g grid
	for i, d := range shape {
		last := len(g.shape) - 1
		switch {
		case d == 1:
		case last >= 0 && g.from[last] == d*strides[i] && g.to[last] == d*to[i]:
			g.shape[last] *= d
			g.from[last], g.to[last] = strides[i], to[i]
		default:
			g.shape, g.from, g.to = append(g.shape, d), append(g.from, strides[i]), append(g.to, to[i])
		}
	}
	g.cut(item)
	return g
}

// cut chooses the extents: along the candidate's order until a run is long
// enough for one read, then along the source's order up to a block, so that
// both sides are read in long runs however the view is permuted.
func (g *grid) cut(item int64) {
	g.ext = make([]int64, len(g.shape))
	for i := range g.ext {
		g.ext[i] = 1
	}
	used, run := int64(1), runBytes/item
	for i := len(g.shape) - 1; i >= 0 && used < run; i-- {
		g.ext[i] = min(g.shape[i], (run+used-1)/used)
		used *= g.ext[i]
	}
	for _, i := range byStride(g.from) {
		rest := used / g.ext[i]
		g.ext[i] = max(g.ext[i], min(g.shape[i], boxBytes/item/rest))
		used = rest * g.ext[i]
	}
}

// byStride returns the dimensions in the order of their strides, smallest first.
func byStride(strides []int64) []int {
	order := make([]int, len(strides))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(max(strides[a]-strides[b], -1), 1)) })
	return order
}

// count returns the number of blocks, 0 for a tensor without elements.
func (g *grid) count() int64 {
	n := int64(1)
	for i, d := range g.shape {
		if d == 0 {
			return 0
		}
		n *= (d + g.ext[i] - 1) / g.ext[i]
	}
	return n
}

// at returns the first index and the extents of block number b, in space that is
// used again if it suffices.
func (g *grid) at(b int64, lo, ext []int64) ([]int64, []int64) {
	lo, ext = slices.Grow(lo[:0], len(g.shape))[:len(g.shape)], slices.Grow(ext[:0], len(g.shape))[:len(g.shape)]
	for i := len(g.shape) - 1; i >= 0; i-- {
		n := (g.shape[i] + g.ext[i] - 1) / g.ext[i]
		lo[i] = b % n * g.ext[i]
		ext[i] = min(g.ext[i], g.shape[i]-lo[i])
		b /= n
	}
	return lo, ext
}

// cOrder returns the strides of a C-ordered array.
func cOrder(shape []int64) []int64 {
	strides, step := make([]int64, len(shape)), int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= shape[i]
	}
	return strides
}

// product returns the number of elements of an extent.
func product(ext []int64) int64 {
	n := int64(1)
	for _, e := range ext {
		n *= e
	}
	return n
}

// dot returns the element that index stands for.
func dot(index, strides []int64) int64 {
	n := int64(0)
	for i := range index {
		n += index[i] * strides[i]
	}
	return n
}
