package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// Limits of a summary in bytes. GitHub drops a job summary of more than 1 MiB
// and refuses a comment of more than 65,536 characters.
const (
	SummaryLimit = 1_000_000
	CommentLimit = 60_000
)

// summaryEntries bounds how much of a file's findings, unread ranges and
// commands a summary shows, each.
const summaryEntries = 10

// Summary writes what a person reads on the page of a CI job, in GitHub
// Flavored Markdown of at most limit bytes: the outcome, a table of the files,
// worst first, then each file that is not simply clean with its findings and the
// commands of remedy (as TextOptions has them; nil: none). What does not fit is
// counted.
func Summary(w io.Writer, r *audit.Report, limit int, remedy func(*audit.Artifact) []string) error {
	files := worstFirst(r)
	m := &page{}
	m.line("## modelaudit: %s\n", outcomeWord(r.ExitCode))
	m.line("%s. Exit code %d.\n", markdown(summaryLine(r)), r.ExitCode)
	if r.Change != nil {
		m.line("Audited: %s\n", cell(changeText(r.Change)))
	}
	if r.Policy != nil {
		m.line("Policy: %s\n", code(r.Policy.Source))
	}
	for i, n := range r.Notes {
		if i == summaryEntries || m.b.Len() > limit/5 {
			m.line("- and %s", count(len(r.Notes)-i, "more note"))
			break
		}
		m.line("- %s", prose(clip(n, maxMessage)))
	}
	if len(r.Notes) > 0 {
		m.line("")
	}
	const reserve = 200 // for what is said of the rest
	if len(files) > 0 {
		m.line("| file | verdict | found | policy | remedy |\n|---|---|---|---|---|")
		if n := m.fit(limit*3/5, files, func(m *page, a *audit.Artifact) { m.row(a, remedy) }); n > 0 {
			m.line("| and %d more files, none of them worse | | | | |", n)
		}
		m.line("")
	}
	told := slices.DeleteFunc(files, isPlainClean)
	if n := m.fit(limit-reserve, told, func(m *page, a *audit.Artifact) { m.details(a, remedy) }); n > 0 {
		m.line("The details of %d more files stand in the report.", n)
	}
	_, err := io.WriteString(w, strings.TrimRight(m.b.String(), "\n")+"\n")
	return err
}

// Failure is the summary of a run that has no report.
func Failure(exit int, message string) string {
	return fmt.Sprintf("## modelaudit: %s\n\n%s\n\nExit code %d.\n", outcomeWord(exit), prose(clip(message, maxMessage)), exit)
}

// worstFirst orders files by what became of them, and then by their worst finding.
func worstFirst(r *audit.Report) []*audit.Artifact {
	var files []*audit.Artifact
	for i := range r.Artifacts {
		files = append(files, &r.Artifacts[i])
	}
	rank := func(a *audit.Artifact) (n int) {
		for _, f := range a.Findings {
			n = max(n, f.Severity.Rank())
		}
		switch {
		case isPlainClean(a):
			return -1
		case !a.Passes():
			n += 10
		}
		return n
	}
	slices.SortStableFunc(files, func(x, y *audit.Artifact) int { return cmp.Compare(rank(y), rank(x)) })
	return files
}

func outcomeWord(exit int) string {
	switch exit {
	case audit.ExitAllowed:
		return "allowed"
	case audit.ExitBlocked:
		return "blocked"
	case audit.ExitIncomplete:
		return "incomplete"
	}
	return "stopped"
}

// fit writes files as long as the page stays below end, and returns how many are left.
func (m *page) fit(end int, files []*audit.Artifact, write func(*page, *audit.Artifact)) (left int) {
	for i, a := range files {
		one := &page{}
		write(one, a)
		if m.b.Len()+one.b.Len() > end {
			return len(files) - i
		}
		m.b.WriteString(one.b.String())
	}
	return 0
}

// row is a file's line of the table.
func (m *page) row(a *audit.Artifact, remedy func(*audit.Artifact) []string) {
	var found []string
	for _, g := range groupFindings(a.Findings) {
		text := cell(g[0].Rule + " " + string(g[0].Severity))
		if len(g) > 1 {
			text += fmt.Sprintf(" (%d)", len(g))
		}
		found = append(found, text)
	}
	if n := len(a.Coverage.Unread); n > 0 {
		found = append(found, count(n, "unread range"))
	}
	if len(found) > summaryEntries {
		found = append(found[:summaryEntries], "...")
	}
	fix := ""
	switch {
	case a.Remedy != nil:
		fix = doneWord(a.Remedy.Kind)
	case a.Refusal != "":
		fix = "refused: " + cell(clip(a.Refusal, 200))
	case len(commands(a, remedy)) > 0:
		fix = "see below"
	}
	m.line("| %s | %s | %s | %s | %s |", code(a.Path), a.Verdict, strings.Join(found, ", "), action(a), fix)
}

// commands are what remedy offers for a file that needs one.
func commands(a *audit.Artifact, remedy func(*audit.Artifact) []string) []string {
	if remedy == nil || a.Passes() || a.Remedy != nil {
		return nil
	}
	list := remedy(a)
	return list[:min(len(list), summaryEntries)]
}

// details is a file's paragraph.
func (m *page) details(a *audit.Artifact, remedy func(*audit.Artifact) []string) {
	m.line("### %s\n", code(a.Path))
	m.seen(a)
	if a.Refusal != "" {
		m.line("- **refused** %s", prose(clip(a.Refusal, maxMessage)))
	}
	if a.Decision != nil {
		m.line("- **policy** %s by %s", a.Decision.Action, cell(clip(strings.Join(a.Decision.Clauses, ", "), maxMessage)))
		for i, n := range a.Decision.Notes {
			if i == summaryEntries {
				break
			}
			m.line("- **note** %s", prose(clip(n, maxMessage)))
		}
	}
	if a.Remedy != nil {
		m.line("- **%s** %s", doneWord(a.Remedy.Kind), cell(proofLine(a.Remedy.Proof)))
	}
	list := commands(a, remedy)
	if text := arraysAlone(a); text != "" && len(list) > 0 {
		m.line("- **note** %s", text)
	}
	for i, c := range list { // each in a block of its own, which a page copies as a whole
		if i > 0 {
			m.line("or")
		}
		m.line("\n%s", markdownCode(c))
	}
	m.line("")
}

// seen lists the findings of a file and what was not read of it, the first of each.
func (m *page) seen(a *audit.Artifact) {
	var sorted []audit.Finding
	for _, g := range groupFindings(a.Findings) {
		sorted = append(sorted, g...)
	}
	for i := range sorted {
		if i == summaryEntries {
			m.line("- and %s", count(len(sorted)-i, "more finding"))
			break
		}
		m.line("- **%s** %s: %s", cell(string(sorted[i].Severity)), cell(sorted[i].Rule), markdown(EscapeMessage(findingText(&sorted[i]))))
	}
	for i := range a.Coverage.Unread {
		if i == summaryEntries {
			m.line("- and %s", count(len(a.Coverage.Unread)-i, "more unread range"))
			break
		}
		m.line("- **unread** %s", prose(unreadText(&a.Coverage.Unread[i])))
	}
}
