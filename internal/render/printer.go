package render

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// A printer prints the paragraphs of artifacts. Its bufio.Writer keeps the
// first error of the writer below, which Flush returns.
//
// A paragraph is a heading and lines of a label and a text. Whatever comes from
// a report passes Escape, except for the commands of TextOptions.Remedy, which
// are meant to be pasted: ShellQuote keeps those printable.
type printer struct {
	*bufio.Writer
	opt TextOptions
	max bounds
	// told has the file whose paragraph says how the first output of a remedy was made.
	told map[string]string
	// noted has the notes that stand below a file.
	noted map[string]bool
}

// labelWidth fits "critical", the longest label, and two spaces.
const labelWidth = 10

func (p *printer) line(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// entry prints a label in its column and a text.
func (p *printer) entry(label, colour, text string) {
	p.line("  ", p.paint(colour, label), strings.Repeat(" ", max(labelWidth-len(label), 1)), text)
}

// more says that n entries are not shown.
func (p *printer) more(n int, what string) {
	if n > 0 {
		p.entry("", "", fmt.Sprintf("and %d more %s", n, what))
	}
}

// moreOf is more of what is counted by a noun.
func (p *printer) moreOf(n int, noun string) {
	if n > 0 {
		p.entry("", "", "and "+count(n, "more "+noun))
	}
}

// paint wraps s in an SGR sequence (ECMA-48 8.3.117) when colours are wanted.
func (p *printer) paint(sgr, s string) string {
	if !p.opt.Color || sgr == "" || s == "" {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// The SGR parameters that are used.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func severityColour(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return bold + ";" + red
	case audit.High:
		return red
	case audit.Medium:
		return yellow
	}
	return cyan
}

// artifact prints the whole paragraph of a and an empty line.
func (p *printer) artifact(a *audit.Artifact) {
	p.heading(a)
	p.findings(a)
	p.unread(a)
	p.decision(a)
	switch {
	case a.Remedy != nil:
		p.remedy(a)
		if p.opt.Remedy != nil {
			left := p.opt.Remedy(a)
			p.fixes("then", left[:min(len(left), 1)])
		}
	case p.opt.Remedy != nil && (a.Verdict != audit.VerdictClean && action(a) != audit.ActionAllow || !passes(action(a))):
		p.fixes("fix", p.opt.Remedy(a))
		if text := arraysAlone(a); text != "" {
			p.entry("note", "", text)
		}
		p.trust(a)
	}
	p.line()
}

// heading prints one line: path, verdict, formats and size.
func (p *printer) heading(a *audit.Artifact) {
	verdict, colour, mark := string(a.Verdict), green, "✅ "
	switch a.Verdict {
	case audit.VerdictFindings:
		verdict, colour, mark = count(len(a.Findings), "finding"), red, "❌ "
		if len(a.Coverage.Unread) > 0 {
			verdict += ", incomplete"
		}
	case audit.VerdictIncomplete:
		colour, mark = yellow, "⚠️ "
	}
	if a.Remedy != nil {
		mark = "🔧 "
	}
	if !p.opt.Emoji {
		mark = ""
	}
	formats := make([]string, len(a.Formats))
	for i, f := range a.Formats {
		formats[i] = Escape(string(f))
	}
	what := strings.Join(formats, ", ") + ", " + Bytes(a.Size)
	switch {
	case len(formats) == 0 && a.Size == 0 && len(a.Coverage.Unread) > 0:
		what = "not read"
	case len(formats) == 0:
		what = "unknown format, " + Bytes(a.Size)
	}
	p.line(mark, p.paint(bold, Escape(a.Path)), ": ", p.paint(colour, verdict), " (", what, ")")
}

// findings prints findings by severity and rule.
func (p *printer) findings(a *audit.Artifact) {
	left := p.max.findings
	hidden := 0
	for _, g := range groupFindings(a.Findings) {
		shown := min(len(g), p.max.perRule, left)
		left -= shown
		for i := range shown {
			p.finding(&g[i])
		}
		// A group that is cut by its own bound says so in place.
		if shown == p.max.perRule && left > 0 {
			p.more(len(g)-shown, "like this")
		} else {
			hidden += len(g) - shown
		}
	}
	p.moreOf(hidden, "finding")
}

func (p *printer) finding(f *audit.Finding) {
	rule := Escape(f.Rule)
	p.entry(Escape(string(f.Severity)), severityColour(f.Severity), rule+"  "+clip(EscapeMessage(f.Message), p.max.message))
	at := p.place(f.Location.Member, f.Location.Start, f.Location.End)
	if f.Callable != "" && !strings.Contains(f.Message, f.Callable) {
		at += ", " + clipMiddle(Escape(f.Callable), p.max.name)
	}
	p.entry("", "", strings.Repeat(" ", len(rule)+2)+"at "+at)
}

// place formats a half-open byte range of a member: "x/data.pkl [0x1f,0x3a)".
func (p *printer) place(member string, start, end int64) string {
	return placeText(clipMiddle(Escape(member), p.max.name), start, end)
}

func (p *printer) unread(a *audit.Artifact) {
	for i, u := range a.Coverage.Unread {
		if i == p.max.unread {
			p.moreOf(len(a.Coverage.Unread)-i, "unread range")
			return
		}
		p.entry("unread", yellow, p.place(u.Member, u.Start, u.End)+": "+clip(Escape(u.Reason), p.max.message))
	}
}

// decision prints what the policy made of a, and why a remedy was refused.
func (p *printer) decision(a *audit.Artifact) {
	if a.Refusal != "" {
		p.entry("refused", yellow, clip(EscapeMessage(a.Refusal), p.max.message))
	}
	d := a.Decision
	if d == nil {
		return
	}
	by := strings.Join(d.Clauses, ", ")
	text := Escape(string(d.Action))
	switch {
	case a.Verdict == audit.VerdictClean && d.Action == audit.ActionAllow && strings.HasPrefix(by, "rules["):
		text = Escape(by) + " leaves a clean file as it is" // whatever its action is
	case by != "":
		text += " by " + Escape(by)
	}
	p.entry("policy", "", clip(text, p.max.message))
	for i, n := range d.Notes {
		if i == p.max.notes {
			p.moreOf(len(d.Notes)-i, "note")
			return
		}
		p.entry("note", "", clip(Escape(n), p.max.message))
		p.noted[n] = true
	}
}

// fixes prints commands of which one is enough: whoever pasted them all would
// mend a file twice.
func (p *printer) fixes(label string, commands []string) {
	for i, c := range commands {
		if i == p.max.fixes {
			return
		}
		if strings.ContainsFunc(c, func(r rune) bool { return !visible(r) }) {
			c = Escape(c) // shown, at the price that it cannot be pasted
		}
		p.entry(label, cyan, c)
		label = "or"
	}
}

// trust says which names a policy would have to trust, where that alone lets a through.
func (p *printer) trust(a *audit.Artifact) {
	var names []string
	for _, f := range a.Findings {
		if f.Rule != "MA110" || p.opt.Trustable == nil || !p.opt.Trustable(f.Callable) {
			return
		}
		if name := Escape(f.Callable); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 || len(a.Coverage.Unread) > 0 {
		return
	}
	text := clipMiddle(names[0], p.max.name)
	if more := len(names) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	p.entry("or", "", "name "+text+" under trust in the policy, if it is your own code and was reviewed")
}

// action returns the decided action, or "" when nothing was decided.
func action(a *audit.Artifact) audit.Action {
	if a.Decision == nil {
		return ""
	}
	return a.Decision.Action
}
