package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/pytorch"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// A work is one source on its way.
type work struct {
	b *batch
	j job
	d *dialogue
	*outcome

	a     *pipeline.Audited
	perm  fs.FileMode
	file  io.Closer
	gauge *gauge
	idle  []string // prefixes that were to be taken off, and no name has
	large *bool    // whether the unit holds b.large
}

// open audits the source. It reports whether it is to be converted.
func (w *work) open() bool {
	b, j := w.b, w.j
	src, perm, f, err := j.open(b)
	w.file = f
	if err != nil {
		w.unreadable(err)
		return false
	}
	w.perm = perm
	auditor := door.Auditor(nil, b.wantsReport())
	auditor.Keep = true
	w.a, err = auditor.AuditAmong(b.c.Context, src, func() {
		if !*w.large {
			b.large.Lock()
			*w.large = true
		}
	})
	if err != nil { // the context's
		return false
	}
	if !j.explicit() && w.isTarget() {
		if w.already = w.a.Artifact.Verdict == audit.VerdictClean; !w.already {
			w.blemished()
		}
		return false
	}
	if !j.explicit() && (w.a.Skipped || justArchive(w.a) || pipeline.PartOfAnother(w.a.Source)) {
		return false
	}
	w.a.Artifact.Decision = nil // no policy decides here
	if b.wantsReport() {
		w.artifact = &w.a.Artifact
	}
	w.d.analyzing(w.a, j.told())
	return true
}

// blemished notes a source that is what it would be converted to, and is not clean:
// it stays as it is, which must not go unsaid.
func (w *work) blemished() {
	w.a.Artifact.Decision = nil // no policy decides here
	if w.b.wantsReport() {
		w.artifact = &w.a.Artifact
	}
	r := &converters.Refusal{Unread: w.a.Artifact.Verdict == audit.VerdictIncomplete}
	if r.Unread {
		r.Msg = w.a.Artifact.Coverage.Unread[0].Reason
	} else {
		r.Msg = "it is " + w.b.opt.To + " already, and not clean: " + worst(&w.a.Artifact)
	}
	w.refuse(r)
}

// isTarget reports whether a source is what it would be converted to, so that
// in a directory it is passed over: safetensors, a clean file of torch that
// the result would replace, or a file of Keras that has the result's name.
func (w *work) isTarget() bool {
	b, formats := w.b, w.a.Artifact.Formats
	switch {
	case b.opt.Changes():
		return false
	case b.opt.To == safetensors.Target:
		return slices.Contains(formats, audit.FormatSafetensors)
	case b.opt.To != pytorch.Target:
		return pipeline.Told(w.j.Path) == pipeline.Told(w.j.out)
	}
	return isTorch(w.a) && b.c.String("output-dir") == ""
}

// isTorch reports whether a file is a clean one of torch.
func isTorch(a *pipeline.Audited) bool {
	return slices.Contains(a.Artifact.Formats, audit.FormatTorchZip) && a.Artifact.Verdict == audit.VerdictClean
}

// justArchive reports whether a file is a clean zip archive without a model: a
// document, a program of Java.
func justArchive(a *pipeline.Audited) bool {
	return a.Model == nil && a.Artifact.Verdict == audit.VerdictClean && slices.Equal(a.Artifact.Formats, []audit.Format{audit.FormatZip})
}

func (w *work) close() {
	w.gauge.end()
	if w.a != nil {
		w.a.Close()
	}
	if w.file != nil {
		w.file.Close()
	}
	w.a = nil
}

// unreadable notes a source that could not be opened.
func (w *work) unreadable(err error) {
	if w.b.c.Context.Err() != nil {
		return
	}
	if w.b.wantsReport() {
		w.artifact = &pipeline.Unreadable(w.j.Path, err).Artifact
	}
	if w.exit = door.Incompletef("%v", err); errors.Is(w.j.Err, fs.ErrNotExist) {
		w.exit = door.Usagef("%v", err)
	}
}

// refuse notes why a source was not converted, and says so in the dialogue.
func (w *work) refuse(err error) {
	w.a.Artifact.Refusal = err.Error()
	w.exit = exitOf(w.a, err)
	w.failed = unwritten(w.a, err) || w.a.ReadFailed()
	suggest := func() []suggestion { return suggestions(w.b, w.j, w.a, err) }
	w.silent = w.d.refused(w.b, w.j, w.a, err, w.exit, suggest)
	if w.d.quiet && !w.b.talk && !w.failed && !w.b.c.Bool("quiet") {
		w.advice = suggest()
	}
}

// dry says what a planned conversion would do.
func (w *work) dry(planned *converters.Planned) {
	for i := range planned.Parts {
		p := &planned.Parts[i]
		out := "standard output"
		if w.j.out != toStdout {
			out = pipeline.Told(pipeline.PartName(w.j.out, p.Role, p.Shard, p.Shards))
		}
		note := fmt.Sprintf("%s, %s, %s", out, tensors(p.Tensors.Len()), render.Bytes(p.Size))
		if n := len(planned.Tree.Omitted); n > 0 && i == 0 {
			note += fmt.Sprintf(", %d value%s left out", n, plural(n))
		}
		w.rows = append(w.rows, row{w.j.told(), "would convert", note})
		w.d.would(out, p)
	}
	w.d.wouldLeave(planned, w)
}
