package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
)

// close writes the report, prints the summary, and gives the exit code.
func (b *batch) close() error {
	if name := b.c.String("report"); name != "" {
		door.NewReport(&b.report, nil)
		b.report.Policy = nil // none decided
		b.report.Close(b.code)
		b.report.ExitCode = b.code
		if err := b.s.ReportTo(name, &b.report); err != nil {
			return err
		}
	}
	if len(b.rows) == 0 {
		return door.Incompletef("no model file was found")
	}
	if b.talk {
		if b.last != nil {
			return b.last
		}
		return nil
	}
	if err := b.summary(); err != nil {
		return door.Incompletef("%v", err)
	}
	return door.Code(b.code)
}

// summary prints a line for every source and one with the counts; quiet, only
// what was not converted.
func (b *batch) summary() error {
	quiet := b.c.Bool("quiet")
	w := tabwriter.NewWriter(b.s.Out, 0, 8, 2, ' ', 0)
	counts := map[string]int{}
	for _, r := range b.rows {
		counts[r.result]++
		if !quiet || r.result == "refused" || r.result == "unread" {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.result, render.Escape(r.src), render.Escape(r.note))
		}
	}
	if err := w.Flush(); err != nil || quiet && b.code == 0 {
		return err
	}
	word := nameOr(b.done, "converted")
	done := fmt.Sprintf("%d %s", counts[word], word)
	if b.c.Bool("dry-run") {
		done = fmt.Sprintf("%d would be %s", counts["would convert"]+counts["would strip"], word)
	}
	_, err := fmt.Fprintf(b.s.Out, "%s, %d refused, %d unread\n", done, counts["refused"], counts["unread"])
	return err
}
