package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
)

// WithFloor returns a policy that decides as p does where that is not looser than
// floor, and as floor does elsewhere: for repositories whose policy may tighten what
// an organisation has laid down, and not loosen it.
//
// Of two outcomes the one that blocks wins over the one that warns, and that over
// the one that allows; a remedy that either asks for, floor before p, is tried unless
// the other blocks by a rule. What p trusts counts where floor trusts it too. A nil p means a
// repository that has no policy: floor alone decides.
func (p *Policy) WithFloor(floor *Policy) *Policy {
	if p == nil {
		return floor
	}
	joined := *p
	joined.floor = floor
	if floor.AfterRewrite == AfterRewriteStop {
		joined.AfterRewrite = AfterRewriteStop
	}
	joined.Limits.MaxFileSize = lower(p.Limits.MaxFileSize, floor.Limits.MaxFileSize)
	joined.Limits.Timeout = lower(p.Limits.Timeout, floor.Limits.Timeout)
	return &joined
}

// Floor returns the policy that p may not loosen, nil if there is none.
func (p *Policy) Floor() *Policy { return p.floor }

// lower is the smaller of two limits, of which zero is none.
func lower[T int64 | time.Duration](a, b T) T {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// tighter joins what a policy and its floor decide.
func tighter(own, floor Outcome) Outcome {
	ownEnd, floorEnd := own.Actions[len(own.Actions)-1], floor.Actions[len(floor.Actions)-1]
	out := Outcome{Notes: slices.Concat(own.Notes, floor.Notes)}
	end := ownEnd
	if strictness(floorEnd) > strictness(ownEnd) {
		end = floorEnd
	}
	remedies, by := own.Actions[:len(own.Actions)-1], own
	switch {
	case own.refuses() || floor.refuses():
		remedies, by = nil, Outcome{}
	case len(floor.Actions) > 1:
		remedies, by = floor.Actions[:len(floor.Actions)-1], floor
	}
	out.Actions, out.To = append(slices.Clone(remedies), end), by.To
	switch {
	case slices.Equal(out.Actions, own.Actions) && out.To == own.To:
		out.Decision.Clauses = own.Decision.Clauses
	case slices.Equal(out.Actions, floor.Actions) && out.To == floor.To:
		out.Decision.Clauses = floor.Decision.Clauses
	default:
		out.Decision.Clauses = slices.Concat(own.Decision.Clauses, floor.Decision.Clauses)
	}
	if strictness(own.Actions[0]) < strictness(out.Actions[0]) {
		// First, because what the others let through is so no more, and a screen shows few.
		out.Notes = slices.Insert(out.Notes, 0, fmt.Sprintf("%s says %s; the floor says %s", own.Decision.Clauses[0], own.Actions[0], floor.Actions[0]))
	}
	return out
}

// refuses reports whether a rule blocks, so that not even a remedy is wanted. The built-in
// block only refuses a file as it is.
func (o Outcome) refuses() bool {
	return o.Actions[0] == audit.ActionBlock && !strings.HasSuffix(o.Decision.Clauses[0], builtInClause)
}

// strictness orders actions: what lets more pass is lower.
func strictness(a audit.Action) int {
	return slices.Index([]audit.Action{audit.ActionAllow, audit.ActionWarn, audit.ActionStrip, audit.ActionConvert, audit.ActionBlock}, a)
}

// floored is Decide for a policy with a floor.
func (p *Policy) floored(in Input) Outcome {
	own := *p
	own.floor = nil
	below := p.floor.Decide(in)
	for i, c := range below.Decision.Clauses {
		below.Decision.Clauses[i] = "floor:" + c
	}
	below.Notes = slices.Clone(below.Notes)
	for i, n := range below.Notes {
		below.Notes[i] = "floor: " + n
	}
	return tighter(own.Decide(in), below).closed(nil)
}

// trustedBoth are the globals that a policy and its floor trust, with the floor's reasons.
func (p *Policy) trustedBoth() map[string]string {
	own := *p
	own.floor = nil
	names := own.Trusted()
	both := p.floor.Trusted()
	maps.DeleteFunc(both, func(name, _ string) bool { _, ok := names[name]; return !ok })
	return both
}

// Ignored has one note for every entry of `trust` that does not count, because
// the floor has it not.
func (p *Policy) Ignored() (notes []string) {
	if p.floor == nil {
		return nil
	}
	both := p.trustedBoth()
	for _, t := range p.trust {
		if _, ok := both[t.global]; !ok {
			notes = append(notes, fmt.Sprintf("trust of %s does not count: the floor has no such entry", t.global))
		}
	}
	return notes
}

// Identity is how a report names the policy and its floor.
func (p *Policy) Identity() *audit.PolicySource {
	id := &audit.PolicySource{Source: p.Source, SHA256: p.SHA256}
	if p.floor != nil {
		id.Floor = &audit.PolicyFloor{Source: p.floor.Source, SHA256: p.floor.SHA256}
	}
	return id
}
