package strip

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/pickle/slice"
	"github.com/modelaudit/action/internal/zipfile"
)

// below is how the path of a member is written, as in a finding's location.
const below = " ! "

type builder struct {
	src  Source
	opt  Options
	plan *Plan
	done []place // dirty streams that are dealt with
}

type place struct {
	member string
	start  int64
}

func (b *builder) reached(p Pickle) bool { return slices.Contains(b.done, place{p.Member, p.Start}) }

// run lays out one run of bytes: the file, or a member.
func (b *builder) run(r io.ReaderAt, size int64, member string, spare bool) (content, error) {
	var own []Pickle
	inside := false
	for _, p := range b.src.Pickles {
		switch {
		case p.Member == member:
			own = append(own, p)
		case p.Dirty && Within(p.Member, member):
			inside = true
		}
	}
	switch {
	case inside && len(own) > 0:
		return nil, &Refusal{Member: member, Pos: -1, Reason: "it is an archive and a pickle at once"}
	case inside || b.loose(member) && len(own) == 0:
		f, err := zipfile.Read(r, size, b.src.Limits)
		if errors.Is(err, zipfile.ErrNotZip) {
			return nil, &Refusal{Member: member, Pos: -1, Reason: "it is no archive that can be written again"}
		}
		if err != nil {
			return nil, err
		}
		return b.zip(f, r, member)
	}
	return b.pickles(r, size, member, own, spare)
}

// Within reports whether a member's path lies below another's.
func Within(path, of string) bool {
	return of == "" && path != "" || strings.HasPrefix(path, of+below)
}

// loose reports whether bytes of a member belong to nothing.
func (b *builder) loose(member string) bool {
	return slices.ContainsFunc(b.src.Unread, func(u Range) bool { return u.Member == member })
}

// An edit puts something else in the place of a range.
type edit struct {
	start, end int64
	to         io.WriterTo // nil: nothing
}

// edited is a run of bytes with some ranges replaced.
type edited struct {
	r     io.ReaderAt
	size  int64
	edits []edit // in order, apart from each other
}

func (e *edited) changed() bool { return len(e.edits) > 0 }

// WriteTo writes what lies between the edits, and the edits.
func (e *edited) WriteTo(w io.Writer) (n int64, err error) {
	at := int64(0)
	copyTo := func(end int64) error {
		m, err := io.CopyBuffer(w, io.NewSectionReader(e.r, at, end-at), make([]byte, 1<<20))
		n += m
		if err == nil && m != end-at {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	for _, d := range e.edits {
		if err := copyTo(d.start); err != nil {
			return n, err
		}
		if at = d.end; d.to == nil {
			continue
		}
		m, err := d.to.WriteTo(w)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, copyTo(e.size)
}

// pickles lays out a run that holds pickle streams: one that is loaded, others
// behind it, and what belongs to nothing. spare: no loader reads the run.
func (b *builder) pickles(r io.ReaderAt, size int64, member string, own []Pickle, spare bool) (content, error) {
	out := &edited{r: r, size: size}
	slices.SortFunc(own, func(x, y Pickle) int { return int(min(max(x.Start-y.Start, -1), 1)) })
	end := int64(0)
	for i, p := range own {
		if p.Start < end {
			return nil, &Refusal{Member: member, Pos: -1, Reason: "streams in it overlap"}
		}
		b.leftOver(out, member, end, p.Start)
		end = p.End
		if !p.Dirty {
			continue
		}
		b.done = append(b.done, place{member, p.Start})
		to, err := b.slice(r, p)
		var no *Refusal
		if errors.As(err, &no) && (i > 0 || spare) && p.Holds == "" {
			b.gone(Removal{Member: member, Start: p.Start, End: p.End, How: Stream})
			out.edits = append(out.edits, edit{start: p.Start, end: p.End})
			continue
		}
		if err != nil {
			return nil, err
		}
		out.edits = append(out.edits, edit{p.Start, p.End, to})
	}
	b.leftOver(out, member, end, size)
	return out, nil
}

func (b *builder) gone(r Removal) { b.plan.Removed = append(b.plan.Removed, r) }

// leftOver takes the unread ranges out of what lies between two streams.
func (b *builder) leftOver(out *edited, member string, start, end int64) {
	for _, u := range b.src.Unread {
		from, to := max(u.Start, start), min(u.End, end)
		if u.Member != member || from >= to {
			continue
		}
		if n := len(out.edits); n > 0 && out.edits[n-1].end > from {
			continue
		}
		b.gone(Removal{Member: member, Start: from, End: to, How: Bytes})
		out.edits = append(out.edits, edit{start: from, end: to})
	}
}

// slice cuts one stream.
func (b *builder) slice(r io.ReaderAt, p Pickle) (io.WriterTo, error) {
	prog, err := slice.Read(r, p.Start, p.End)
	if err != nil {
		return nil, &Refusal{Member: p.Member, Pos: -1, Reason: "its instructions cannot be followed: " + err.Error()}
	}
	s := prog.Cut(slice.Request{Cut: p.Cut, Keep: p.Keep, Changed: p.Changed, DropItems: b.opt.DropItems})
	if len(s.Conflicts) > 0 {
		c := s.Conflicts[0]
		return nil, &Refusal{Member: p.Member, Pos: c.Pos, At: c.At, Reason: c.Reason}
	}
	for _, x := range s.Removed {
		b.gone(Removal{Member: p.Member, Start: x.Pos, End: x.End, How: How(x.How), Holder: x.Holder})
	}
	return s, nil
}
