package hdf5

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// A RegionKind says what bytes of the file are.
type RegionKind uint8

// The kinds of region.
const (
	Structure RegionKind = iota // headers, indexes, names and values of attributes, all understood
	Data                        // elements of a dataset
	Unused                      // nothing in the file refers to them, and no reader looks at them
	Unread                      // not understood, or perhaps part of something that is not
)

// A Region is a half-open byte range of the file.
type Region struct {
	Start, End int64
	Kind       RegionKind
}

// A Problem is something in the file that is not read or not sound. Whoever
// relies on the file must not rely on what it names.
type Problem struct {
	Start, End int64  // bytes of the file; equal where only the place is known
	Path       string // of the object that it belongs to, "" if of none
	Reason     string
}

// maxClaims bounds the memory for the account: 24 bytes for each range, and as
// much again for where structures begin.
const maxClaims = 1 << 20

// structure reads the n bytes at off, which no other structure may begin at,
// and puts them into the account.
func (f *File) structure(off, n int64, what string) (*cursor, error) {
	c, err := f.peek(off, n, what)
	if err != nil {
		return nil, err
	}
	return c, f.begin(off, off+n, what)
}

// begin puts a structure into the account, unless another one begins there.
func (f *File) begin(start, end int64, what string) error {
	if _, twice := f.begun[start]; twice {
		return &FormatError{start, what + " lies where another structure begins"}
	}
	if len(f.begun) >= maxClaims {
		return &FormatError{start, "the file has too many structures"}
	}
	f.begun[start] = struct{}{}
	return f.claim(start, end, Structure)
}

// peek reads the n bytes at off. All that is read together is not much more
// than the file has, so that structures that overlap cost no more than others.
func (f *File) peek(off, n int64, what string) (*cursor, error) {
	if off < f.Base || n < 0 || off > f.end || n > f.end-off {
		return nil, &FormatError{max(off, 0), fmt.Sprintf("%s of %d bytes does not fit into the file", what, n)}
	}
	if n > f.budget {
		return nil, &FormatError{off, "structures overlap, or they are too many: " + what + " is not read"}
	}
	f.budget -= n
	b, err := safeio.ReadRange(f.r, f.end, off, n, f.lim.MaxAlloc)
	if err != nil {
		return nil, fmt.Errorf("%s at %#x: %w", what, off, err)
	}
	return &cursor{f: f, b: b, at: off}, nil
}

// claim puts a range into the account. It joins the one before where it can.
func (f *File) claim(start, end int64, kind RegionKind) error {
	if start < 0 || end < start || end > f.end {
		return &FormatError{max(start, 0), fmt.Sprintf("%d bytes do not fit into the file", end-start)}
	}
	if n := len(f.claims); n > 0 && f.claims[n-1].End == start && f.claims[n-1].Kind == kind {
		f.claims[n-1].End = end
		return nil
	}
	if end == start {
		return nil
	}
	if len(f.claims) >= maxClaims {
		return &FormatError{start, "the file is in too many pieces"}
	}
	f.claims = append(f.claims, Region{start, end, kind})
	return nil
}

// problem notes what could not be read. Beyond a number that nobody reads they
// are counted only.
func (f *File) problem(path string, start, end int64, reason string) {
	const most, longest = 1000, 1024
	if len(path) > longest {
		path = path[:longest] + "..."
	}
	switch {
	case len(f.Problems) < most:
		f.Problems = append(f.Problems, Problem{start, end, path, reason})
	case len(f.Problems) == most:
		f.Problems = append(f.Problems, Problem{f.Base, f.end, "", "there are more problems than are listed"})
	}
}

// problemOf notes err, at the place that it names if it is a FormatError.
func (f *File) problemOf(path string, at int64, err error) {
	reason := err.Error()
	if fe, ok := err.(*FormatError); ok {
		at, reason = fe.Offset, fe.Msg
	}
	f.problem(path, at, at, reason)
}

// settle makes Regions of the claims: sorted, without gaps, from 0 to the end.
func (f *File) settle() {
	slices.SortFunc(f.claims, func(a, b Region) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	pos := int64(0)
	for _, c := range f.claims {
		if c.Start < pos {
			f.problem("", c.Start, min(pos, c.End), "two things in the file share bytes")
			c.Start = pos
		}
		if c.Start >= c.End {
			continue
		}
		f.region(pos, c.Start, Unused)
		f.region(c.Start, c.End, c.Kind)
		pos = c.End
	}
	f.region(pos, f.size, Unused)
	f.claims, f.begun = nil, nil
	if len(f.Problems) == 0 {
		return
	}
	for i := range f.Regions {
		if f.Regions[i].Kind == Unused {
			f.Regions[i].Kind = Unread // it may be part of what was not read
		}
	}
}

func (f *File) region(start, end int64, kind RegionKind) {
	if n := len(f.Regions); n > 0 && f.Regions[n-1].Kind == kind && f.Regions[n-1].End == start {
		f.Regions[n-1].End = end
	} else if start < end {
		f.Regions = append(f.Regions, Region{start, end, kind})
	}
}
