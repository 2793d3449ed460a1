package proof

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// others are the records of a torch zip that hold no elements.
var others = []string{"data.pkl", ".format_version", ".storage_alignment", "byteorder", "version", ".data/serialization_id"}

// CompareTorch is Compare for a candidate that is a torch zip. Where it holds its
// tensors is claimed too, by a reader that is not the one who wrote it: each
// fills a stored record from its start, little-endian and in C order, and there
// are no records beside these and torch's own. Two tensors may have one record.
func CompareTorch(ctx context.Context, src io.ReaderAt, srcSize int64, claims []Claim, dst io.ReaderAt, dstSize int64, held []Claim, opt Options) (Result, error) {
	head, err := readArchive(dst, dstSize, held, opt.Limits.WithDefaults())
	if err != nil {
		return Result{}, err
	}
	return compareWith(ctx, src, srcSize, claimSlice(claims), dst, head, opt)
}

// readArchive is the directory of a torch zip whose tensors are where they are claimed.
func readArchive(dst io.ReaderAt, size int64, held []Claim, lim safeio.Limits) (*header, error) {
	dir, err := findDirectory(dst, size)
	if err != nil {
		return nil, err
	}
	s := &source{r: dst, size: size}
	if err := s.openZip(lim); err != nil {
		return nil, err
	}
	if s.big {
		return nil, fmt.Errorf("the result is big-endian")
	}
	h := &header{native: true, list: make([]packedEntry, 0, len(held))}
	keys, pages := map[string]bool{}, &safeio.Pager{R: dst}
	for i := range held {
		at, err := s.find(pages, held[i].Key, lim)
		if err != nil {
			return nil, err
		}
		e, err := at.whole(&held[i])
		if err != nil {
			return nil, &MismatchError{held[i].Name, err.Error()}
		}
		keys[lower(held[i].Key)] = true
		h.append(&e)
		h.bytes += e.end - e.begin
	}
	if want := uint64(len(keys) + len(others)); dir.members != want {
		return nil, fmt.Errorf("the result has %d records, its tensors and torch's own are %d", dir.members, want)
	}
	h.sort()
	return h, nil
}

// whole is a tensor that fills its record.
func (s *spot) whole(c *Claim) (entry, error) {
	info, ok := c.DType.Info()
	switch {
	case !ok:
		return entry{}, fmt.Errorf("unknown type %q", c.DType)
	case len(c.Layers) > 0 || c.Region != nil || c.BigEndian || c.Conj || c.Neg || c.Offset != 0 || !strings.HasPrefix(c.Key, "data/"):
		return entry{}, fmt.Errorf("is not a record's whole content as it stands")
	}
	want := cOrder(c.Shape)
	for i, d := range c.Shape {
		if d > 1 && (len(c.Strides) != len(c.Shape) || c.Strides[i] != want[i]) && !slices.Contains(c.Shape, 0) {
			return entry{}, fmt.Errorf("strides %v for the shape %v", c.Strides, c.Shape)
		}
	}
	extent, err := s.extent(c)
	if err != nil {
		return entry{}, err
	}
	n, err := checkView(c, info.Size, extent)
	if err != nil {
		return entry{}, err
	}
	rec := &s.rec
	if rec.method != 0 || rec.size != n*info.Size {
		return entry{}, fmt.Errorf("%d bytes in a record of %d", n*info.Size, rec.size)
	}
	return entry{name: c.Name, dtype: string(c.DType), shape: c.Shape, begin: rec.off, end: rec.off + rec.size}, nil
}
