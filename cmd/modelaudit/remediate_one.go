package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// remedy strips a single source. The error is one that ends the whole run.
func (b *batch) remedy(j job, g *gauge) error {
	if j.Err != nil {
		b.unreadable(j, j.Err)
		return nil
	}
	if j.out == "" {
		if e := linked(j); e != nil {
			a := pipeline.Unreadable(j.Path, errors.New("it is a symbolic link, and not the file itself")).Artifact
			b.report.Artifacts = append(b.report.Artifacts, a)
			b.failed(j, e)
			return nil
		}
	}
	src, f, err := pipeline.Open(j.Path)
	if err != nil {
		b.unreadable(j, err)
		return nil
	}
	defer f.Close()
	auditor := door.Auditor(nil, b.wantsReport())
	auditor.Strip = true
	a, err := auditor.Audit(b.c.Context, src)
	if err != nil {
		return err
	}
	defer a.Close()
	if !j.explicit() && a.Skipped {
		return nil
	}
	fi, err := f.Stat()
	if err != nil {
		b.unreadable(j, err)
		return nil
	}
	if j.out == "" && slices.Contains(a.Artifact.Formats, audit.Format7z) && len(a.Artifact.Findings) > 0 {
		j.out = pipeline.ZipName(j.Path) // a 7z archive stays, and a zip stands beside it
	}
	d := b.dialogue()
	d.analyzing(a, j.told())
	err = b.strip(j, a, fi, g, d)
	if b.c.Context.Err() != nil {
		return b.c.Context.Err()
	}
	a.Artifact.Decision = nil // no policy decides here
	if err != nil {
		a.Artifact.Refusal = err.Error()
		b.notStripped(j, a, err, d)
	}
	b.report.Artifacts = append(b.report.Artifacts, a.Artifact)
	return nil
}

// notStripped notes why a source stays as it is, and what can be done with it.
func (b *batch) notStripped(j job, a *pipeline.Audited, err error, d *dialogue) {
	e := exitOf(a, err)
	if len(a.Artifact.Findings) == 0 && a.Artifact.Verdict == audit.VerdictIncomplete {
		e = door.Incompletef("%v", err)
	}
	suggest := func() []suggestion { return stripSuggestions(b, j, a, err) }
	silent := d.refused(b, j, a, err, e, suggest)
	b.failed(j, e)
	switch {
	case silent:
		b.last = &door.Exit{Code: e.Code}
	case d.quiet && !b.talk && len(b.advice) < maxAdvice && !b.c.Bool("quiet"):
		b.advice = append(b.advice, advice{j.told(), suggest()})
	}
}

// strip makes the candidate of a source, and puts it where it belongs.
func (b *batch) strip(j job, a *pipeline.Audited, fi os.FileInfo, g *gauge, d *dialogue) error {
	out := j.Path
	if j.out != "" {
		out = j.out
		if err := pipeline.Free([]string{out}, b.c.Bool("force")); err != nil {
			return err
		}
	}
	opt := b.stripOptions()
	opt.Dir, opt.Perm, opt.Digest, opt.Progress = filepath.Dir(out), fi.Mode().Perm(), b.wantsReport(), g.update
	opt.Leave = b.unasked(a)
	if b.c.Bool("interactive") && len(a.Artifact.Findings) > len(opt.Leave) {
		stay, ok := b.ask(a, opt.Leave)
		if !ok || len(stay) == len(a.Artifact.Findings) {
			return b.leftAsItWas(j, d)
		}
		opt.Leave = stay
	}
	done, err := pipeline.Strip(b.c.Context, a, opt)
	if err != nil {
		return err
	}
	b.meter.clear()
	if done == nil {
		return b.nothingToStrip(j, a, fi, d)
	}
	defer done.File.Discard()
	d.stripping(a, done)
	if done.AsZip {
		d.say("           a zip, for no 7z archive is written; %s stays as it is", render.Escape(j.told()))
	}
	for _, m := range done.Rezipped {
		d.say("           %s becomes a zip under its name, for no 7z is written", render.Escape(m))
	}
	if b.c.Bool("dry-run") {
		a.Artifact.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyStrip, Proof: done.Proof, Removed: removals(done), Planned: true}
		d.say("Would save %s (%s)", render.Escape(pipeline.Shown(out)), render.Bytes(done.Size))
		b.rows = append(b.rows, row{j.Path, "would strip", fmt.Sprintf("%d removed", len(done.Removed))})
		return nil
	}
	return b.placeStripped(j, a, done, fi, out, opt.Leave, d)
}

