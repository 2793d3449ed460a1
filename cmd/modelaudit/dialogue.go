package main

import (
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
	w, err io.Writer
	quiet  bool
}

func (b *batch) dialogue() *dialogue {
	return &dialogue{w: b.s.Out, err: b.s.Err, quiet: !b.talk || b.c.Bool("quiet")}
}

func (d *dialogue) say(format string, args ...any) {
	if !d.quiet {
		fmt.Fprintf(d.w, format+"\n", args...)
	}
}

// warn says on standard error what a person must know even if nobody reads the
// dialogue.
func (d *dialogue) warn(format string, args ...any) {
	fmt.Fprintf(d.err, "modelaudit: %s\n", render.Escape(fmt.Sprintf(format, args...)))
}

func (d *dialogue) analyzing(a *pipeline.Audited) {
	d.say("Analyzing %s", render.Escape(a.Source.Path))
	d.say("  format   %s, %s", formatNames(a.Artifact.Formats), render.Bytes(a.Source.Size))
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
	d.say("  metadata kept in %s%s", whereTree(conv), leftOut(conv))
	for i, o := range conv.Omitted {
		if i == 5 {
			d.say("           and %d more", len(conv.Omitted)-i)
			break
		}
		d.say("           left out: %s: %s", render.Escape(o.Path), render.Escape(o.Reason))
	}
	for i, r := range conv.Refused {
		if i == 20 {
			d.say("           and %s more", tensors(len(conv.Refused)-i))
			break
		}
		d.say("           left out: tensor %s: %s", render.Escape(r.Path), render.Escape(r.Reason))
	}
	if n := operations(&a.Artifact); n > 0 {
		d.say("  removed  %d dangerous operation%s, not carried over; assumed not to have changed the process before", n, plural(n))
	}
	p := conv.Proof()
	d.say("Validation")
	d.say("  accuracy %s, %s compared byte by byte, largest difference %g; second decoder: %s",
		tensors(p.Tensors), render.Bytes(p.BytesCompared), p.MaxDiff, render.Escape(p.SecondDecoder))
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
func whereTree(conv *pipeline.Conversion) string {
	for _, c := range conv.Candidates {
		if c.TreeJSON != nil {
			return "a .tree.json beside the result"
		}
	}
	return "modelaudit.tree"
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

func (d *dialogue) saved(conv *pipeline.Conversion, outputs []audit.Output, backup string) {
	for i, o := range outputs {
		d.say("Saved      %s (%s, %s)", render.Escape(o.Path), conv.Candidates[i].Role, render.Bytes(conv.Candidates[i].Size))
	}
	if backup != "" {
		d.say("Backup     %s", render.Escape(backup))
	}
}

// closing says in one line what there is now, and no more than is true.
func (d *dialogue) closing(opt converters.Options, a *pipeline.Audited, conv *pipeline.Conversion, outputs []audit.Output) {
	names := make([]string, len(outputs))
	for i, o := range outputs {
		names[i] = render.Escape(path.Base(o.Path))
	}
	held, verb := "every tensor of", "holds"
	switch n := len(conv.Refused); {
	case n > 0:
		held = fmt.Sprintf("%s (%d left out) of", tensors(conv.Tensors), n)
	case opt.WeightsOnly:
		held = "the weights of"
	}
	if len(names) > 1 {
		verb = "hold"
	}
	d.say("%s %s %s %s and cannot run code.", strings.Join(names, " and "), verb, held, render.Escape(path.Base(a.Source.Path)))
}

func (d *dialogue) would(out string, n int, size int64) {
	d.say("Would save %s (%s, %s)", render.Escape(out), tensors(n), render.Bytes(size))
}

func nameOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
