package proof

import (
	"context"
	"io"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// A finder finds the bytes of claims for one worker. It keeps the source that it
// found last, which as a rule is that of the next claim.
type finder struct {
	*matching
	last   *source
	layers []tensor.Layer // of the claim that led to last
	zip    bool           // whose directory was read
	pages  *safeio.Pager  // of pagesOf
	pageOf *source
	spots  []spot
}

// jobs appends how the candidate's tensor of a number is compared, whose type and
// shape are those of its claim, which it writes to c, and whose views lie inside
// their sources.
func (f *finder) jobs(ctx context.Context, list []job, c *Claim, i int) ([]job, error) {
	var err error
	if *c, err = f.claims.At(int(f.of[i])); err != nil {
		return nil, err
	}
	f.spots = f.spots[:0]
	if c.Pieces == nil {
		err = f.find(ctx, c)
	}
	for i := range c.Pieces {
		if err == nil {
			err = f.find(ctx, &c.Pieces[i])
		}
	}
	if err != nil {
		return nil, err
	}
	e := f.head.at(i)
	if list, err = fit(list, c, &e, f.spots, f.head.native); err != nil {
		return nil, &MismatchError{e.name, err.Error()}
	}
	for j := range list {
		list[j].start, list[j].tensor = f.head.data+e.begin, i
	}
	return list, nil
}

// find appends the spot of a claim, or of a piece of one, to f.spots.
func (f *finder) find(ctx context.Context, c *Claim) error {
	if f.last == nil || f.last.lent || c.Lent != nil || !same(f.layers, c.Layers) || c.Key != "" && !f.zip {
		if c.Lent != nil {
			f.lend(c.Lender)
		}
		s, err := f.opened.source(ctx, c)
		if err != nil {
			return err
		}
		f.last, f.layers, f.zip = s, c.Layers, c.Key != ""
	}
	at, err := spot{source: f.last}, error(nil)
	if c.Key != "" && c.Lent == nil {
		at, err = f.last.find(f.read(f.last), c.Key, f.opened.lim)
	}
	f.spots = append(f.spots, at)
	return err
}

// same reports whether two lists of layers are one.
func same(a, b []tensor.Layer) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// read is a source whose pages are kept as long as no other one is read.
func (f *finder) read(s *source) io.ReaderAt {
	if s.lent {
		return s.r
	}
	if f.pageOf != s {
		f.pageOf, f.pages = s, &safeio.Pager{R: s.r}
	}
	return f.pages
}
