package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// TextOptions chooses how text looks. The zero value is plain and complete.
type TextOptions struct {
	Color bool // ANSI colours
	Emoji bool // a mark in front of each file
	Quiet bool // leave out clean files and, when all is clean, the summary
	// Counts: HookText writes the counts even of a report without files.
	Counts bool
	// Remedy returns the commands that would help with a, one a line, already
	// quoted, of which one is enough. They are offered for files that are blocked or not clean, and not
	// allowed; for rewritten ones they are what is left to do. Nil offers none.
	Remedy func(a *audit.Artifact) []string
	// Trustable says whether a policy may trust a global. Where every finding of a blocked file
	// is about such names alone, that way out is told too. Nil tells of none.
	Trustable func(global string) bool
}

// bounds says how much of one artifact is printed.
type bounds struct {
	perRule, findings, unread, outputs, notes, fixes, removed int // entries
	message, name                                             int // code points
}

var (
	scanBounds = bounds{perRule: 20, findings: 1000, unread: 20, outputs: 100, notes: 100, fixes: 100, removed: 20, message: 600, name: 300}
	// With hookBounds an artifact takes at most 25 lines.
	hookBounds = bounds{perRule: 2, findings: 3, unread: 2, outputs: 2, notes: 1, fixes: 2, removed: 2, message: 150, name: 70}
)

// Text writes what `modelaudit scan` prints: a paragraph for every file that is
// not simply clean (findings worst first, what is unread, what was decided and
// done, commands that help), one line for every clean file, the notes of the
// run, and a last line with the counts. More than 20 findings of one rule and
// severity in one file end in "and N more like this".
func Text(w io.Writer, r *audit.Report, opt TextOptions) error {
	p := &printer{Writer: bufio.NewWriter(w), opt: opt, max: scanBounds, noted: map[string]bool{}}
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		if !isPlainClean(a) {
			p.artifact(a)
		} else if !opt.Quiet {
			p.heading(a)
		}
	}
	p.end(r)
	return p.Flush()
}

// HookText writes the hook's screen: for every file that is not simply clean
// at most 25 lines with what was found, what was done, the proof in one line
// and how to load the new file; then the notes and the counts. It writes
// nothing for a report without artifacts and notes, unless Counts is set. The undo block is the hook's.
func HookText(w io.Writer, r *audit.Report, opt TextOptions) error {
	p := &printer{Writer: bufio.NewWriter(w), opt: opt, max: hookBounds, noted: map[string]bool{}}
	for i := range r.Artifacts {
		if a := &r.Artifacts[i]; !isPlainClean(a) {
			p.artifact(a)
		}
	}
	if len(r.Artifacts) > 0 || len(r.Notes) > 0 || opt.Counts {
		p.end(r)
	}
	return p.Flush()
}

// isPlainClean reports whether one line says all about a.
func isPlainClean(a *audit.Artifact) bool {
	return a.Verdict == audit.VerdictClean && len(a.Findings) == 0 && len(a.Coverage.Unread) == 0 &&
		a.Remedy == nil && a.Refusal == "" && (a.Decision == nil || len(a.Decision.Notes) == 0 && passes(a.Decision.Action))
}

// passes reports whether an action lets a file through as it is.
func passes(a audit.Action) bool {
	return a == audit.ActionAllow || a == audit.ActionWarn || a == ""
}

// end prints the notes of the run and the counts.
func (p *printer) end(r *audit.Report) {
	for _, n := range r.Notes {
		if p.noted[n] {
			continue
		}
		p.line("note: ", clip(Escape(n), p.max.message))
	}
	if r.Change != nil {
		p.line("change: ", Escape(changeText(r.Change)))
	}
	s := r.Summary
	if p.opt.Quiet && s.Clean == s.Artifacts && s.Rewritten == 0 && r.ExitCode == audit.ExitAllowed {
		return
	}
	p.line(summaryLine(r))
}

// changeText says what was audited, "push, what changed from 0123 to 4567".
func changeText(c *audit.Revisions) string {
	text := "all files of " + shortID(c.Head)
	if c.Base != "" {
		text = "what changed from " + shortID(c.Base) + " to " + shortID(c.Head)
	}
	if c.Event != "" {
		text = c.Event + ", " + text
	}
	return text
}

// shortID is an object id as people write it.
func shortID(id string) string { return id[:min(len(id), 12)] }

// archives counts clean files that are zip archives and nothing more: a
// document, a program of Java, or a folder that somebody packed.
func archives(r *audit.Report) (n int) {
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		if a.Verdict == audit.VerdictClean && len(a.Formats) == 1 && a.Formats[0] == audit.FormatZip {
			n++
		}
	}
	return n
}

// summaryLine counts files, e.g. "3 model files: 1 clean, 1 with findings
// (4 in all), 1 incomplete; 2 other files skipped".
func summaryLine(r *audit.Report) string {
	s := r.Summary
	line := count(s.Artifacts, "model file")
	switch n := archives(r); {
	case s.Artifacts == 0:
		line = "no model files"
	case n == s.Artifacts:
		line = count(n, "archive")
	case n > 0:
		line = count(s.Artifacts-n, "model file") + " and " + count(n, "archive")
	}
	var parts []string
	if s.Clean > 0 {
		parts = append(parts, fmt.Sprintf("%d clean", s.Clean))
	}
	if s.Findings > 0 {
		n := 0
		for i := range r.Artifacts {
			n += len(r.Artifacts[i].Findings)
		}
		parts = append(parts, fmt.Sprintf("%d with findings (%d in all)", s.Findings, n))
	}
	if s.Incomplete > 0 {
		parts = append(parts, fmt.Sprintf("%d incomplete", s.Incomplete))
	}
	if s.Rewritten > 0 {
		parts = append(parts, fmt.Sprintf("%d rewritten", s.Rewritten))
	}
	if s.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", s.Blocked))
	}
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if s.Skipped > 0 {
		line += "; " + count(s.Skipped, "other file") + " skipped"
	}
	return line
}
