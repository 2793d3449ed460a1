package main

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// left names tensors that were left out by name.
func (d *dialogue) left(names []string) {
	for i, name := range names {
		if i == 10 {
			d.say("           and %s more", tensors(len(names)-i))
			return
		}
		d.say("           left out by name: %s", render.Escape(nameOr(name, `""`)))
	}
}

// cast says that values were changed, and by how much.
func (d *dialogue) cast(casts []audit.Cast) {
	if len(casts) == 0 {
		return
	}
	abs, rel, where := casts[0], casts[0], -1
	for i, c := range casts {
		if c.MaxAbs > abs.MaxAbs {
			abs = c
		}
		if c.MaxRel > rel.MaxRel {
			rel = c
		}
		if c.Overflowed > 0 && where < 0 {
			where = i
		}
	}
	called := func(c audit.Cast) string { return render.Escape(nameOr(c.Tensor, `""`)) }
	d.say("  rounded  %s to %s, which changes values", tensors(len(casts)), casts[0].To)
	d.say("           largest error %.3g (%s), relative %.3g (%s)", abs.MaxAbs, called(abs), rel.MaxRel, called(rel))
	if where >= 0 {
		d.say("           %s, first in %s", overflowed(casts), called(casts[where]))
	}
}

func (d *dialogue) saved(conv *pipeline.Conversion, names []string, backup string) {
	for i, name := range names {
		kind := "index"
		switch {
		case i < len(conv.Candidates):
			kind = conv.Candidates[i].Role + ", " + render.Bytes(conv.Candidates[i].Size)
		case strings.HasSuffix(name, ".tree.json"):
			kind = "tree of plain values"
		}
		d.say("Saved      %s (%s)", render.Escape(name), kind)
	}
	if backup != "" {
		d.say("Backup     %s", render.Escape(pipeline.Told(backup)))
	}
}

// overflowed says how many numbers rounding made infinite, "" of none.
func overflowed(casts []audit.Cast) string {
	over := int64(0)
	for _, c := range casts {
		over += c.Overflowed
	}
	if over == 0 {
		return ""
	}
	return fmt.Sprintf("%d number%s became infinite", over, plural(int(over)))
}

// closing says in one line what there is now, and no more than is true.
func (d *dialogue) closing(b *batch, a *pipeline.Audited, conv *pipeline.Conversion, files []string) {
	names := make([]string, len(files))
	for i, name := range files {
		names[i] = render.Escape(base(name))
	}
	held, verb, of := "every tensor of", "holds", ""
	switch n := len(conv.LeftOut()); {
	case n > 0:
		held = fmt.Sprintf("%s (%d left out) of", tensors(conv.Tensors), n)
	case b.opt.WeightsOnly:
		held = "the weights of"
	}
	if n := len(conv.Omitted); n > 0 {
		of = fmt.Sprintf(" (%d value%s left out)", n, plural(n))
		if held == "every tensor of" {
			held = "every tensor that can be seen in"
		}
	}
	subject := strings.Join(names, " and ")
	if len(names) > 2 {
		subject = fmt.Sprintf("These %d files", len(names))
	}
	if len(names) > 1 {
		verb = "hold"
	}
	source := "standard input"
	if a.Source.Path != pipeline.Received {
		source = render.Escape(base(a.Source.Path))
	}
	source += of
	switch n := len(conv.Beside); {
	case b.opt.WeightsOnly || n == 0:
	case n == 1:
		source += " and " + render.Escape(conv.Beside[0])
	default:
		source += fmt.Sprintf(" and of %d files beside it", n)
	}
	if casts := conv.Proof().Casts; len(casts) > 0 {
		source += fmt.Sprintf(", %d rounded to %s", len(casts), casts[0].To)
		if over := overflowed(casts); over != "" {
			source += " (" + over + ")"
		}
		source += ","
	}
	d.say("%s %s %s %s%s", subject, verb, held, source, b.to.Safe)
}

// would says which file a conversion would write.
func (d *dialogue) would(out string, p *converters.Part) {
	d.say("Would save %s (%s, %s, %s)", render.Escape(out), tensors(p.Tensors.Len()), render.Bytes(p.Size), p.Role)
}

// wouldLeave says what else a conversion would write, and what it would leave out.
func (d *dialogue) wouldLeave(planned *converters.Planned, w *work) {
	for _, p := range planned.Parts {
		if p.TreeJSON != nil {
			d.say("Would save %s (tree of plain values, %s)", render.Escape(pipeline.Told(pipeline.TreeName(w.j.out))), render.Bytes(int64(len(p.TreeJSON))))
		}
		if p.IndexJSON != nil {
			d.say("Would save %s (index, %s)", render.Escape(pipeline.Told(pipeline.IndexName(w.j.out, p.Role))), render.Bytes(int64(len(p.IndexJSON))))
		}
	}
	if w.b.c.Bool("backup") {
		d.say("Would copy %s to a backup beside it", render.Escape(w.j.told()))
	}
	rounded := 0
	for _, p := range planned.Parts {
		d.left(p.Left)
		for _, to := range p.Casts {
			if to != "" {
				rounded++
			}
		}
	}
	if rounded > 0 {
		d.say("  rounded  %s to %s, which changes values", tensors(rounded), w.b.c.String("dtype"))
	}
	d.missing(planned.Tree.Omitted, planned.Tree.Refused)
}