// leftAsItWas says that nothing was changed, because the person said so.
func (b *batch) leftAsItWas(j job, d *dialogue) error {
	b.rows = append(b.rows, row{j.Path, "left", "as it was"})
	b.code, b.last = audit.WorseExit(b.code, audit.ExitBlocked), &door.Exit{Code: audit.ExitBlocked}
	d.say("Left as it was.")
	return nil
}

// nothingToStrip says that a file stays as it is, byte for byte. If another
// file was asked for, that is a copy.
func (b *batch) nothingToStrip(j job, a *pipeline.Audited, fi os.FileInfo, d *dialogue) error {
	if n := len(b.unasked(a)); n > 0 && n == len(a.Artifact.Findings) {
		chosen := "--remove-dangerous-ops takes operations out alone"
		if b.c.Bool("remove-lambdas") {
			chosen = "--remove-lambdas takes Lambdas out alone"
		}
		return &converters.Refusal{Msg: chosen + ", and it has none: " + worst(&a.Artifact)}
	}
	if len(a.Artifact.Findings) > 0 {
		return &converters.Refusal{Msg: "nothing in it can be taken out: " + worst(&a.Artifact)}
	}
	if len(a.Artifact.Coverage.Unread) > 0 {
		return door.Incompletef("%s", a.Artifact.Coverage.Unread[0].Reason)
	}
	if j.out != "" {
		return b.copied(j, a, fi, d)
	}
	why := "nothing to remove"
	if a.Skipped {
		why = "nothing shows it to be a model file"
	}
	d.say("%s: the file is left as it is.", strings.ToUpper(why[:1])+why[1:])
	b.rows = append(b.rows, row{j.Path, "left", why})
	return nil
}

// copied writes a source with nothing to remove to where the result was asked for.
func (b *batch) copied(j job, a *pipeline.Audited, fi os.FileInfo, d *dialogue) error {
	shown := render.Escape(pipeline.Shown(j.out))
	if b.c.Bool("dry-run") {
		d.say("Nothing to remove.\nWould save %s (%s), a copy byte for byte", shown, render.Bytes(a.Source.Size))
		b.rows = append(b.rows, row{j.Path, "would copy", "nothing to remove"})
		return nil
	}
	if err := pipeline.Copy(b.c.Context, a.Source, j.out, fi.Mode().Perm(), b.c.Bool("force")); err != nil {
		return err
	}
	d.say("Nothing to remove.\nSaved      %s (%s), a copy: every byte is equal", shown, render.Bytes(a.Source.Size))
	b.rows = append(b.rows, row{j.Path, "copied", "nothing to remove"})
	return nil
}

// placeStripped puts the result in place, and says what it is now.
func (b *batch) placeStripped(j job, a *pipeline.Audited, done *pipeline.Stripped, fi os.FileInfo, out string, stay []audit.Finding, d *dialogue) error {
	backup := ""
	if b.c.Bool("backup") {
		var err error
		if backup, err = pipeline.Backup(j.Path); err != nil {
			return err
		}
	}
	if err := b.put(j, done, fi, out); err != nil {
		return err
	}
	shown := pipeline.Shown(out)
	a.Artifact.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyStrip, Proof: done.Proof, Removed: removals(done), Outputs: []audit.Output{{Path: shown, SHA256: done.SHA256}}}
	d.say("Saved      %s (%s)", render.Escape(shown), render.Bytes(done.Size))
	if backup != "" {
		d.say("Backup     %s", render.Escape(backup))
	}
	if len(stay) > 0 {
		b.code, b.last = audit.WorseExit(b.code, audit.ExitBlocked), &door.Exit{Code: audit.ExitBlocked}
	}
	d.stripped(path.Base(shown), done, len(stay))
	b.rows = append(b.rows, row{j.Path, "stripped", fmt.Sprintf("%d removed, %s", len(done.Removed), tensors(done.Proof.Tensors))})
	return nil
}

// put moves the result to where it belongs. A source is replaced only if it is
// still what was read.
func (b *batch) put(j job, done *pipeline.Stripped, fi os.FileInfo, out string) error {
	switch {
	case j.out != "" && b.c.Bool("force"):
		return done.File.Replace(out)
	case j.out != "":
		return done.File.Place(out)
	}
	done.File.KeepOwner(fi)
	if err := pipeline.Unchanged(j.Path, fi); err != nil {
		return err
	}
	return done.File.Replace(out)
}
