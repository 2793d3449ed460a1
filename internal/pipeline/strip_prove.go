package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// proveStrip shows that a candidate is clean, is of its source's format, and
// holds what the source holds but for what was removed: every pickle is
// interpreted again and compared value by value, every tensor byte by byte.
func proveStrip(ctx context.Context, a *Audited, streams []judged, plan *strip.Plan, out *Stripped, leave []audit.Finding, held *holders) error {
	var now []scan.Pickle
	name := a.Source.Path
	if plan.AsZip {
		name = ZipName(name)
	}
	again := scan.Scan(ctx, out.File, out.Size, name, scan.Options{Limits: a.lim, Trusted: a.trusted, Named: a.named, Keep: held.keep, Each: func(p scan.Pickle) {
		p.Trace = outline(p.Trace)
		now = append(now, p)
	}})
	if err := ctx.Err(); err != nil {
		return err
	}
	out.Proof = audit.Proof{Rescan: again.Artifact.Verdict}
	if again.Artifact.Verdict != audit.VerdictClean && !onlyLeft(&again.Artifact, leave) {
		return &ProofError{fmt.Errorf("the result is not clean: %s", firstFault(&again.Artifact))}
	}
	// A compressed archive may look like an archive, too, and no more when it is
	// compressed otherwise. Arrays and another member in a zip are a zip, arrays alone are numpy's.
	zips := slices.Contains(a.Artifact.Formats, audit.FormatZip) || slices.Contains(a.Artifact.Formats, audit.FormatNumpy)
	other := func(f audit.Format) bool {
		return !slices.Contains(a.Artifact.Formats, f) && !(plan.AsZip && (f == audit.FormatZip || f == audit.FormatTorchZip)) &&
			!(zips && (f == audit.FormatZip || f == audit.FormatNumpy))
	}
	if was := len(a.Artifact.Formats); was > 0 && len(again.Artifact.Formats) == 0 || was > 0 && slices.ContainsFunc(again.Artifact.Formats, other) {
		return &ProofError{fmt.Errorf("the result is %v, not %v", again.Artifact.Formats, a.Artifact.Formats)}
	}
	if err := samePickles(ctx, streams, plan, now); err != nil {
		return &ProofError{err}
	}
	if err := sameMembers(ctx, a, streams, plan, out); err != nil {
		return cmpErr(ctx.Err(), &ProofError{err})
	}
	if err := sameTensors(a, again, out); err != nil {
		return cmpErr(ctx.Err(), err)
	}
	return out.File.Sync()
}

// samePickles compares every stream that stays with what it became, and the
// bytes between and behind the streams of a member.
func samePickles(ctx context.Context, was []judged, plan *strip.Plan, now []scan.Pickle) error {
	left := now
	for i := range was {
		s := &was[i]
		if goes(s, plan) {
			continue
		}
		if len(left) == 0 || unplaced(left[0].Member) != unplaced(s.Member) {
			return fmt.Errorf("the pickle at %#x of %q is not in the result", s.Trace.Start, s.Member)
		}
		err := samePickle(ctx, s, plan, &left[0])
		if err == nil && !followed(was[i+1:], s) {
			err = sameTail(ctx, s, plan, &left[0])
		}
		if err != nil {
			return fmt.Errorf("the pickle at %#x of %q: %w", s.Trace.Start, s.Member, err)
		}
		left = left[1:]
	}
	if len(left) > 0 {
		return fmt.Errorf("the result has a pickle at %#x of %q that the source has not", left[0].Trace.Start, left[0].Member)
	}
	return nil
}

// onlyLeft reports whether all that is wrong with a result is what its user
// wanted to stay.
func onlyLeft(a *audit.Artifact, leave []audit.Finding) bool {
	if len(a.Coverage.Unread) > 0 || len(a.Findings) > len(leave) {
		return false
	}
	for _, f := range a.Findings {
		if !slices.ContainsFunc(leave, func(l audit.Finding) bool { return l.Rule == f.Rule && l.Message == f.Message }) {
			return false
		}
	}
	return true
}

// followed reports whether another stream of the member lies behind s, or around it.
func followed(rest []judged, s *judged) bool {
	return slices.ContainsFunc(rest, func(o judged) bool { return o.Member == s.Member }) || s.enclosed
}

// sameTail compares what lies behind the last stream of a member, such as the
// storages of torch's older format. Where some of it was removed, its length says so.
func sameTail(ctx context.Context, s *judged, plan *strip.Plan, now *scan.Pickle) error {
	for _, r := range plan.Removed {
		if r.Member == s.Member && (r.How == strip.Broken || r.Start >= s.Trace.End && (r.How == strip.Bytes || r.How == strip.Stream)) {
			return nil
		}
	}
	return equalRanges(ctx, s.Data, s.Trace.End, s.Size, now.Data, now.Trace.End, now.Size)
}

