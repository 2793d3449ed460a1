package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// Rules writes one line for each rule: id, severity and title in columns.
func Rules(w io.Writer, rules []audit.Rule) error {
	b := bufio.NewWriter(w)
	for _, r := range rules {
		fmt.Fprintf(b, "%-6s %-8s  %s\n", r.ID, r.Severity, r.Title)
	}
	return b.Flush()
}

// Rule writes everything about one rule: title, severity, CWE, first version,
// text, and the bad and the good example.
func Rule(w io.Writer, r audit.Rule) error {
	_, err := io.WriteString(w, r.ID+": "+ruleText(r))
	return err
}

// ruleText is a rule in plain text; it ends in a newline.
func ruleText(r audit.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", orID(r.Title, r), ruleFacts(r))
	if r.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(r.Text, "\n"))
	}
	for _, e := range ruleExamples(r) {
		fmt.Fprintf(&b, "\n%s:\n", e.title)
		for line := range strings.Lines(strings.TrimRight(e.code, "\n") + "\n") {
			b.WriteString("    " + line)
		}
	}
	return b.String()
}

// ruleMarkdown is a rule in GitHub Flavored Markdown, without its title.
func ruleMarkdown(r audit.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", markdown(ruleFacts(r)))
	if r.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", markdown(r.Text))
	}
	for _, e := range ruleExamples(r) {
		fmt.Fprintf(&b, "\n%s:\n\n%s", e.title, markdownCode(e.code))
	}
	return b.String()
}

// ruleFacts is a line such as "severity critical, CWE-502, since 1.0".
func ruleFacts(r audit.Rule) string {
	facts := "severity " + string(r.Severity)
	if r.CWE != "" {
		facts += ", " + r.CWE
	}
	if r.Since != "" {
		facts += ", since " + r.Since
	}
	return facts
}

type example struct{ title, code string }

func ruleExamples(r audit.Rule) (list []example) {
	if r.Bad != "" {
		list = append(list, example{"Reported", r.Bad})
	}
	if r.Good != "" {
		list = append(list, example{"Not reported", r.Good})
	}
	return list
}

// markdown escapes s, so that CommonMark shows it as it is: every ASCII
// punctuation character may stand behind a backslash (CommonMark 2.4), and
// space at the head of a line, which could begin code or a list, is dropped.
func markdown(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		for _, r := range strings.TrimLeft(line, " \t") {
			if strings.ContainsRune("!#$&()*+-.:<=>@[\\]^_`{|}~", r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// markdownCode returns s as a fenced code block whose fence is longer than any
// run of backquotes in s (CommonMark 4.5).
func markdownCode(s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimRight(s, "\n") + "\n" + fence + "\n"
}
