package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// planStrip lays the candidate out.
func planStrip(ctx context.Context, a *Audited, streams []judged, lambdas *keras.Result, opt strip.Options) (*strip.Plan, error) {
	src := strip.Source{Context: ctx, R: a.Source.R, Size: a.Source.Size, Limits: a.lim, Instead: instead(lambdas), Shadowed: slices.Clone(a.Shadowed)}
	for i := range streams {
		s := &streams[i]
		s.plainState = opt.PlainState
		if s.Shadowed {
			if s.dirty {
				src.Shadowed = append(src.Shadowed, s.Member)
			}
			continue
		}
		if s.dirty && s.places.Patched != "" {
			return nil, &converters.Refusal{Msg: "a call that may not be trusted gets at " + s.places.Patched + ", so that it is not known what is loaded"}
		}
		p, err := s.pickle(streams[:i], streams[i+1:], opt.DropUnread)
		if err != nil {
			return nil, err
		}
		src.Pickles = append(src.Pickles, p)
	}
	for _, u := range a.Artifact.Coverage.Unread {
		r := strip.Range{Member: u.Member, Start: u.Start, End: u.End, Reason: u.Reason}
		for _, f := range a.Artifact.Findings {
			l := f.Location
			r.Dangerous = r.Dangerous || l.Member == u.Member && l.Start < u.End && u.Start < l.End
		}
		src.Unread = append(src.Unread, r)
	}
	plan, err := strip.New(src, opt)
	var no *strip.Refusal
	if errors.As(err, &no) && no.Pos >= 0 {
		return nil, &converters.Refusal{Msg: "it cannot be stripped: " + explained(no, streams)}
	}
	return plan, asRefusal(err)
}

// pickle says what is to become of a stream that stands between others of its artifact.
func (s *judged) pickle(before, after []judged, dropUnread bool) (strip.Pickle, error) {
	p := strip.Pickle{Member: s.Member, Start: s.Trace.Start, End: s.Trace.End, Dirty: s.dirty, Raw: s.Trace.Raw,
		Cut: s.cut, Stay: s.stays, Keep: s.keep, Free: s.free, Changed: s.changed, Unset: s.unset, Needed: s.Needed, Tensors: s.places.Kept, Instead: s.instead()}
	p.Broken = broken(s.Trace.Failure)
	if s.below() {
		p.Below, p.Break = true, &strip.Break{At: s.Trace.Break, Object: s.places.Whole}
	}
	if s.mends(before) {
		p.Broken, p.Break = "", &strip.Break{At: s.Trace.Break, Object: s.places.Whole}
		p.End = s.rest(after)
		if !dropUnread && s.another(p.Break.At, p.End) {
			return p, &converters.Refusal{Msg: fmt.Sprintf("it cannot be stripped: behind %#x, where the pickle breaks off, stands another pickle, which no loader reads; --drop-unread leaves it out", p.Break.At)}
		}
	}
	if len(s.places.Nothing) > 0 {
		p.Nothing = func(pos int64) bool { return s.places.Nothing[pos] && !s.places.Tensors[pos] && !s.stays(pos) }
	}
	if len(s.places.Plain) > 0 {
		p.Plain = s.plain
	}
	if len(s.places.Inner) > 0 {
		p.Inner = s.inside
	}
	if len(s.places.Made)+len(s.places.Contained) > 0 {
		p.Made = s.made
	}
	return p, nil
}

// mends reports whether a stream that breaks off has a whole object before. A
// later one, which could go on with the memo of those before, is not touched.
func (s *judged) mends(before []judged) bool {
	f := s.Trace.Failure
	if f == nil || f.Limit || !s.dirty || s.enclosed || s.Needed || s.places.Whole < 0 {
		return false
	}
	return !slices.ContainsFunc(before, func(o judged) bool { return o.Member == s.Member })
}

// below reports whether the object of a stream lies below what it gives, or was above it.
func (s *judged) below() bool {
	return s.Trace.Failure == nil && s.dirty && s.places.Whole >= 0 && len(s.leave) == 0
}

// rest is where the next stream of the same run begins, or the run ends.
func (s *judged) rest(behind []judged) int64 {
	for i := range behind {
		if o := &behind[i]; o.Member == s.Member && o.Trace.Start >= s.Trace.Break {
			return o.Trace.Start
		}
	}
	return s.Size
}

// broken says why a stream that is given up has no object. One that could go on
// with the memo of an earlier one may have it.
func broken(f *sym.Failure) string {
	switch {
	case f == nil || f.MissingMemo:
		return ""
	case f.Limit:
		return fmt.Sprintf("the pickle is not read beyond %#x: %s", f.Pos, f.Msg)
	}
	return fmt.Sprintf("the pickle ends in an error at %#x (%s): no loader gets an object from it, and what stands before the error is none", f.Pos, f.Msg)
}

