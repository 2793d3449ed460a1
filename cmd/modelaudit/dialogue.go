package main

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// A dialogue tells a person how a conversion goes: Analyzing, Converting,
// Validation, Saved, one closing line. A nil writer says nothing.
type dialogue struct {
	w     io.Writer
	quiet bool
}

func (b *batch) dialogue() *dialogue {
	return &dialogue{w: b.s.Out, quiet: !b.talk || b.c.Bool("quiet")}
}

func (d *dialogue) say(format string, args ...any) {
	if !d.quiet {
		fmt.Fprintf(d.w, format+"\n", args...)
	}
}

func (d *dialogue) analyzing(a *pipeline.Audited) {
	d.say("Analyzing %s", render.Escape(a.Source.Path))
	formats := make([]string, len(a.Artifact.Formats))
	for i, f := range a.Artifact.Formats {
		formats[i] = string(f)
	}
	if len(formats) == 0 {
		formats = []string{"unknown"}
	}
	d.say("  format   %s, %s", strings.Join(formats, " + "), render.Bytes(a.Source.Size))
	if n := len(a.Artifact.Findings); n > 0 {
		d.say("  issues   %d: %s", n, render.Escape(worst(&a.Artifact)))
		return
	}
	d.say("  issues   none")
}

// worst is the message of the gravest finding, with its rule.
func worst(a *audit.Artifact) string {
	best := a.Findings[0]
	for _, f := range a.Findings {
		if f.Severity.Rank() > best.Severity.Rank() {
			best = f
		}
	}
	return fmt.Sprintf("%s %s", best.Rule, best.Message)
}

func (d *dialogue) converting(a *pipeline.Audited, conv *pipeline.Conversion) {
	d.say("Converting to safetensors")
	d.say("  tensors  %d extracted, %s", conv.Tensors, render.Bytes(conv.TensorBytes))
	d.say("  metadata kept in modelaudit.tree%s", leftOut(conv))
	for i, o := range conv.Omitted {
		if i == 5 {
			d.say("           and %d more", len(conv.Omitted)-i)
			break
		}
		d.say("           left out: %s: %s", render.Escape(o.Path), render.Escape(o.Reason))
	}
	for _, r := range conv.Refused {
		d.say("           left out: tensor %s: %s", render.Escape(r.Path), render.Escape(r.Reason))
	}
	if n := operations(&a.Artifact); n > 0 {
		d.say("  removed  %d dangerous operation%s, not carried over; assumed not to have changed the process before", n, plural(n))
	}
	p := conv.Proof()
	d.say("Validation")
	d.say("  accuracy %d tensors, %s compared byte by byte, largest difference %g; second decoder: %s",
		p.Tensors, render.Bytes(p.BytesCompared), p.MaxDiff, render.Escape(p.SecondDecoder))
	d.say("  rescan   %s", p.Rescan)
	var after int64
	for _, c := range conv.Candidates {
		after += c.Size
	}
	d.say("  size     %s before, %s after", render.Bytes(a.Source.Size), render.Bytes(after))
}

func leftOut(conv *pipeline.Conversion) string {
	if n := len(conv.Omitted); n > 0 {
		return fmt.Sprintf(", %d value%s left out", n, plural(n))
	}
	return ""
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// operations counts findings that stand for code.
func operations(a *audit.Artifact) (n int) {
	for _, f := range a.Findings {
		if strings.HasPrefix(f.Rule, "MA1") {
			n++
		}
	}
	return n
}

func (d *dialogue) backup(name string) { d.say("Backup     %s", render.Escape(name)) }

func (d *dialogue) saved(a *pipeline.Audited, conv *pipeline.Conversion, outputs []audit.Output) {
	for i, o := range outputs {
		d.say("Saved      %s (%s, %s)", render.Escape(o.Path), conv.Candidates[i].Role, render.Bytes(conv.Candidates[i].Size))
	}
	d.say("%s holds what %s held and cannot run code.", render.Escape(path.Base(outputs[0].Path)), render.Escape(path.Base(a.Source.Path)))
}

func (d *dialogue) would(out string, tensors int, size int64) {
	d.say("Would save %s (%d tensors, %s)", render.Escape(out), tensors, render.Bytes(size))
}

// refused says what cannot be converted and where, then numbered suggestions,
// each a command that works on this file.
func (d *dialogue) refused(a *pipeline.Audited, src string, err error) {
	var r *converters.Refusal
	if d.quiet || !errors.As(err, &r) {
		return
	}
	d.say("Refused    %s", render.Escape(r.Msg))
	for i, m := range r.Items {
		if i == 10 {
			d.say("  and %d more", len(r.Items)-i)
			break
		}
		where := ""
		if a.Model != nil && a.Model.Member != "" {
			where = a.Model.Member + " "
		}
		d.say("  %s: %s (at %soffset %#x)", render.Escape(nameOr(m.Path, "the object itself")), render.Escape(m.Reason), render.Escape(where), m.Pos)
	}
	quoted := render.ShellQuote(src)
	n := 1
	suggest := func(text, cmd string) {
		d.say("  %d. %s\n       %s", n, text, cmd)
		n++
	}
	suggest("look inside", "modelaudit inspect -- "+quoted)
	if a.Model != nil {
		if _, err := converters.Plan(a.Model, converters.Options{Partial: true}); err == nil {
			suggest("convert the rest and leave these out", "modelaudit convert --to safetensors --partial -- "+quoted)
		}
	}
}

func nameOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
