package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
)

// A Step is one clause that was looked at for a path.
type Step struct {
	Clause  string // as in Decision.Clauses; "allow" stands for all entries together
	File    string // the policy, or the name of the template
	Line    int    // where the clause begins; 0 for the built-in default
	Text    string // what it says, and why it does or does not apply
	Decides bool   // the last step, and only that one
}

// String returns "file:line: clause: text", without the line where there is none.
func (s Step) String() string {
	place := s.File
	if s.Line > 0 {
		place = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	return fmt.Sprintf("%s: %s: %s", place, s.Clause, s.Text)
}

// Explain says which clauses decide for a path, in the order in which they are
// looked at; the last one decides. Of the artifact the formats and the digest count,
// not what was found in it. Without formats rules that ask for one are listed as
// depending on it, without a digest the entries of `allow`.
func (p *Policy) Explain(in Input) []Step {
	if p.floor != nil {
		return p.explainFloor(in)
	}
	steps, allowed := p.explainAllow(in)
	if allowed {
		return steps
	}
	path, formats := in.Path, []audit.Format(nil)
	if in.Artifact != nil {
		formats = in.Artifact.Formats
	}
	for i := range p.rules {
		step := p.rules[i].explain(path, formats)
		steps = append(steps, step)
		if step.Decides {
			return steps
		}
	}
	return append(steps, Step{Clause: builtInClause, File: p.Source, Decides: true,
		Text: "no rule matches for certain: block on findings and unread parts, allow when clean"})
}

// explainAllow explains the entries of `allow`; allowed reports that one decides.
func (p *Policy) explainAllow(in Input) (steps []Step, allowed bool) {
	if len(p.allow) == 0 {
		return nil, false
	}
	all := Step{Clause: "allow", File: p.Source, Line: p.allow[0].line}
	if in.Artifact == nil || in.Artifact.SHA256 == "" {
		all.Text = fmt.Sprintf("a file with a sha256 listed here is allowed, whatever the rules say (listed: %d)", len(p.allow))
		return []Step{all}, false
	}
	for _, a := range p.allow {
		if a.sha256 != strings.ToLower(in.Artifact.SHA256) {
			continue
		}
		step := Step{Clause: a.clause, File: p.Source, Line: a.line, Text: "has the sha256 of the file, which is allowed, whatever the rules say: " + a.reason}
		if !a.expired(in.Today) {
			step.Decides = true
			return append(steps, step), true
		}
		step.Text = "has the sha256 of the file, and expired after " + a.expires.Format(time.DateOnly)
		steps = append(steps, step)
	}
	if steps == nil {
		all.Text = fmt.Sprintf("the sha256 of the file, %.12s..., is not listed (listed: %d)", in.Artifact.SHA256, len(p.allow))
		steps = []Step{all}
	}
	return steps, false
}

// explainFloor explains a policy and then its floor.
func (p *Policy) explainFloor(in Input) []Step {
	own := *p
	own.floor = nil
	steps := own.Explain(in)
	steps[len(steps)-1].Decides = false
	for _, step := range p.floor.Explain(in) {
		step.Clause = "floor:" + step.Clause
		steps = append(steps, step)
	}
	return append(steps, Step{Clause: "floor", File: p.floor.Source, Decides: true, Text: "of the two that decide, the one that lets less pass"})
}

func (rl *rule) explain(path string, formats []audit.Format) Step {
	step := Step{Clause: rl.clause, File: rl.file, Line: rl.line}
	switch {
	case !rl.matchesPath(path):
		step.Text = "paths " + rl.globTexts() + ": no match"
	case rl.matchesFormats(formats):
		step.Decides = true
		step.Text = rl.matchText(path, formats) + ": " + rl.consequence()
	case len(formats) == 0:
		step.Text = "formats " + join(rl.formats) + ": matches if the file is one of them, then " + rl.consequence()
	default:
		step.Text = "formats " + join(rl.formats) + ": no match, the file is " + join(formats)
	}
	return step
}

// matchText names the glob and the formats by which a rule matches.
func (rl *rule) matchText(path string, formats []audit.Format) string {
	var parts []string
	for _, g := range rl.globs {
		if g.match(path) {
			parts = append(parts, fmt.Sprintf("path matches %q", g.text))
			break
		}
	}
	for _, f := range formats {
		if rl.matchesFormats([]audit.Format{f}) && len(rl.formats) > 0 {
			parts = append(parts, "format is "+string(f))
			break
		}
	}
	return strings.Join(parts, ", ")
}

// consequence says what a rule does with the files that it matches.
func (rl *rule) consequence() string {
	var words []string
	for _, action := range rl.actions {
		word := string(action)
		if action == audit.ActionConvert {
			word += " to " + string(rl.to)
		}
		words = append(words, word)
	}
	end := rl.actions[len(rl.actions)-1]
	if remedy(end) {
		words = append(words, "block")
	}
	text := strings.Join(words, ", else ")
	if rl.always {
		text = "always " + text
	} else {
		text += " on findings, allow when clean"
	}
	if end == audit.ActionAllow || end == audit.ActionWarn {
		text += "; unread parts block"
	}
	return text
}

func (rl *rule) globTexts() string {
	var quoted []string
	for _, g := range rl.globs {
		quoted = append(quoted, fmt.Sprintf("%q", g.text))
	}
	return strings.Join(quoted, ", ")
}

// join lists words with commas.
func join[T ~string](words []T) string {
	var texts []string
	for _, w := range words {
		texts = append(texts, string(w))
	}
	return strings.Join(texts, ", ")
}
