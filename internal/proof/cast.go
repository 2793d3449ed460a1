package proof

import (
	"fmt"
	"math"

	"github.com/modelaudit/action/internal/tensor"
)

// A Cast is what rounding did to one tensor.
type Cast struct {
	Name     string
	From, To tensor.DType
	// MaxAbs and MaxRel are the largest errors over the elements that are
	// finite on both sides; MaxRel leaves zeros of the source out.
	MaxAbs, MaxRel float64
	// Overflowed counts finite elements that became infinite.
	Overflowed int64
}

// castable reports whether the proof knows how a type is rounded to another.
func castable(from, to tensor.DType) bool {
	return float(from) && from != to && (to == tensor.F16 || to == tensor.BF16)
}

// rounded is the number that an element becomes: the nearest that the type has,
// the even one of two; beyond the largest, infinity. A float64 is a float32 in
// between, as for torch.
func rounded(x float64, to tensor.DType) float64 {
	digits, lowest, largest := 10, -14, 65504.0
	if to == tensor.BF16 {
		digits, lowest, largest = 7, -126, math.Ldexp(255, 120)
	}
	x = float64(float32(x))
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	_, exponent := math.Frexp(x) // 0.5 <= fraction < 1
	step := math.Ldexp(1, max(exponent-1, lowest)-digits)
	y := math.RoundToEven(x/step) * step
	if math.Abs(y) > largest {
		return math.Inf(int(math.Copysign(1, x)))
	}
	return math.Copysign(y, x)
}

// differCast checks that every element of got is what the one of want becomes,
// and adds to the account of the tensor. It returns the first that is not.
func differCast(want, got []byte, j *job, ext []int64) (first *found, sum Cast) {
	from, to := j.info.DType, j.claim.Cast
	a, b := int(j.info.Size), int(j.item)
	index, all := make([]int64, len(ext)), make([]int, len(ext))
	for i := range all {
		all[i] = i
	}
	for n := range len(want) / a {
		p, q := want[n*a:(n+1)*a], got[n*b:(n+1)*b]
		x, _ := value(p, from)
		y, _ := value(q, to)
		if z := rounded(x, to); first == nil && (z != y || math.Signbit(z) != math.Signbit(y)) && !(math.IsNaN(x) && math.IsNaN(y)) {
			first = &found{element: dot(index, j.to), want: append([]byte{}, p...), got: append([]byte{}, q...)}
		}
		sum.add(x, y)
		advance(index, ext, all)
	}
	return first, sum
}

// add counts one element, x as it was and y as it is.
func (c *Cast) add(x, y float64) {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
	case math.IsInf(y, 0):
		c.Overflowed++
	default:
		diff := math.Abs(x - y)
		c.MaxAbs = max(c.MaxAbs, diff)
		if x != 0 {
			c.MaxRel = max(c.MaxRel, diff/math.Abs(x))
		}
	}
}

// recordCast adds what a block shows to its tensor's account.
func (c *comparison) recordCast(j *job, sum Cast) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.casts == nil {
		c.casts = map[int]*Cast{}
	}
	all := c.casts[j.tensor]
	if all == nil {
		all = &Cast{Name: j.claim.Name, From: j.claim.DType, To: j.claim.Cast}
		c.casts[j.tensor] = all
	}
	all.MaxAbs, all.MaxRel = max(all.MaxAbs, sum.MaxAbs), max(all.MaxRel, sum.MaxRel)
	all.Overflowed += sum.Overflowed
}

// casted calls each with the accounts in the order of the candidate's tensors.
func (c *comparison) casted(each func(Cast)) {
	for i := range c.of {
		if sum := c.casts[i]; sum != nil {
			each(*sum)
		}
	}
}

// checkCast refuses a claim of a cast that the proof does not know.
func checkCast(c *Claim) error {
	if c.Cast != "" && !castable(c.DType, c.Cast) {
		return fmt.Errorf("a cast from %s to %s is not known", c.DType, c.Cast)
	}
	return nil
}
