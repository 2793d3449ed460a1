package pipeline

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/pickle"
)

// Foreseen lists what a strip would take out; nothing if it would be refused.
func Foreseen(ctx context.Context, a *Audited, opt StripOptions) []Removed {
	var held holders
	defer held.close()
	streams, err := a.pickles(ctx, opt.Leave, true, &held)
	if err != nil {
		return nil
	}
	lambdas, err := a.lambdas(opt)
	if err != nil {
		return nil
	}
	plan, err := planStrip(ctx, a, streams, lambdas, opt.Options)
	if err != nil {
		return nil
	}
	defer plan.Close()
	return named(plan.Removed, streams)
}

// Became says what would stand in the place of what a finding is about, "" if that
// is not among what was taken out of pickles.
func Became(list []Removed, f audit.Finding) string {
	at := slices.IndexFunc(list, func(r Removed) bool {
		return r.How <= strip.Unset && r.Member == f.Location.Member && f.Location.Start <= r.Start && r.Start < f.Location.End
	})
	if at < 0 {
		return ""
	}
	return list[at].became()
}

// Instructions lists the first instructions of a pickle that a finding is about;
// none where they would have to be decompressed again.
func (a *Audited) Instructions(f audit.Finding) []string {
	const longest, most = 4096, 20
	l := f.Location
	at := slices.IndexFunc(a.streams, func(s judged) bool {
		return s.Member == l.Member && s.Trace.Start <= l.Start && l.End <= s.Trace.End
	})
	if at < 0 || a.packed && !a.lent || l.Start == l.End {
		return nil
	}
	var b bytes.Buffer
	// An instruction that is longer than what is looked at is not listed.
	_ = pickle.Disassemble(&b, a.streams[at].Data, l.Start, min(l.End, l.Start+longest), pickle.Listing{})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if b.Len() == 0 {
		return nil
	}
	return lines[:min(len(lines), most)]
}
