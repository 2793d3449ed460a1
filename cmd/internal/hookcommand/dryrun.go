package hookcommand

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/render"
)

// dryText says in one line a file what the policy would do, clean files too, and
// then how often.
func dryText(w io.Writer, r *audit.Report, _ render.TextOptions) error {
	var b strings.Builder
	count := map[audit.Action]int{}
	for i := range r.Artifacts {
		a := &r.Artifacts[i]
		d := a.Decision
		if d == nil {
			d = &audit.Decision{Action: audit.ActionBlock}
		}
		count[d.Action]++
		fmt.Fprintf(&b, "would %-7s %s (blob %.10s): %s, by %s\n", d.Action, render.Escape(a.Path), a.GitBlob, state(a), render.Escape(strings.Join(d.Clauses, ", ")))
		for _, n := range d.Notes {
			fmt.Fprintf(&b, "              note: %s\n", render.Escape(n))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", render.Escape(n))
	}
	var sums []string
	for _, action := range []audit.Action{audit.ActionAllow, audit.ActionWarn, audit.ActionConvert, audit.ActionStrip, audit.ActionBlock} {
		if count[action] > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", count[action], action))
		}
	}
	if sums == nil {
		sums = []string{"no model file"}
	}
	fmt.Fprintf(&b, "dry run under %s: %s; nothing was changed\n", render.Escape(r.Policy.Source), strings.Join(sums, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}

// state says in words what was found in a file.
func state(a *audit.Artifact) string {
	switch {
	case a.Verdict == audit.VerdictClean:
		return "clean"
	case len(a.Findings) == 1:
		return "1 finding"
	case len(a.Findings) > 1:
		return fmt.Sprintf("%d findings", len(a.Findings))
	}
	return "not read completely"
}
