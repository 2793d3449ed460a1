package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// A dialogue tells a person how a conversion goes: Analyzing, Converting,
// Validation, Saved, one closing line.
type dialogue struct {
	w, err io.Writer
	quiet  bool
	both   bool // what is said and what is warned of stand on one terminal
}

func (b *batch) dialogue() *dialogue {
	d := &dialogue{w: b.s.Out, err: b.s.Err, quiet: !b.talk && !b.unified || b.c.Bool("quiet")}
	if b.c.String("output") == toStdout {
		d.w = b.s.Err // nothing but the file goes to standard output
	}
	d.both = d.w == d.err || isTerminal(d.w) && isTerminal(d.err)
	return d
}

func (d *dialogue) say(format string, args ...any) {
	if !d.quiet {
		fmt.Fprintf(d.w, format+"\n", args...)
	}
}

func (d *dialogue) analyzing(a *pipeline.Audited, name string) {
	d.say("Analyzing %s", render.Escape(name))
	d.say("  format   %s, %s", formatNames(a.Artifact.Formats), render.Bytes(a.Source.Size))
	if n := len(a.Artifact.Findings); n > 0 {
		d.say("  issues   %d: %s", n, render.EscapeMessage(worst(&a.Artifact)))
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

func (d *dialogue) converting(to converters.Converter, a *pipeline.Audited, conv *pipeline.Conversion) {
	d.say("Converting to %s", to.Target)
	d.say("  tensors  %d extracted, %s", conv.Tensors, render.Bytes(conv.TensorBytes))
	d.left(conv.Left)
	casts := conv.Proof().Casts
	d.cast(casts)
	d.say("  metadata kept in %s%s", whereTree(to, conv), leftOut(conv))
	d.changed(conv.Changed)
	d.missing(conv.Omitted, conv.Refused)
	if n := operations(&a.Artifact); n > 0 {
		d.say("  removed  %d dangerous operation%s, not carried over; values are taken as if they had never run", n, plural(n))
	}
	p := conv.Proof()
	d.say("Validation")
	difference := fmt.Sprintf("largest difference %g", p.MaxDiff)
	if len(casts) > 0 {
		difference = fmt.Sprintf("largest difference %.3g, every element rounded as torch does", p.MaxDiff)
	}
	d.say("  accuracy %s, %s compared byte by byte, %s; second decoder: %s",
		tensors(p.Tensors), render.Bytes(p.BytesCompared), difference, render.Escape(p.SecondDecoder))
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

// whereTree says where the tree of plain values is.
func whereTree(to converters.Converter, conv *pipeline.Conversion) string {
	for _, c := range conv.Candidates {
		if c.TreeJSON != nil {
			return "a .tree.json beside the result"
		}
	}
	return to.Values
}

func tensors(n int) string { return fmt.Sprintf("%d tensor%s", n, plural(n)) }

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

func nameOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// changed lists values that the result has in another form.
func (d *dialogue) changed(list []pipeline.Missing) {
	for i, c := range list {
		if i == 10 {
			d.say("           and %d more in another form", len(list)-i)
			return
		}
		d.say("           %s: %s", render.Escape(nameOr(c.Path, "the object itself")), render.Escape(c.Reason))
	}
}

// missing lists values and tensors that are left out, with the reasons: of values
// for one reason the first.
func (d *dialogue) missing(omitted, refused []pipeline.Missing) {
	losses := pipeline.ByReason(omitted)
	for i, l := range losses {
		if i == 5 {
			d.say("           and for %d more reasons", len(losses)-i)
			break
		}
		d.say("           left out: %s: %s", render.Escape(l.Names()), render.Escape(l.Reason))
	}
	for i, r := range refused {
		if i == 20 {
			d.say("           and %s more", tensors(len(refused)-i))
			break
		}
		d.say("           left out: tensor %s: %s", render.Escape(r.Path), render.Escape(r.Reason))
	}
}
