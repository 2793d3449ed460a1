package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

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
// text and reason, the bad and the good example, references.
func Rule(w io.Writer, r audit.Rule) error {
	_, err := io.WriteString(w, r.ID+": "+ruleText(r))
	return err
}

// RulePage returns the page that docs/rules has of a rule, in GitHub Flavored
// Markdown.
func RulePage(r audit.Rule) string {
	escape := strings.NewReplacer("_", `\_`, "*", `\*`, "<", `\<`, "[", `\[`, "`", "\\`").Replace
	return "# " + r.ID + ": " + escape(r.Title) + "\n\n" + ruleMarkdown(r, escape) + "\n[All rules](README.md)\n"
}

// ruleText is a rule in plain text; it ends in a newline.
func ruleText(r audit.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", orID(r.Title, r), ruleFacts(r))
	for _, text := range []string{r.Text, r.Why} {
		if text != "" {
			fmt.Fprintf(&b, "\n%s\n", wrap(strings.TrimRight(text, "\n"), 80))
		}
	}
	for _, e := range ruleExamples(r) {
		fmt.Fprintf(&b, "\n%s:\n", e.title)
		for line := range strings.Lines(strings.TrimRight(e.Text, "\n") + "\n") {
			b.WriteString("    " + line)
		}
	}
	for i, ref := range r.References {
		if i == 0 {
			b.WriteString("\nReferences:\n")
		}
		fmt.Fprintf(&b, "    %s\n", address(ref))
	}
	return b.String()
}

// wrap breaks the lines of a text at spaces, so that each has at most so many
// characters; a longer word stands alone.
func wrap(text string, width int) string {
	var out []string
	for line := range strings.Lines(text) {
		now := ""
		for _, word := range strings.Fields(line) {
			if now != "" && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(word) > width {
				out, now = append(out, now), ""
			}
			now = strings.TrimPrefix(now+" "+word, " ")
		}
		out = append(out, now)
	}
	return strings.Join(out, "\n")
}

// ruleMarkdown is a rule in GitHub Flavored Markdown, without its title.
func ruleMarkdown(r audit.Rule, escape func(string) string) string {
	var b strings.Builder
	facts := escape(ruleFacts(r))
	if n, ok := strings.CutPrefix(r.CWE, "CWE-"); ok {
		facts = strings.Replace(facts, escape(r.CWE), fmt.Sprintf("[%s](https://cwe.mitre.org/data/definitions/%s.html)", r.CWE, n), 1)
	}
	if r.Family != "" {
		facts = escape(r.Family) + ", " + facts
	}
	fmt.Fprintf(&b, "%s\n", facts)
	if r.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", escape(r.Text))
	}
	if r.Why != "" {
		fmt.Fprintf(&b, "\n**Why it matters.** %s\n", escape(r.Why))
	}
	for _, e := range ruleExamples(r) {
		fmt.Fprintf(&b, "\n%s:\n\n%s", e.title, markdownCode(e.Text))
	}
	for i, ref := range r.References {
		if i == 0 {
			b.WriteString("\n**References.**\n\n")
		}
		fmt.Fprintf(&b, "- [%s](%s)\n", escape(ref), address(ref))
	}
	return b.String()
}

// address is where a reference leads: CVE and GHSA identifiers have a page each.
func address(ref string) string {
	switch {
	case strings.HasPrefix(ref, "CVE-"):
		return "https://nvd.nist.gov/vuln/detail/" + ref
	case strings.HasPrefix(ref, "GHSA-"):
		return "https://github.com/advisories/" + ref
	}
	return ref
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

// An example is one of a rule's, with the words that stand above it.
type example struct {
	title string
	audit.Example
}

func ruleExamples(r audit.Rule) (list []example) {
	if r.Bad.Text != "" {
		list = append(list, example{"Reported in " + r.Bad.Name, r.Bad})
	}
	if r.Good.Text != "" {
		list = append(list, example{"Not reported in " + r.Good.Name, r.Good})
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