// known reports whether a stream was replaced by what its object must be.
func known(s *judged, plan *strip.Plan) bool {
	return slices.ContainsFunc(plan.Removed, func(r strip.Removal) bool {
		return r.How == strip.Known && r.Member == s.Member && r.Start == s.Trace.Start
	})
}

// places is where nested bytes stand, in the path of a member.
var places = regexp.MustCompile(`bytes at 0x[0-9a-f]+`)

// unplaced is the path of a member without the offsets in it, which are others
// in a file that something was taken out of.
func unplaced(member string) string { return places.ReplaceAllString(member, "bytes") }

// goes reports whether a whole stream was removed.
func goes(s *judged, plan *strip.Plan) bool {
	for _, r := range plan.Removed {
		switch {
		case s.Shadowed != r.Shadow:
		case r.How == strip.Stream && r.Member == s.Member && r.Start == s.Trace.Start,
			r.How == strip.Member && (r.Member == s.Member || audit.Within(s.Member, r.Member)):
			return true
		}
	}
	return false
}

func samePickle(ctx context.Context, s *judged, plan *strip.Plan, now *scan.Pickle) error {
	if known(s, plan) {
		magic := scan.LegacyMagic
		return equalRanges(ctx, strings.NewReader(magic), 0, int64(len(magic)), now.Data, now.Trace.Start, now.Trace.End)
	}
	anew := map[int64]bool{}
	for _, r := range plan.Anew {
		if r.Member == s.Member {
			anew[r.Start] = true
		}
	}
	if !s.dirty && len(anew)+len(s.nested) == 0 { // what is between its instructions may be written anew
		return equalRanges(ctx, s.Data, s.Trace.Start, s.Trace.End, now.Data, now.Trace.Start, now.Trace.End)
	}
	a, b := s.Again(), now.Again()
	if (a.Failure != nil || s.below()) && s.places.Whole >= 0 && s.places.Whole < len(a.Left) {
		a.Root = a.Left[s.places.Whole]
	}
	if a.Root == nil || a.Folded || b.Root == nil || b.Folded {
		return fmt.Errorf("it holds more values than are compared")
	}
	if err := sameRaw(ctx, s, a, now, b); err != nil {
		return err
	}
	became := map[int64]strip.How{}
	for _, r := range plan.Removed {
		if r.Member == s.Member && (r.How == strip.Stated || r.How == strip.Unwrapped || r.How == strip.Emptied) {
			became[r.Start] = r.How
		}
	}
	return sym.Same(sym.Side{Root: a.Root, Data: s.Data}, sym.Side{Root: b.Root, Data: now.Data}, sym.Left{
		Gone: func(n *sym.Node) bool { return s.gone(n) && became[n.Pos] == strip.Unused },
		Anew: func(n *sym.Node) bool { return anew[n.Pos] },
		Instead: func(n *sym.Node) *sym.Node {
			switch how := became[n.Pos]; {
			case how == strip.Stated && s.gone(n) && len(n.States()) == 1:
				return n.States()[0].Value
			case how == strip.Unwrapped && s.gone(n):
				return scan.Unwrapped(n, s.gone)
			}
			return nil
		},
		Unset:   s.unset,
		Emptied: func(n *sym.Node) bool { return became[n.Pos] == strip.Emptied && s.gone(n) },
	})
}

// gone reports whether a value of the stream must go.
func (s *judged) gone(n *sym.Node) bool {
	name, ok := s.places.Untrusted[n.Pos]
	return ok && !s.stays(n.Pos) && n.Kind >= sym.Global && name == scan.MadeBy(n)
}

// sameRaw compares what the loader reads itself between instructions: every run
// of the result is one of the source's, in their order.
func sameRaw(ctx context.Context, s *judged, a *sym.Trace, now *scan.Pickle, b *sym.Trace) error {
	left := a.Raw
	for _, y := range b.Raw {
		for {
			if len(left) == 0 {
				return fmt.Errorf("the array at %#x of the result is none of the source", y.Off)
			}
			x := left[0]
			left = left[1:]
			if s.inner(x) || equalRanges(ctx, s.Data, unpadded(s.Data, x), x.Off+x.Len, now.Data, unpadded(now.Data, y), y.Off+y.Len) == nil {
				break
			}
		}
	}
	return nil
}

// inner reports whether a run holds a pickle, which is compared by itself.
func (s *judged) inner(x pickle.Range) bool {
	return slices.ContainsFunc(s.nested, func(at int64) bool { return x.Off <= at && at < x.Off+x.Len })
}

// unpadded is where the bytes of an array begin behind joblib's padding, if
// there is any.
func unpadded(r io.ReaderAt, x pickle.Range) int64 {
	head := make([]byte, min(17, x.Len))
	if n, err := r.ReadAt(head, x.Off); n < len(head) && err != nil || len(head) == 0 || int(head[0]) >= len(head) || head[0] == 0 {
		return x.Off
	}
	if len(bytes.Trim(head[1:1+head[0]], "\xff")) > 0 {
		return x.Off
	}
	return x.Off + 1 + int64(head[0])
}
