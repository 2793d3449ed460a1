package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// annotationsPerRule bounds the annotations for one rule and severity in one
// file; GitHub shows ten of a kind for a step anyway.
const annotationsPerRule = 20

// GitHub writes r as workflow commands, one a line: ::error for findings and
// for what is unread, ::warning where the policy says warn, ::notice where it
// allows, for what was rewritten and for notes. Worst findings of a file come first.
//
// Commands and their escapes: actions/runner, src/Runner.Common/ActionCommand.cs.
func GitHub(w io.Writer, r *audit.Report) error {
	b := bufio.NewWriter(w)
	for i := range r.Artifacts {
		githubArtifact(b, &r.Artifacts[i])
	}
	for _, n := range r.Notes {
		workflowCommand(b, "notice", "", "modelaudit", clip(n, maxMessage))
	}
	return b.Flush()
}

func githubArtifact(w io.Writer, a *audit.Artifact) {
	command := annotation(a)
	for _, g := range groupFindings(a.Findings) {
		title := g[0].Rule + " " + string(g[0].Severity)
		for i := range min(len(g), annotationsPerRule) {
			workflowCommand(w, command, a.Path, title, findingText(&g[i]))
		}
		if n := len(g) - annotationsPerRule; n > 0 {
			workflowCommand(w, command, a.Path, title, fmt.Sprintf("and %d more like this", n))
		}
	}
	for i, u := range a.Coverage.Unread {
		if i == annotationsPerRule {
			workflowCommand(w, command, a.Path, "incomplete", fmt.Sprintf("and %d more unread ranges", len(a.Coverage.Unread)-i))
			break
		}
		workflowCommand(w, command, a.Path, "incomplete", unreadText(&u))
	}
	if a.Refusal != "" {
		workflowCommand(w, command, a.Path, "refused", clip(a.Refusal, maxMessage))
	}
	if len(a.Findings) == 0 && len(a.Coverage.Unread) == 0 && a.Remedy == nil && a.Refusal == "" && a.Decision != nil && !passes(a.Decision.Action) {
		workflowCommand(w, command, a.Path, "policy", "the policy says "+string(a.Decision.Action)+" for this file ("+strings.Join(a.Decision.Clauses, ", ")+")")
	}
	if a.Remedy != nil {
		var names []string
		for _, o := range a.Remedy.Outputs {
			names = append(names, o.Path)
		}
		done := doneWord(a.Remedy.Kind) + " to " + strings.Join(names, ", ") + "; " + proofLine(a.Remedy.Proof)
		workflowCommand(w, "notice", a.Path, "rewritten", done)
	}
	if a.Decision != nil {
		for _, n := range a.Decision.Notes {
			workflowCommand(w, "notice", a.Path, "policy", clip(n, maxMessage))
		}
	}
}

// Annotate writes an ::error at a place of a file; without a line, of the file,
// and without a file, of the run.
func Annotate(w io.Writer, file string, line, column int, message string) error {
	properties := "title=modelaudit"
	if line > 0 {
		properties = fmt.Sprintf("line=%d,col=%d,", line, column) + properties
	}
	if file != "" {
		properties = "file=" + workflowProperty(file) + "," + properties
	}
	_, err := fmt.Fprintf(w, "::error %s::%s\n", properties, workflowData(clip(message, maxMessage)))
	return err
}

// annotation returns the workflow command for what is wrong with a.
func annotation(a *audit.Artifact) string {
	switch action(a) {
	case audit.ActionAllow:
		return "notice"
	case audit.ActionWarn:
		return "warning"
	}
	return "error"
}

// The code points of a message and of a member's name in lists for machines.
const (
	maxMessage = 600
	maxMember  = 300
)

// findingText and unreadText are a finding and an unread range in one sentence,
// for lists of messages that stand alone. They bound their parts and escape nothing.
func findingText(f *audit.Finding) string {
	text := clip(f.Message, maxMessage)
	if !strings.Contains(text, f.Callable) {
		text += ": " + clipMiddle(f.Callable, maxMember)
	}
	return text + ", at " + placeText(f.Location.Member, f.Location.Start, f.Location.End)
}

func unreadText(u *audit.Unread) string {
	return "not read: " + clip(u.Reason, maxMessage) + ", at " + placeText(u.Member, u.Start, u.End)
}

func placeText(member string, start, end int64) string {
	if member != "" {
		member = clipMiddle(member, maxMember) + " "
	}
	return fmt.Sprintf("%s[%#x,%#x)", member, start, end)
}

// workflowCommand writes one command line. Names are made printable first, so
// that the log shows them and no line break is left to escape.
func workflowCommand(w io.Writer, command, file, title, message string) {
	if file != "" {
		file = "file=" + workflowProperty(file) + ","
	}
	fmt.Fprintf(w, "::%s %stitle=%s::%s\n", command, file, workflowProperty(title), workflowData(message))
}

// workflowData escapes the message of a workflow command.
func workflowData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(EscapeMessage(s))
}

// workflowProperty escapes the value of a property of a workflow command.
func workflowProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(Escape(s))
}
