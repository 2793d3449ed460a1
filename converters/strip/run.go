package strip

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/zipfile"
)

type builder struct {
	src    Source
	opt    Options
	plan   *Plan
	budget archive.Budget
	done   []place // dirty streams that are dealt with
}

type place struct {
	member string
	start  int64
}

func (b *builder) reached(p Pickle) bool { return slices.Contains(b.done, place{p.Member, p.Start}) }

// run lays out one run of bytes: the file, or a member.
func (b *builder) run(r io.ReaderAt, size int64, member string, spare bool) (content, error) {
	var own []Pickle
	inside := slices.ContainsFunc(b.src.Shadowed, func(s string) bool { return audit.Within(s, member) })
	for _, x := range b.src.Instead {
		if x.Member == member {
			b.gone(x.Removals...)
			return instead{x.Content}, nil
		}
		inside = inside || audit.Within(x.Member, member)
	}
	for _, p := range b.src.Pickles {
		switch {
		case p.Member == member:
			own = append(own, p)
		case p.Dirty && audit.Within(p.Member, member):
			inside = inside || !strings.HasPrefix(child(p.Member, member), nestedName)
		}
	}
	switch {
	case inside && len(own) > 0:
		return nil, &Refusal{Member: member, Pos: -1, Reason: "it is an archive and a pickle at once"}
	case inside && archive.Sniff(r, size) != "":
		return b.packed(r, size, member)
	case inside && isSevenZip(r):
		return b.sevenZip(r, size, member)
	case inside && tarred(r, size):
		return b.tar(r, size, member)
	case inside || b.loose(member) && len(own) == 0:
		f, err := zipfile.Read(r, size, b.src.Limits)
		if errors.Is(err, zipfile.ErrNotZip) {
			return nil, &Refusal{Member: member, Pos: -1, Reason: b.noArchive(member, inside)}
		}
		if err != nil {
			return nil, err
		}
		return b.zip(f, r, member)
	}
	return b.pickles(r, size, member, own, spare)
}

// instead is a run that is written anew.
type instead struct{ io.WriterTo }

func (instead) changed() bool { return true }

// loose reports whether bytes of a member belong to nothing.
func (b *builder) loose(member string) bool {
	return slices.ContainsFunc(b.src.Unread, func(u Range) bool { return u.Member == member })
}

// noArchive says why a member that is no archive is none to be written again: what is
// in it would have to go, or it was not read.
func (b *builder) noArchive(member string, inside bool) string {
	for _, u := range b.src.Unread {
		if !inside && u.Member == member && u.Reason != "" {
			return u.Reason
		}
	}
	return "it is no archive that can be written again"
}

// An edit puts something else in the place of a range.
type edit struct {
	start, end int64
	to         io.WriterTo // nil: nothing
}

// edited is a run of bytes with some ranges replaced.
type edited struct {
	r     io.ReaderAt
	from  int64  // where it begins
	size  int64  // where it ends
	edits []edit // in order, apart from each other
}

func (e *edited) changed() bool { return len(e.edits) > 0 }

// WriteTo writes what lies between the edits, and the edits.
func (e *edited) WriteTo(w io.Writer) (n int64, err error) {
	at := e.from
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
