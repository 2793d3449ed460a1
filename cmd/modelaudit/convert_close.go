package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
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
	if len(b.rows) == 0 && b.already > 0 {
		if !b.c.Bool("quiet") {
			fmt.Fprintf(b.s.Out, "nothing to convert: %d model file%s already in the format %s\n", b.already, plural(b.already), b.opt.To)
		}
		return nil
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

// interrupted says what was done until the run was interrupted.
func (b *batch) interrupted(err error) error {
	if !b.talk && len(b.rows) > 0 {
		_ = b.summary() // the exit code says that it was interrupted
	}
	return err
}

// summary prints a line for every source and one with the counts; quiet, only
// what was not converted.
func (b *batch) summary() error {
	quiet := b.c.Bool("quiet")
	if _, err := b.said.WriteTo(b.s.Out); err != nil {
		return err
	}
	w := tabwriter.NewWriter(b.s.Out, 0, 8, 2, ' ', 0)
	counts, planned := map[string]int{}, map[string]bool{}
	for _, r := range b.rows {
		counts[r.result]++
		planned[r.src] = planned[r.src] || strings.HasPrefix(r.result, "would ")
		if !quiet || r.result == "refused" || r.result == "unread" || r.result == "missing" || r.result == "failed" {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.result, render.Escape(r.src), render.Escape(r.note))
		}
	}
	if err := w.Flush(); err != nil || quiet && b.code == 0 {
		return err
	}
	for i, a := range b.advice {
		if i == maxAdvice {
			fmt.Fprintf(b.s.Out, "What can be done with %d more is said when each is named alone.\n", len(b.advice)-i)
			break
		}
		fmt.Fprintf(b.s.Out, "What can be done with %s:\n", render.Escape(a.src))
		(&dialogue{w: b.s.Out}).suggest(a.list)
	}
	word := nameOr(b.done, "converted")
	done := fmt.Sprintf("%d %s", counts[word], word)
	if b.c.Bool("dry-run") {
		n := 0
		for _, would := range planned {
			if would {
				n++
			}
		}
		done = fmt.Sprintf("%d would be %s", n, word)
	}
	failed := ""
	if n := counts["skipped"]; n > 0 {
		failed = fmt.Sprintf(", %d skipped", n)
	}
	for _, word := range []string{"missing", "failed"} {
		if n := counts[word]; n > 0 {
			failed += fmt.Sprintf(", %d %s", n, word)
		}
	}
	_, err := fmt.Fprintf(b.s.Out, "%s, %d refused, %d unread%s\n", done, counts["refused"], counts["unread"], failed)
	return err
}

// changed says behind a line of the summary how the result differs from its
// source, which must never go unsaid.
func changed(opt converters.Options, conv *pipeline.Conversion) string {
	var list []string
	if n := len(conv.LeftOut()); n > 0 {
		list = append(list, fmt.Sprintf("%d left out", n))
	}
	if n := len(conv.Omitted); n > 0 {
		first := render.Escape(pipeline.ByReason(conv.Omitted)[0].First)
		if n > 1 {
			first += ", ..."
		}
		list = append(list, fmt.Sprintf("%d value%s left out (%s)", n, plural(n), first))
	}
	if casts := conv.Proof().Casts; len(casts) > 0 {
		list = append(list, fmt.Sprintf("%d rounded to %s", len(casts), casts[0].To))
	}
	if len(list) == 0 {
		return ""
	}
	return ", " + strings.Join(list, ", ")
}
