package pipeline

import (
	"context"
	"fmt"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// proveStrip shows that a candidate is clean, is of its source's format, and
// holds what the source holds but for what was removed: every pickle is
// interpreted again and compared value by value, every tensor byte by byte.
func proveStrip(ctx context.Context, a *Audited, streams []judged, plan *strip.Plan, out *Stripped, digest bool) error {
	var now []scan.Pickle
	again := scan.Scan(ctx, out.File, out.Size, a.Source.Path, scan.Options{Limits: a.lim, Trusted: a.trusted, Named: true, Each: func(p scan.Pickle) {
		tr := *p.Trace
		tr.Events, tr.Root, tr.Memo = nil, nil, nil
		p.Trace = &tr
		now = append(now, p)
	}})
	if err := ctx.Err(); err != nil {
		return err
	}
	out.Proof = stripProof("")
	out.Proof.Rescan = again.Artifact.Verdict
	if again.Artifact.Verdict != audit.VerdictClean {
		return &ProofError{fmt.Errorf("the result is not clean: %s", firstFault(&again.Artifact))}
	}
	if fmt.Sprint(again.Artifact.Formats) != fmt.Sprint(a.Artifact.Formats) {
		return &ProofError{fmt.Errorf("the result is %v, not %v", again.Artifact.Formats, a.Artifact.Formats)}
	}
	if err := samePickles(streams, plan, now); err != nil {
		return &ProofError{err}
	}
	if err := sameTensors(ctx, a, again, out); err != nil {
		return cmpErr(ctx.Err(), err)
	}
	if err := out.File.Sync(); err != nil {
		return err
	}
	var err error
	if digest {
		out.SHA256, err = sum(ctx, out.Candidate)
	}
	return err
}

// samePickles compares every stream that stays with what it became.
func samePickles(was []judged, plan *strip.Plan, now []scan.Pickle) error {
	left := now
	for i := range was {
		s := &was[i]
		if goes(s, plan) {
			continue
		}
		if len(left) == 0 || left[0].Member != s.Member {
			return fmt.Errorf("the pickle at %#x of %q is not in the result", s.Trace.Start, s.Member)
		}
		if err := samePickle(s, &left[0]); err != nil {
			return fmt.Errorf("the pickle at %#x of %q: %w", s.Trace.Start, s.Member, err)
		}
		left = left[1:]
	}
	if len(left) > 0 {
		return fmt.Errorf("the result has a pickle at %#x of %q that the source has not", left[0].Trace.Start, left[0].Member)
	}
	return nil
}

// goes reports whether a whole stream was removed.
func goes(s *judged, plan *strip.Plan) bool {
	for _, r := range plan.Removed {
		switch {
		case r.How == strip.Stream && r.Member == s.Member && r.Start == s.Trace.Start,
			r.How == strip.Member && (r.Member == s.Member || strip.Within(s.Member, r.Member)):
			return true
		}
	}
	return false
}

func samePickle(s *judged, now *scan.Pickle) error {
	if !s.dirty {
		return equalRanges(s.Data, s.Trace.Start, s.Trace.End, now.Data, now.Trace.Start, now.Trace.End)
	}
	a := sym.Run(s.Data, s.Trace.Start, s.Trace.End, sym.Options{UTF8: true})
	b := sym.Run(now.Data, now.Trace.Start, now.Trace.End, sym.Options{UTF8: true})
	if a.Root == nil || a.Folded || b.Folded {
		return fmt.Errorf("it holds more values than are compared")
	}
	if b.Root == nil { // what is left makes plain values only
		b = sym.Run(now.Data, now.Trace.Start, now.Trace.End, sym.Options{UTF8: true, MaxBytes: 1 << 30})
	}
	if b.Root == nil {
		return fmt.Errorf("what is left of it cannot be read: %v", b.Failure)
	}
	return sym.Same(sym.Side{Root: a.Root, Data: s.Data}, sym.Side{Root: b.Root, Data: now.Data}, func(n *sym.Node) bool {
		name, ok := s.places.Untrusted[n.Pos]
		return ok && (n.Kind >= sym.Global) && name == called(n)
	})
}

// called is the name of a global, or of what made an object.
func called(n *sym.Node) string {
	if c := n.Call(); c != nil {
		return c.Func.FullName()
	}
	return n.FullName()
}
