package proof

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
)

// A job is one tensor whose claim and candidate fit together.
type job struct {
	claim *Claim
	view  *Claim // of the source: the claim itself, or one of its pieces
	first int64  // the view's first element in the tensor
	spot
	info   tensor.DTypeInfo
	item   int64 // bytes of an element of the candidate
	start  int64 // of the candidate's bytes in its file
	tensor int   // the number of the tensor
	grid         // the blocks that are compared at a time
	blocks int64
}

// A matching has the claim of every tensor of a candidate.
type matching struct {
	claims Claims
	head   *header
	opened *Opened
	of     []uint32 // the number of the claim, by the number of the tensor
	lender []string // the lenders of claims; under opened.mu
}

// lend notes who decodes for a claim.
func (m *matching) lend(who string) {
	m.opened.mu.Lock()
	defer m.opened.mu.Unlock()
	if !slices.Contains(m.lender, who) {
		m.lender = append(m.lender, who)
	}
}

// match pairs every tensor of the candidate with its claim, by name.
func match(claims Claims, h *header, o *Opened) (*matching, error) {
	x, ok := claims.(*Indexed)
	if !ok || x.names == nil {
		x = Index(claims)
	}
	if x.twice >= 0 {
		return nil, &MismatchError{claims.Name(x.twice), "claimed twice"}
	}
	m := &matching{claims: x.Claims, head: h, opened: o, of: make([]uint32, len(h.list))}
	found := make([]bool, claims.Len())
	for i := range m.of {
		name := h.at(i).name
		at := x.names.find(name)
		switch {
		case at < 0:
			return nil, &MismatchError{name, "not in the source"}
		case found[at]:
			return nil, &MismatchError{name, "twice in the result"}
		}
		m.of[i], found[at] = uint32(at), true
	}
	for i, ok := range found {
		if !ok {
			return nil, &MismatchError{claims.Name(i), "missing in the result"}
		}
	}
	x.names = nil // it takes much where there are many
	return m, nil
}

// An Indexed is claims whose names can be looked up. It is good for one comparison.
type Indexed struct {
	Claims
	names *nameIndex
	twice int // a claim whose name another has, or -1
}

// Index makes claims ready for CompareAll, which does so itself otherwise.
func Index(claims Claims) *Indexed {
	x := &Indexed{claims, newNameIndex(claims.Name, claims.Len()), -1}
	for i := range claims.Len() {
		if x.names.add(i) >= 0 {
			x.twice = i
			break
		}
	}
	return x
}

// Ready reads what a comparison needs of the source before it can begin: the
// directory of the zip in which the first claim has its record. What goes wrong here
// goes wrong again there.
func (o *Opened) Ready(ctx context.Context, claims Claims) {
	if claims.Len() == 0 {
		return
	}
	if c, err := claims.At(0); err == nil && c.Pieces == nil {
		_, _ = o.source(ctx, &c)
	}
}

// lent names those that lent a reader of what was opened.
func (m *matching) lent() string {
	m.opened.mu.Lock()
	defer m.opened.mu.Unlock()
	return strings.Join(append(slices.Clone(m.opened.lent), m.lender...), ", ")
}

// fit compares a claim with what the candidate's header says of the tensor, and
// appends the views of the source that it is compared with, which are at the spots
// of the claim or of its pieces.
func fit(jobs []job, c *Claim, e *entry, at []spot, native bool) ([]job, error) {
	info, ok := c.DType.Info()
	if !ok {
		return nil, fmt.Errorf("unknown type %q", c.DType)
	}
	if err := checkCast(c); err != nil {
		return nil, err
	}
	written := info
	if c.Cast != "" {
		written, _ = c.Cast.Info()
	}
	dtype, shape := stored(written, c.Shape)
	if native {
		dtype, shape = string(written.DType), c.Shape
	}
	if e.dtype != dtype || !slices.Equal(e.shape, shape) {
		return nil, fmt.Errorf("is %s %v, the source has %s %v", e.dtype, e.shape, dtype, shape)
	}
	n := int64(0)
	if c.Pieces == nil {
		j, elements, err := view(c, c, info, written, &at[0])
		if err != nil {
			return nil, err
		}
		jobs, n = append(jobs, j), elements
	} else {
		var err error
		if jobs, n, err = pieces(jobs, c, info, written, at); err != nil {
			return nil, err
		}
	}
	if e.end-e.begin != n*written.Size {
		return nil, fmt.Errorf("%d elements of %d bytes in %d bytes", n, written.Size, e.end-e.begin)
	}
	return jobs, nil
}

// view checks that a claim, or a piece of the claim whole, lies inside its
// source, and returns how it is compared and how many elements it has.
func view(c, whole *Claim, info, written tensor.DTypeInfo, s *spot) (job, int64, error) {
	extent, err := s.extent(c)
	if err != nil {
		return job{}, 0, err
	}
	n, err := checkView(c, info.Size, extent)
	if err != nil {
		return job{}, 0, err
	}
	if big := s.big && typed(info.DType); storage(c.Key) && info.Swap > 1 && c.BigEndian != big {
		return job{}, 0, fmt.Errorf("big-endian is claimed %t, the file says %t", c.BigEndian, big)
	}
	if c.Conj && !complexType(info.DType) || c.Neg && !numeric(info.DType) {
		return job{}, 0, fmt.Errorf("conjugated %t, negated %t is not defined for %s", c.Conj, c.Neg, info.DType)
	}
	to := cOrder(whole.Shape)
	g := newGrid(c.Shape, c.Strides, to, info.Size)
	j := job{claim: whole, view: c, spot: *s, info: info, item: written.Size, grid: g, blocks: g.count()}
	if c != whole {
		j.first = dot(c.Lo, to)
	}
	return j, n, nil
}

// stored is how safetensors holds a type and shape: F4 has two values in each
// byte of its last dimension; what safetensors lacks, as F4 without one, is bytes,
// with the element's size as last dimension.
func stored(info tensor.DTypeInfo, shape []int64) (string, []int64) {
	switch {
	case !info.Safetensors, info.DType == tensor.F4 && len(shape) == 0:
		return string(tensor.U8), append(slices.Clone(shape), info.Size)
	case info.DType == tensor.F4:
		shape = slices.Clone(shape)
		shape[len(shape)-1] *= 2
	}
	return string(info.DType), shape
}

// checkView returns the number of elements of a view that lies inside extent bytes.
func checkView(c *Claim, item, extent int64) (int64, error) {
	if len(c.Strides) != len(c.Shape) || c.Offset < 0 {
		return 0, fmt.Errorf("%d sizes, %d strides, offset %d", len(c.Shape), len(c.Strides), c.Offset)
	}
	n, last, empty := uint64(1), uint64(c.Offset), false
	for i, d := range c.Shape {
		if d < 0 || c.Strides[i] < 0 {
			return 0, fmt.Errorf("negative size or stride in %v, %v", c.Shape, c.Strides)
		}
		if d == 0 {
			empty = true
			continue
		}
		over, lo := bits.Mul64(n, uint64(d))
		over2, step := bits.Mul64(uint64(d-1), uint64(c.Strides[i]))
		sum, carry := bits.Add64(last, step, 0)
		if n, last = lo, sum; over|over2|carry != 0 || n > 1<<58 || last > 1<<58 {
			return 0, fmt.Errorf("shape %v with strides %v overflows", c.Shape, c.Strides)
		}
	}
	if empty {
		return 0, nil
	}
	if last >= uint64(extent/item) {
		return 0, fmt.Errorf("needs %d elements of %d bytes, the source has %d bytes", last+1, item, extent)
	}
	return int64(n), nil
}
