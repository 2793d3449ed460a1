package proof

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/modelaudit/action/internal/tensor"
)

// pieces returns how the pieces of a claim are compared, and how many elements
// they have together: as many as the tensor, none of them twice.
func pieces(jobs []job, c *Claim, info, written tensor.DTypeInfo, at []spot) ([]job, int64, error) {
	n := int64(0)
	for i := range c.Pieces {
		p := c.Pieces[i]
		p.Name, p.DType, p.Cast = c.Name, c.DType, c.Cast
		if len(p.Lo) != len(c.Shape) || len(p.Shape) != len(c.Shape) {
			return nil, 0, fmt.Errorf("piece %d has another number of dimensions", i)
		}
		for d, lo := range p.Lo {
			if lo < 0 || p.Shape[d] < 0 || lo > c.Shape[d] || p.Shape[d] > c.Shape[d]-lo {
				return nil, 0, fmt.Errorf("piece %d of %v at %v is not inside %v", i, p.Shape, p.Lo, c.Shape)
			}
		}
		j, elements, err := view(&p, c, info, written, &at[i])
		if err != nil {
			return nil, 0, fmt.Errorf("piece %d: %w", i, err)
		}
		if elements > 0 {
			jobs = append(jobs, j)
		}
		if n += elements; n < 0 {
			return nil, 0, errors.New("the pieces have too many elements")
		}
	}
	return jobs, n, disjoint(jobs)
}

// maxPairs is how many pairs of pieces are compared.
const maxPairs = 20_000_000

// disjoint reports pieces that have an element in common. Sorted by one
// dimension, a piece is compared with those that begin before it ends: by the
// dimension for which these are the fewest.
func disjoint(jobs []job) error {
	if len(jobs) < 2 {
		return nil
	}
	if len(jobs[0].view.Shape) == 0 {
		return errors.New("a single number has two pieces")
	}
	dim, fewest := 0, int64(-1)
	for d := range jobs[0].view.Shape {
		if n := pairs(jobs, d); fewest < 0 || n < fewest {
			dim, fewest = d, n
		}
	}
	if fewest > maxPairs {
		return errors.New("too many pieces to tell whether they are disjoint")
	}
	sorted := slices.Clone(jobs)
	slices.SortStableFunc(sorted, func(a, b job) int { return cmp.Compare(a.view.Lo[dim], b.view.Lo[dim]) })
	for i := range sorted {
		a := sorted[i].view
		for _, b := range sorted[i+1:] {
			if b.view.Lo[dim] >= a.Lo[dim]+a.Shape[dim] {
				break
			}
			if common(a, b.view) {
				return fmt.Errorf("the pieces at %v and %v overlap", a.Lo, b.view.Lo)
			}
		}
	}
	return nil
}

// pairs counts the pieces that begin before another ends, in one dimension.
func pairs(jobs []job, d int) (n int64) {
	starts := make([]int64, len(jobs))
	for i := range jobs {
		starts[i] = jobs[i].view.Lo[d]
	}
	slices.Sort(starts)
	for i := range jobs {
		v := jobs[i].view
		from, _ := slices.BinarySearch(starts, v.Lo[d])
		to, _ := slices.BinarySearch(starts, v.Lo[d]+v.Shape[d])
		n += int64(to - from)
	}
	return n
}

// common reports whether two boxes have an element in common.
func common(a, b *Claim) bool {
	for d := range a.Lo {
		if a.Lo[d]+a.Shape[d] <= b.Lo[d] || b.Lo[d]+b.Shape[d] <= a.Lo[d] {
			return false
		}
	}
	return true
}
