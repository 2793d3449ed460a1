package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
)

// blockElements is how many elements are compared at a time.
const blockElements = 32 << 10

// A comparer reads two tensors of one shape side by side.
type comparer struct {
	tally
	d     tensor.DType // of both, once a cast one is rounded
	from  tensor.DType // what the original is rounded from, "" for no cast
	wrong bool         // an element is not what rounding makes of the original
	picks []int64      // the elements of which means are made, ascending; nil for all
	all   bool
	// read is how many bytes of the original were compared; spared how many
	// elements were not looked at.
	read, spared int64
}

// measure compares two tensors, every byte of them unless only samples are to be
// read. The original a may be rounded to the type of b.
func measure(ctx context.Context, a, b *tensor.Tensor, opt ValidateOptions) (*comparer, error) {
	c := &comparer{d: a.DType}
	c.Name, c.DType = a.Name, string(a.DType)
	if a.DType != b.DType && !rawForm(a, b) {
		c.d, c.from = b.DType, a.DType
		c.DType += " to " + string(b.DType)
	}
	c.Elements, _ = a.Elements()
	c.pick(opt)
	sizeA, sizeB := itemSize(a.DType), itemSize(a.DType)
	if c.from != "" {
		sizeB = itemSize(b.DType)
	}
	if c.sparing(a, opt) {
		return c, c.samples(ctx, a, b, sizeA, sizeB)
	}
	c.read = a.Bytes()
	ra, rb := stream(a), stream(b)
	defer ra.Close()
	defer rb.Close()
	bufA, bufB := make([]byte, blockElements*sizeA), make([]byte, blockElements*sizeB)
	for at := int64(0); at < c.Elements; at += blockElements {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := int(min(c.Elements-at, blockElements))
		pa, pb := bufA[:n*sizeA], bufB[:n*sizeB]
		if _, err := io.ReadFull(ra, pa); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(rb, pb); err != nil {
			return nil, err
		}
		c.block(pa, pb, at, sizeA, sizeB)
	}
	return c, nil
}

func itemSize(d tensor.DType) int {
	info, _ := d.Info()
	return int(info.Size)
}

// pick chooses the elements of which means are made: one of each of so many
// equal runs.
func (c *comparer) pick(opt ValidateOptions) {
	n := int64(opt.Samples)
	if n <= 0 || n >= c.Elements {
		c.all = true
		return
	}
	name := fnv.New64a()
	_, _ = name.Write([]byte(c.Name)) // a hash takes everything
	rng := rand.New(rand.NewPCG(uint64(opt.Seed), name.Sum64()))
	for i := range n {
		from, to := share(c.Elements, i, n), share(c.Elements, i+1, n)
		c.picks = append(c.picks, from+rng.Int64N(to-from))
	}
}

// share is i/n of all, without overflow for n up to 2^31.
func share(all, i, n int64) int64 { return all/n*i + all%n*i/n }

// block measures the elements from at on.
func (c *comparer) block(a, b []byte, at int64, sizeA, sizeB int) {
	if c.from == "" && bytes.Equal(a, b) {
		c.equal(at, int64(len(a)/sizeA), a, sizeA)
		return
	}
	var rounded [2]byte
	for i := range len(a) / sizeA {
		x, y := a[i*sizeA:(i+1)*sizeA], b[i*sizeB:(i+1)*sizeB]
		sampled := c.sampled(at + int64(i))
		if c.from != "" {
			c.cast(x, y, sampled, rounded[:])
			continue
		}
		if same := bytes.Equal(x, y); !same || sampled {
			if !same {
				c.Differing++
			}
			c.add(c.d, x, y, sampled)
		}
	}
}

// equal counts the samples in a block without differences.
func (c *comparer) equal(at, n int64, block []byte, size int) {
	for i := range n {
		switch {
		case c.all:
		case len(c.picks) == 0 || c.picks[0] >= at+n:
			return
		case !c.sampled(at + i):
			continue
		}
		e := block[i*int64(size) : (i+1)*int64(size)]
		c.add(c.d, e, e, true)
	}
}

// sampled reports whether an element is one of the chosen ones. It is asked
// for ascending elements.
func (c *comparer) sampled(at int64) bool {
	if c.all {
		return true
	}
	for len(c.picks) > 0 && c.picks[0] < at {
		c.picks = c.picks[1:]
	}
	return len(c.picks) > 0 && c.picks[0] == at
}

// little is the number that bytes are, the lowest first.
func little(p []byte) (n uint64) {
	for i, b := range p {
		n |= uint64(b) << (8 * i)
	}
	return n
}

// cast measures an element that was rounded: by number against the original,
// in units of the last place against what rounding makes of it.
func (c *comparer) cast(x, y []byte, sampled bool, rounded []byte) {
	binary.LittleEndian.PutUint16(rounded, converters.Round(c.d, c.from, little(x)))
	was, _ := value(c.from, x)
	is, _ := value(c.d, y)
	d := distance{rel: math.NaN()}
	d.ulp, d.hasULP = ulps(c.d, rounded, y)
	switch right, _ := value(c.d, rounded); {
	case math.IsNaN(was) && math.IsNaN(is):
	case math.IsNaN(was) != math.IsNaN(is):
		d.abs, c.wrong = math.Inf(1), true
	case slices.Equal(rounded, y) && math.IsInf(right, 0) && !math.IsInf(was, 0):
		c.over++
		c.Differing++
	case was != is:
		d.abs = math.Abs(was - is)
	}
	if !slices.Equal(rounded, y) && !math.IsNaN(was) {
		c.wrong = true
	}
	if was != 0 && !math.IsInf(was, 0) && !math.IsNaN(was) {
		d.rel = d.abs / math.Abs(was)
	}
	if d.abs != 0 {
		c.Differing++
	}
	c.take(d, sampled)
}

// wholes is the distance of two integers of 64 bits, which float64 may not hold.
func wholes(d tensor.DType, a, b []byte) float64 {
	x, y := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
	if d == tensor.I64 {
		p, q := int64(x), int64(y)
		return float64(uint64(max(p, q)) - uint64(min(p, q)))
	}
	return float64(max(x, y) - min(x, y))
}

// stream reads a tensor's elements in C order.
func stream(t *tensor.Tensor) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		_, err := t.WriteTo(w)
		w.CloseWithError(err)
	}()
	return r
}