// explained says with what stands there why something cannot be taken out.
func explained(no *strip.Refusal, streams []judged) string {
	for i := range streams {
		s := &streams[i]
		if s.Member != no.Member || no.Pos < s.Trace.Start || s.Trace.End <= no.Pos {
			continue
		}
		what, _, _ := strings.Cut(cmp.Or(strings.TrimPrefix(s.texts[no.Pos], "calls "), s.places.Untrusted[no.Pos]), "; MA")
		if what != "" {
			return what + ": " + no.Error()
		}
	}
	return no.Error()
}

func (s *judged) cut(pos int64) bool {
	_, ok := s.places.Untrusted[pos]
	return ok && !s.stays(pos)
}

func (s *judged) plain(pos int64) bool { return s.places.Plain[pos] && !s.stays(pos) }

// inside says which value stands for what a call gives.
func (s *judged) inside(pos int64) (strip.Inner, bool) {
	in, ok := s.places.Inner[pos]
	return strip.Inner{At: in.Pos, Loose: in.Loose, Copy: in.Copy}, ok && !s.stays(pos)
}

// made gives the instructions of protocol 1 that make an empty object of a class.
func (s *judged) made(pos int64) []byte {
	if s.stays(pos) {
		return nil
	}
	switch s.contained(pos, s.places.Made[pos]) {
	case "dict":
		return []byte{byte(pickle.OpEmptyDict)}
	case "list":
		return []byte{byte(pickle.OpEmptyList)}
	case "collections.OrderedDict":
		return []byte("ccollections\nOrderedDict\n)R")
	}
	return nil
}

// contained is the builtin that stands for an object of an unlisted class with items,
// or else.
func (s *judged) contained(pos int64, or string) string {
	if kind := s.places.Contained[pos]; kind != "" && s.plainState {
		return kind
	}
	return or
}

// stays reports whether a place belongs to a finding that the user wants to keep.
func (s *judged) stays(pos int64) bool {
	return slices.ContainsFunc(s.leave, func(f audit.Finding) bool { return f.Location.Start <= pos && pos < f.Location.End })
}

func (s *judged) free(pos int64) bool {
	return s.places.Hooks[pos] && (len(s.leave) == 0 || len(s.places.Unset) == 0)
}

// unset says of a BUILD that it goes. With something left as it is, nothing of that
// kind does: it would be the state of its object else.
func (s *judged) unset(pos int64) bool {
	return len(s.leave) == 0 && (s.places.Unset[pos] || s.plainState && s.places.Attributes[pos])
}

func (s *judged) changed(pos int64) bool { return s.places.Changed[pos] }

func (s *judged) keep(pos int64) string {
	if s.places.Tensors[pos] {
		return "it holds tensors, which would be lost"
	}
	return ""
}

// instead is torch's magic number for a first stream that computes it.
func (s *judged) instead() []byte {
	if s.Magic {
		return []byte(scan.LegacyMagic)
	}
	return nil
}

// asRefusal makes the converter's refusal one of the table.
func asRefusal(err error) error {
	var no *strip.Refusal
	if errors.As(err, &no) {
		return &converters.Refusal{Msg: "it cannot be stripped: " + no.Error()}
	}
	return err
}

// named says of each removal what it was. An import that a removed call uses is
// not listed beside it.
func named(list []strip.Removal, streams []judged) []Removed {
	out := make([]Removed, 0, len(list))
	calls := map[string]bool{}
	for _, r := range list {
		x := Removed{Removal: r}
		at := slices.IndexFunc(streams, func(s judged) bool {
			return s.Member == r.Member && s.Trace.Start <= r.Start && r.End <= s.Trace.End
		})
		if at >= 0 && r.How <= strip.Unset {
			if kind := streams[at].contained(r.Start, ""); kind != "" && r.How == strip.Emptied {
				x.Became = "a plain " + kind + " with its items in its place"
			} else if streams[at].places.Nothing[r.Start] && r.How == strip.Emptied {
				x.Became = "None in its place, which is what it gives"
			}
			x.Callable, x.Text = streams[at].places.Untrusted[r.Start], streams[at].texts[r.Start]
		}
		if strings.HasPrefix(x.Text, "calls ") {
			calls[audit.Below(x.Member, x.Callable)] = true
		}
		out = append(out, x)
	}
	return slices.DeleteFunc(out, func(x Removed) bool {
		return x.How == strip.Unused && x.Callable != "" && !strings.HasPrefix(x.Text, "calls ") && calls[audit.Below(x.Member, x.Callable)]
	})
}
