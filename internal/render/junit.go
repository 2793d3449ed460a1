package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// junitEntries bounds how many findings, and unread ranges, a test case lists.
const junitEntries = 50

// The elements of JUnit's XML that Jenkins, Azure Pipelines, CircleCI and GitLab
// read alike. There is no schema of its makers; no time is written.
type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes r as JUnit XML: a test case for the run, which is an error if there
// was nothing to look at, and one for every file: failed if the policy blocks it,
// an error if it could not be read in full and that is why.
func JUnit(w io.Writer, r *audit.Report) error {
	s := junitSuite{Name: "modelaudit"}
	run := junitCase{Class: "modelaudit", Name: "audit", Output: junitLines(r.Notes)}
	if len(r.Artifacts) == 0 && r.ExitCode != audit.ExitAllowed {
		run.Error = &junitProblem{Message: "nothing was audited", Type: "incomplete", Text: run.Output}
	}
	s.Cases = append(s.Cases, run)
	for i := range r.Artifacts {
		s.Cases = append(s.Cases, junitFile(&r.Artifacts[i]))
	}
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Name: s.Name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitFile(a *audit.Artifact) junitCase {
	c := junitCase{Class: "modelaudit", Name: Escape(a.Path), File: Escape(a.Path)}
	var lines []string
	n := 0
	for _, g := range groupFindings(a.Findings) {
		for i := range g {
			if n++; n <= junitEntries {
				lines = append(lines, fmt.Sprintf("%s %s: %s", g[i].Severity, g[i].Rule, findingText(&g[i])))
			}
		}
	}
	if n > junitEntries {
		lines = append(lines, fmt.Sprintf("and %d more findings", n-junitEntries))
	}
	for i := range a.Coverage.Unread {
		if i == junitEntries {
			lines = append(lines, fmt.Sprintf("and %d more unread ranges", len(a.Coverage.Unread)-i))
			break
		}
		lines = append(lines, unreadText(&a.Coverage.Unread[i]))
	}
	if a.Refusal != "" {
		lines = append(lines, "refused: "+clip(a.Refusal, maxMessage))
	}
	if a.Decision != nil {
		lines = append(lines, "policy: "+string(a.Decision.Action)+" by "+strings.Join(a.Decision.Clauses, ", "))
		lines = append(lines, a.Decision.Notes...)
	}
	text := junitLines(lines)
	switch {
	case a.Passes():
		c.Output = text
	case a.Verdict == audit.VerdictIncomplete:
		c.Error = &junitProblem{count(len(a.Coverage.Unread), "unread range"), "incomplete", text}
	case len(a.Findings) > 0:
		worst := groupFindings(a.Findings)[0][0]
		c.Failure = &junitProblem{EscapeMessage(findingText(&worst)), Escape(worst.Rule), text}
	default:
		c.Failure = &junitProblem{"the policy does not let this file pass", "policy", text}
	}
	return c
}

// junitLines makes lines of texts, each printable.
func junitLines(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(EscapeMessage(s) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
