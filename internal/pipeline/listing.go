package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/decompile"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
)

// ErrNoPickle is returned for a file without a pickle.
var ErrNoPickle = errors.New("there is no pickle in it to disassemble")

// maxListed is how many pickles are written down unless all are asked for.
const maxListed = 20

// Decompile writes what each pickle of an audited artifact does when it is
// loaded, in the order in which they are audited. Unless all is set it writes
// the first steps of the first twenty and says how much more there is. The error
// is the writer's or ctx's.
func (a *Auditor) Decompile(ctx context.Context, w io.Writer, of *Audited, all bool) error {
	_, err := a.list(ctx, of, w, all, func(p scan.Pickle) error {
		if _, err := fmt.Fprintf(w, "%s\n", title(p)); err != nil {
			return err
		}
		return decompile.Write(w, whole(p).Trace, p.Judgement, decompile.Options{All: all, Storage: p.Storage, Data: p.Data})
	})
	return err
}

// Disassemble writes the opcodes of each pickle of an audited artifact, with
// what they do; if all is set, nothing is shortened, so that the listing of a pickle can be
// assembled again. It returns ErrNoPickle if there is none.
func (a *Auditor) Disassemble(ctx context.Context, w io.Writer, of *Audited, all bool) error {
	n, err := a.list(ctx, of, w, true, func(p scan.Pickle) error {
		if _, err := fmt.Fprintf(w, "# %s\n", title(p)); err != nil {
			return err
		}
		listing := newRemarks(p).listing()
		listing.Whole = all
		err := pickle.Disassemble(w, p.Data, p.Trace.Start, behind(p), listing)
		var format *pickle.FormatError
		if errors.As(err, &format) {
			_, err = fmt.Fprintf(w, "# %s\n", decompile.Plain(format.Error()))
		}
		return err
	})
	if n == 0 && err == nil {
		return ErrNoPickle
	}
	return err
}

// list audits an artifact once more, so that no two graphs are held at once,
// and calls each with its pickles. It returns how many there are.
func (a *Auditor) list(ctx context.Context, of *Audited, w io.Writer, all bool, each func(scan.Pickle) error) (n int, failed error) {
	of.Model = nil
	findings := map[string][]audit.Finding{}
	for _, f := range of.Artifact.Findings {
		findings[f.Location.Member] = append(findings[f.Location.Member], f)
	}
	again := *a
	again.Each = func(p scan.Pickle) {
		if n++; failed != nil || n > maxListed && !all {
			return
		}
		p.Judgement.Findings = findings[p.Member] // those of the container among them
		failed = each(p)
	}
	if _, err := again.Audit(ctx, of.Source); err != nil {
		return n, err
	}
	if n > maxListed && !all && failed == nil {
		_, failed = fmt.Fprintf(w, "and %d more pickles\n", n-maxListed)
	}
	return n, failed
}

// title names a pickle with its place and size.
func title(p scan.Pickle) string {
	calls := 0
	for i := range p.Trace.Events {
		if p.Trace.Events[i].Kind == sym.EventCall {
			calls++
		}
	}
	name := "pickle"
	if p.Member != "" {
		name += " " + decompile.Plain(p.Member)
	}
	return fmt.Sprintf("%s [%#x,%#x): protocol %d, %s, %s", name, p.Trace.Start, p.Trace.End, p.Trace.Protocol,
		counted(p.Trace.Ops, "opcode"), counted(calls, "call"))
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// whole runs a stream of plain values again, of which no graph was made.
func whole(p scan.Pickle) scan.Pickle {
	if p.Trace.Plain {
		p.Trace = sym.Run(p.Data, p.Trace.Start, p.Trace.End, sym.Options{})
	}
	return p
}

// behind is where a listing ends. Where the bytes are no instruction the
// decoder says so itself.
func behind(p scan.Pickle) int64 {
	if f := p.Trace.Failure; f != nil && f.Pos >= p.Trace.End {
		return p.Size
	}
	return p.Trace.End
}
