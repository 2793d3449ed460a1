package strip

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/numpy"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/pickle/slice"
)

// pickles lays out a run that holds pickle streams: one that is loaded, others
// behind it, and what belongs to nothing. spare: no loader reads the run.
func (b *builder) pickles(r io.ReaderAt, size int64, member string, own []Pickle, spare bool) (content, error) {
	out := &edited{r: r, size: size}
	slices.SortFunc(own, func(x, y Pickle) int { return int(min(max(x.Start-y.Start, -1), 1)) })
	end, later := int64(0), leadsArray(r, size)
	for i := 0; i < len(own); i++ {
		p := own[i]
		if p.Start < end {
			return nil, &Refusal{Member: member, Pos: -1, Reason: "streams in it overlap"}
		}
		if err := b.leftOver(out, member, end, p.Start, spare); err != nil {
			return nil, err
		}
		end = p.End
		var inner []Pickle // in what the loader reads between its instructions
		for i+1 < len(own) && own[i+1].End <= p.End {
			i++
			inner = append(inner, own[i])
		}
		if err := b.stream(out, r, p, inner, spare || later); err != nil {
			return nil, err
		}
		later = true
	}
	return out, b.leftOver(out, member, end, size, spare)
}

// leadsArray reports whether a run begins with an array that is no pickle, as
// numpy.save writes it: what is behind that is not what numpy.load reads first.
func leadsArray(r io.ReaderAt, size int64) bool {
	h, err := numpy.ReadHeader(r, 0, size)
	return err == nil && !h.Object
}

// stream adds the edit of one stream, if it needs any. later: no loader of the
// run reads it first.
func (b *builder) stream(out *edited, r io.ReaderAt, p Pickle, inner []Pickle, later bool) error {
	raws, dirty, err := b.raws(r, p, inner)
	if err != nil {
		return err
	}
	inside := b.nestedIn(p)
	if !p.Dirty && !dirty && len(inside) == 0 {
		return nil
	}
	b.done = append(b.done, place{p.Member, p.Start})
	to, err := b.slice(r, p, raws, inside)
	var no *Refusal
	if errors.As(err, &no) && p.Instead != nil {
		b.gone(Removal{Member: p.Member, Start: p.Start, End: p.End, How: Known})
		out.edits = append(out.edits, edit{p.Start, p.End, raw(p.Instead)})
		return nil
	}
	if errors.As(err, &no) && later && !p.Needed && (!p.Tensors || b.opt.DropUnread) {
		b.gone(Removal{Member: p.Member, Start: p.Start, End: p.End, How: Stream})
		out.edits = append(out.edits, edit{start: p.Start, end: p.End})
		return nil
	}
	if err != nil {
		return err
	}
	out.edits = append(out.edits, edit{p.Start, p.End, to})
	return nil
}

// raws lays out what the loader of a stream reads between its instructions; a
// pickle in there is stripped too.
func (b *builder) raws(r io.ReaderAt, p Pickle, inner []Pickle) (out []slice.Raw, dirty bool, err error) {
	for _, x := range p.Raw {
		raw := slice.Raw{Off: x.Off, Len: x.Len}
		for _, q := range inner {
			if !q.Dirty || q.Start < x.Off || q.End > x.Off+x.Len {
				continue
			}
			run := &edited{r: io.NewSectionReader(r, 0, x.Off+x.Len), from: x.Off, size: x.Off + x.Len}
			if err := b.stream(run, r, q, nil, false); err != nil {
				return nil, false, err
			}
			raw.To, dirty = run, true
		}
		out = append(out, raw)
	}
	return out, dirty, nil
}

func (b *builder) gone(r ...Removal) { b.plan.Removed = append(b.plan.Removed, r...) }

// leftOver takes the unread ranges out of what lies between two streams.
func (b *builder) leftOver(out *edited, member string, start, end int64, spare bool) error {
	for _, u := range b.src.Unread {
		from, to := max(u.Start, start), min(u.End, end)
		if u.Member != member || from >= to {
			continue
		}
		if n := len(out.edits); n > 0 && out.edits[n-1].end > from {
			continue
		}
		if !u.Dangerous && !spare && !b.opt.DropUnread {
			return &Refusal{Member: member, Pos: -1, Reason: fmt.Sprintf("%d bytes at %#x are none that a known loader reads, and may be data of another program; --drop-unread leaves them out", to-from, from)}
		}
		b.gone(Removal{Member: member, Start: from, End: to, How: Bytes})
		out.edits = append(out.edits, edit{start: from, end: to})
	}
	return nil
}

// cut cuts a program. Where something cannot go that is known to be None, None
// stands in its place, wherever it is used; a file that is nothing else is of no use.
func cut(prog *slice.Program, p Pickle, req slice.Request) *slice.Slice {
	none, made := map[int64]bool{}, req.Made
	for {
		s := prog.Cut(req)
		more := false
		for _, c := range s.Conflicts {
			if p.Nothing != nil && !c.Root && p.Nothing(c.Pos) && !none[c.Pos] {
				none[c.Pos], more = true, true
			}
		}
		if !more {
			return s
		}
		req.Made = func(pos int64) []byte {
			switch {
			case none[pos]:
				return []byte{byte(pickle.OpNone)}
			case made != nil:
				return made(pos)
			}
			return nil
		}
	}
}

// slice cuts one stream.
func (b *builder) slice(r io.ReaderAt, p Pickle, raws []slice.Raw, inside []int64) (io.WriterTo, error) {
	if p.Broken != "" {
		return nil, &Refusal{Member: p.Member, Pos: -1, Reason: p.Broken}
	}
	prog, err := slice.Read(r, p.Start, p.End, raws, p.Break)
	if err != nil {
		return nil, &Refusal{Member: p.Member, Pos: -1, Reason: "its instructions cannot be followed: " + err.Error()}
	}
	texts, err := b.nested(r, prog, p, inside)
	if err != nil {
		return nil, err
	}
	if !b.opt.PlainState {
		p.Plain = nil
	}
	s := cut(prog, p, slice.Request{Plain: p.Plain, Inner: p.Inner, Made: p.Made, Cut: p.Cut, Stay: p.Stay, Keep: p.Keep, Free: p.Free, Changed: p.Changed, Unset: p.Unset, Texts: texts, DropItems: b.opt.DropItems})
	if len(s.Conflicts) > 0 {
		c := s.Conflicts[0]
		return nil, &Refusal{Member: p.Member, Pos: c.Pos, At: c.At, Reason: c.Reason}
	}
	for _, x := range s.Removed {
		b.gone(Removal{Member: p.Member, Start: x.Pos, End: x.End, How: How(x.How), Holder: x.Holder, Key: x.Key})
	}
	switch {
	case p.Below:
		b.gone(Removal{Member: p.Member, Start: p.Break.At, End: p.End, How: Given})
	case p.Break != nil:
		b.gone(Removal{Member: p.Member, Start: p.Break.At, End: p.End, How: Broken})
	}
	return s, nil
}
