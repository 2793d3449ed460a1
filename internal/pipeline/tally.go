package pipeline

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/tensor"
)

// A tally is how one tensor, or all of them, differ.
type tally struct {
	audit.TensorDiff

	sampled, finite  int64 // elements; finite ones have a relative difference
	sumAbs, sumRel   float64
	ulps             [65]int64 // by the length of the distance in bits
	nan, zeros, over int64
}

// add measures one element whose bits may differ; sampled says that it counts
// into the means. Both are of type d, and numbers as far as d has them.
func (t *tally) add(d tensor.DType, a, b []byte, sampled bool) {
	if p := part(d); p != "" {
		half := len(a) / 2
		x, y := measured(p, a[:half], b[:half]), measured(p, a[half:], b[half:])
		x.abs, x.rel, x.ulp = max(x.abs, y.abs), max(x.rel, y.rel), max(x.ulp, y.ulp)
		x.nan, x.zero = x.nan || y.nan, x.zero || y.zero
		t.take(x, sampled)
		return
	}
	t.take(measured(d, a, b), sampled)
}

// A distance is how far two elements are from each other.
type distance struct {
	abs, rel  float64 // rel is NaN where the original is zero or no finite number
	ulp       uint64
	hasULP    bool
	nan, zero bool // they differ in the bits of a NaN, in the sign of zero
}

func measured(d tensor.DType, a, b []byte) distance {
	x, okX := value(d, a)
	y, okY := value(d, b)
	same := slices.Equal(a, b)
	out := distance{rel: math.NaN()}
	out.ulp, out.hasULP = ulps(d, a, b)
	switch {
	case same:
	case !okX || !okY || math.IsNaN(x) != math.IsNaN(y):
		out.abs = math.Inf(1)
	case math.IsNaN(x):
		out.nan = true
	case x == y && x == 0:
		out.zero = true
	case d == tensor.I64 || d == tensor.U64:
		out.abs = wholes(d, a, b)
	default:
		out.abs = math.Abs(x - y)
	}
	if okX && x != 0 && !math.IsInf(x, 0) && !math.IsNaN(x) {
		out.rel = out.abs / math.Abs(x)
	}
	return out
}

// take adds a distance.
func (t *tally) take(d distance, sampled bool) {
	t.MaxAbs = max(t.MaxAbs, audit.Number(d.abs))
	if !math.IsNaN(d.rel) {
		t.MaxRel = max(t.MaxRel, audit.Number(d.rel))
	}
	if d.hasULP {
		t.MaxULP = max(t.MaxULP, d.ulp)
	}
	if d.nan {
		t.nan++
	}
	if d.zero {
		t.zeros++
	}
	if !sampled {
		return
	}
	t.sampled++
	t.sumAbs += d.abs
	if !math.IsNaN(d.rel) {
		t.finite++
		t.sumRel += d.rel
	}
	if d.hasULP {
		t.ulps[bits.Len64(d.ulp)]++
	}
}

// merge adds the tally of a tensor that differs to that of all.
func (t *tally) merge(o *tally) {
	t.Elements += o.Elements
	t.Differing += o.Differing
	t.MaxAbs, t.MaxRel, t.MaxULP = max(t.MaxAbs, o.MaxAbs), max(t.MaxRel, o.MaxRel), max(t.MaxULP, o.MaxULP)
	t.sampled, t.finite = t.sampled+o.sampled, t.finite+o.finite
	t.sumAbs, t.sumRel = t.sumAbs+o.sumAbs, t.sumRel+o.sumRel
	for i := range t.ulps {
		t.ulps[i] += o.ulps[i]
	}
	t.nan, t.zeros, t.over = t.nan+o.nan, t.zeros+o.zeros, t.over+o.over
}

// buckets are the distances that were seen, from 0 on.
func (t *tally) buckets() (list []audit.Bucket) {
	for i, n := range t.ulps {
		if n == 0 {
			continue
		}
		b := audit.Bucket{Count: n}
		if i > 0 {
			b.From, b.To = 1<<(i-1), 1<<(i-1)|(1<<(i-1)-1)
		}
		list = append(list, b)
	}
	return list
}

// mean is sum / n, 0 without any.
func mean(sum float64, n int64) audit.Number {
	if n == 0 {
		return 0
	}
	return audit.Number(sum / float64(n))
}

// keepWorst inserts a tensor among the worst, of which most are kept.
func keepWorst(list []audit.TensorDiff, d audit.TensorDiff, most int) []audit.TensorDiff {
	at, _ := slices.BinarySearchFunc(list, d, func(x, y audit.TensorDiff) int {
		return cmp.Or(cmp.Compare(y.MaxAbs, x.MaxAbs), cmp.Compare(y.MaxRel, x.MaxRel), cmp.Compare(x.Name, y.Name))
	})
	list = slices.Insert(list, at, d)
	return list[:min(len(list), most)]
}
