package proof

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// CompareRegions is Compare for a candidate whose tensors are ranges of its bytes, as
// they are in HDF5. Which ranges is claimed by a reader that is not the one who wrote
// it: each is filled by one tensor, little-endian and in C order, and no two overlap.
func CompareRegions(ctx context.Context, src io.ReaderAt, srcSize int64, claims []Claim, dst io.ReaderAt, dstSize int64, held []Claim, opt Options) (Result, error) {
	head, err := readRegions(dstSize, held)
	if err != nil {
		return Result{}, err
	}
	return compareWith(ctx, src, srcSize, claimSlice(claims), dst, head, opt)
}

// readRegions is the directory of a file that holds tensors where it is claimed.
func readRegions(size int64, held []Claim) (*header, error) {
	h := &header{native: true, list: make([]packedEntry, 0, len(held))}
	for i := range held {
		e, err := region(&held[i], size)
		if err != nil {
			return nil, &MismatchError{held[i].Name, err.Error()}
		}
		h.append(&e)
		h.bytes += e.end - e.begin
	}
	h.sort()
	at := int64(0)
	for i := range h.list {
		if e := h.at(i); e.end > e.begin {
			if e.begin < at {
				return nil, &MismatchError{e.name, "its bytes belong to another tensor too"}
			}
			at = e.end
		}
	}
	return h, nil
}

// region is a tensor that fills a range.
func region(c *Claim, size int64) (entry, error) {
	info, ok := c.DType.Info()
	switch {
	case !ok:
		return entry{}, fmt.Errorf("unknown type %q", c.DType)
	case len(c.Layers) > 0 || c.Key != "" || c.Region == nil || c.Region.spelled() || c.Pieces != nil || c.Lent != nil ||
		c.BigEndian || c.Conj || c.Neg || c.Offset != 0 || !slices.Equal(c.Strides, cOrder(c.Shape)):
		return entry{}, fmt.Errorf("is not a range of the file as it stands")
	}
	extent, err := (&spot{source: &source{size: size}}).extent(c)
	if err != nil {
		return entry{}, err
	}
	n, err := checkView(c, info.Size, extent)
	if err != nil {
		return entry{}, err
	}
	if n*info.Size != extent {
		return entry{}, fmt.Errorf("%d bytes in a range of %d", n*info.Size, extent)
	}
	return entry{name: c.Name, dtype: string(c.DType), shape: c.Shape, begin: c.Region.Off, end: c.Region.Off + extent}, nil
}
