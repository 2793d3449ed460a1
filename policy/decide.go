package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
)

// builtInClause names the default that holds where no rule matches.
const builtInClause = "built-in"

// An Input is one audited artifact.
type Input struct {
	Path     string          // from the root, with slashes, without "./"
	Artifact *audit.Artifact // nil, or one without a verdict, counts as unread
	Today    time.Time       // the day against which `expires` is read; zero: every dated entry is expired
}

// An Outcome is what a policy makes of one artifact.
type Outcome struct {
	// Decision holds the first of Actions, the clauses that led there and Notes.
	Decision audit.Decision
	// Actions are to be tried in order: convert and strip, each once at most,
	// then exactly one of allow, warn and block. A remedy whose proof failed is not
	// one that cannot be done: then the end is block, whatever follows.
	Actions []audit.Action
	// To is the target of convert, "" where Actions has no convert.
	To string
	// Notes say which clauses changed the outcome and which entries had
	// expired. They are Decision.Notes, for callers that make a new decision.
	Notes []string
}

// state is what deciding needs to know of an artifact.
type state struct {
	sha256   string
	formats  []audit.Format
	findings int
	unread   bool
}

func stateOf(a *audit.Artifact) state {
	if a == nil {
		return state{unread: true}
	}
	s := state{sha256: strings.ToLower(a.SHA256), formats: a.Formats, findings: len(a.Findings)}
	switch a.Verdict {
	case audit.VerdictClean:
	case audit.VerdictFindings:
		s.findings = max(s.findings, 1)
	default:
		s.unread = true
	}
	s.unread = s.unread || len(a.Coverage.Unread) > 0
	return s
}

func (s state) clean() bool { return s.findings == 0 && !s.unread }

// what says in words what is wrong.
func (s state) what() string {
	var parts []string
	switch {
	case s.findings == 1:
		parts = append(parts, "1 finding")
	case s.findings > 1:
		parts = append(parts, fmt.Sprintf("%d findings", s.findings))
	}
	if s.unread {
		parts = append(parts, "unread parts")
	}
	return strings.Join(parts, " and ")
}

// Decide applies the policy to one artifact. The same input gives the same
// outcome; nothing outside the arguments is read.
func (p *Policy) Decide(in Input) Outcome {
	if p.floor != nil {
		return p.floored(in)
	}
	s := stateOf(in.Artifact)
	out := p.byRules(in.Path, s)
	var expired []string
	for _, a := range p.allow {
		switch {
		case a.sha256 != s.sha256:
		case a.expired(in.Today):
			expired = append(expired, a.expiryNote())
		default:
			allowed := Outcome{Actions: []audit.Action{audit.ActionAllow}}
			allowed.Decision.Clauses = []string{a.clause}
			switch {
			case !s.clean():
				allowed.Notes = []string{fmt.Sprintf("%s lets %s through: %s", a.clause, s.what(), a.reason)}
			case out.Actions[0] != audit.ActionAllow:
				allowed.Notes = []string{fmt.Sprintf("%s overrules %s (%s): %s", a.clause, out.Decision.Clauses[0], out.Actions[0], a.reason)}
			}
			return allowed.closed(expired)
		}
	}
	return out.closed(expired)
}

// closed fills what follows from the rest.
func (o Outcome) closed(notes []string) Outcome {
	o.Notes = append(o.Notes, notes...)
	o.Decision.Action = o.Actions[0]
	o.Decision.Notes = slices.Clone(o.Notes)
	return o
}

// byRules is the outcome without `allow`.
func (p *Policy) byRules(path string, s state) Outcome {
	for i := range p.rules {
		if rl := &p.rules[i]; rl.matchesPath(path) && rl.matchesFormats(s.formats) {
			return rl.outcome(s)
		}
	}
	action := audit.ActionBlock
	if s.clean() {
		action = audit.ActionAllow
	}
	return Outcome{Actions: []audit.Action{action}, Decision: audit.Decision{Clauses: []string{builtInClause}}}
}

func (rl *rule) matchesPath(path string) bool {
	return len(rl.globs) == 0 || slices.ContainsFunc(rl.globs, func(g glob) bool { return g.match(path) })
}

func (rl *rule) matchesFormats(formats []audit.Format) bool {
	return len(rl.formats) == 0 || slices.ContainsFunc(formats, func(f audit.Format) bool { return slices.Contains(rl.formats, f) })
}

// outcome applies a rule that matches.
func (rl *rule) outcome(s state) Outcome {
	out := Outcome{Decision: audit.Decision{Clauses: []string{rl.clause}}}
	if s.clean() && (!rl.always || rl.reached(s.formats)) {
		out.Actions = []audit.Action{audit.ActionAllow}
		return out
	}
	for _, action := range rl.actions {
		switch {
		case action == audit.ActionStrip && s.clean():
			action = audit.ActionAllow // nothing to strip is what strip wants
		case action == audit.ActionStrip && s.findings == 0:
			continue // stripping removes findings, not what could not be read
		case !remedy(action) && action != audit.ActionBlock && s.unread:
			out.Notes = append(out.Notes, rl.clause+" says "+string(action)+
				", but a part of the file could not be read: only an allow entry with its sha256 lets it through")
			action = audit.ActionBlock
		case !remedy(action) && action != audit.ActionBlock && s.findings > 0:
			out.Notes = append(out.Notes, rl.suppression(action, s))
		}
		out.Actions = append(out.Actions, action)
		if action == audit.ActionConvert {
			out.To = string(rl.to)
		}
		if !remedy(action) {
			return out
		}
	}
	out.Actions = append(out.Actions, audit.ActionBlock)
	return out
}

// reached says whether the file already is what the rule converts to, and nothing else.
func (rl *rule) reached(formats []audit.Format) bool {
	return rl.to != "" && len(formats) == 1 && formats[0] == rl.to
}

// suppression says what a rule's allow or warn lets through.
func (rl *rule) suppression(action audit.Action, s state) string {
	note := fmt.Sprintf("%s lets %s through (%s)", rl.clause, s.what(), action)
	if len(rl.actions) > 1 {
		note += " if nothing before it in its list can be done"
	}
	return note
}

func (a allowance) expiryNote() string {
	return fmt.Sprintf("%s expired after %s and no longer allows %s...: %s",
		a.clause, a.expires.Format(time.DateOnly), a.sha256[:12], a.reason)
}
