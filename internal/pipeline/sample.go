package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/modelaudit/action/internal/tensor"
)

const (
	// smallTensor is up to how many bytes a tensor is compared whole, whatever number
	// of samples was asked for: to read less of it would save nothing.
	smallTensor = 1 << 20
	// maxSamples is how many elements are read one by one. Of more, the tensor is
	// read in order.
	maxSamples = 1 << 18
)

// sparing reports whether the chosen elements are all that is read of a tensor.
func (c *comparer) sparing(t *tensor.Tensor, opt ValidateOptions) bool {
	return opt.Sparing && !c.all && len(c.picks) <= maxSamples && t.Bytes() > smallTensor
}

// samples compares the chosen elements, and reads no others.
func (c *comparer) samples(ctx context.Context, a, b *tensor.Tensor, sizeA, sizeB int) error {
	pa, err := elements(ctx, a, c.picks, len(a.Shape), sizeA)
	if err != nil {
		return err
	}
	pb, err := elements(ctx, b, c.picks, len(a.Shape), sizeB)
	if err != nil {
		return err
	}
	c.Elements, c.spared, c.read = int64(len(c.picks)), c.Elements-int64(len(c.picks)), int64(len(pa))
	c.all, c.picks = true, nil
	c.block(pa, pb, 0, sizeA, sizeB)
	return nil
}

// elements reads elements of a tensor by their numbers in C order over its first
// dimensions. They are read in the order of their places, so that a compressed
// storage is gone through once.
func elements(ctx context.Context, t *tensor.Tensor, picks []int64, rank, size int) ([]byte, error) {
	type pick struct{ number, place int64 }
	order := make([]pick, len(picks))
	for i, at := range picks {
		place := t.Offset
		for d := rank - 1; d >= 0; d-- {
			place += at % t.Shape[d] * t.Strides[d]
			at /= t.Shape[d]
		}
		order[i] = pick{int64(i), place}
	}
	slices.SortFunc(order, func(x, y pick) int { return cmp.Compare(x.place, y.place) })
	out, one := make([]byte, len(picks)*size), *t
	one.Shape, one.Strides = t.Shape[rank:], t.Strides[rank:]
	var buf bytes.Buffer
	for i, p := range order {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		buf.Reset()
		one.Offset = p.place
		if _, err := one.WriteTo(&buf); err != nil {
			return nil, err
		}
		copy(out[int(p.number)*size:], buf.Bytes())
	}
	return out, nil
}
