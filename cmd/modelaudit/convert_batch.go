package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

const roleWeights = safetensors.RoleWeights

func slash(p string) string { return filepath.ToSlash(p) }

// A batch carries conversions out, one after another, and keeps the account.
type batch struct {
	c       *cli.Context
	s       door.Streams
	opt     converters.Options
	talk    bool // one source: the dialogue; else a line each
	sources []pipeline.File

	rows    []row
	report  audit.Report
	code    int
	targets map[string]string // target -> source that has it
	last    *door.Exit        // why the only source was refused

	answers  *bufio.Reader // of the person who is asked
	yesToAll bool
	done     string // the result that the summary counts first; "" means converted
}

// A row is one line of the summary.
type row struct {
	src, result, note string
}

// one converts a single source. The error is one that ends the whole run.
func (b *batch) one(j job) error {
	if j.Err != nil {
		b.unreadable(j, j.Err)
		return nil
	}
	src, f, err := pipeline.Open(j.Path)
	if err != nil {
		b.unreadable(j, err)
		return nil
	}
	defer f.Close()
	a, err := door.Auditor(nil, b.c.String("report") != "").Audit(b.c.Context, src)
	if err != nil {
		return err
	}
	if !j.explicit() && (a.Skipped || slices.Contains(a.Artifact.Formats, audit.FormatSafetensors)) {
		return nil
	}
	fi, err := f.Stat()
	if err != nil {
		b.unreadable(j, err)
		return nil
	}
	d := b.dialogue()
	d.analyzing(a)
	err = b.convert(j, a, fi.Mode().Perm(), d)
	if b.c.Context.Err() != nil {
		return b.c.Context.Err()
	}
	a.Artifact.Decision = nil // no policy decides here
	if err != nil {
		a.Artifact.Refusal = err.Error()
		b.failed(j, exitFor(a, err))
		if d.refused(b, j, a, err) {
			b.last = &door.Exit{Code: b.last.Code}
		}
	}
	b.report.Artifacts = append(b.report.Artifacts, a.Artifact)
	return nil
}

// unreadable notes a source that could not be opened.
func (b *batch) unreadable(j job, err error) {
	b.report.Artifacts = append(b.report.Artifacts, pipeline.Unreadable(j.Path, err).Artifact)
	b.failed(j, door.Incompletef("%v", err))
}

// options are those of one conversion.
func (b *batch) options(out string) converters.Options {
	opt := b.opt
	opt.TreeFile = path.Base(pipeline.TreeName(slash(out)))
	return opt
}

// exitFor tells a refusal (1) from a source that could not be read (3).
func exitFor(a *pipeline.Audited, err error) *door.Exit {
	var e *door.Exit
	if errors.As(err, &e) {
		return e
	}
	var refusal *converters.Refusal
	var bad *pipeline.ProofError
	var taken *takenError
	switch {
	case errors.As(err, &refusal) && a.Model == nil && a.Artifact.Verdict == audit.VerdictIncomplete:
		return door.Incompletef("%v", err)
	case errors.As(err, &refusal), errors.As(err, &bad), errors.As(err, &taken), errors.Is(err, fs.ErrExist):
		return door.Refusef("%v", err)
	}
	return door.Incompletef("%v", err)
}

func (b *batch) failed(j job, e *door.Exit) {
	b.code = audit.WorseExit(b.code, e.Code)
	b.rows = append(b.rows, row{j.Path, map[int]string{1: "refused", 3: "unread"}[e.Code], e.Msg})
	b.last = e
}

func (b *batch) convert(j job, a *pipeline.Audited, perm fs.FileMode, d *dialogue) error {
	planned, err := pipeline.Plan(a, b.opt)
	if err != nil {
		return err
	}
	if err := b.claim(j, planned); err != nil {
		return err
	}
	if b.c.Bool("dry-run") {
		b.dry(j, planned, d)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(j.out), 0o777); err != nil {
		return err
	}
	p := newProgress(b.s, path.Base(j.out))
	conv, err := pipeline.Convert(b.c.Context, a, pipeline.ConvertOptions{Options: b.options(j.out), Dir: filepath.Dir(j.out), Perm: perm, Digest: b.c.String("report") != "", Progress: p.update})
	p.end()
	if err != nil {
		return err
	}
	defer conv.Discard()
	d.converting(a, conv)
	var backup string
	if b.c.Bool("backup") {
		if backup, err = pipeline.Backup(j.Path); err != nil {
			return err
		}
	}
	outputs, err := conv.Place(j.out, b.c.Bool("force"))
	if err != nil {
		return err
	}
	a.Artifact.SHA256 = conv.SourceSHA256
	a.Artifact.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, Outputs: outputs, Proof: conv.Proof()}
	d.saved(conv, outputs, backup)
	if b.c.Bool("validate") {
		if err := b.validate(a, outputs); err != nil {
			return err
		}
	}
	d.closing(b.opt, a, conv, outputs)
	b.rows = append(b.rows, row{j.Path, "converted", fmt.Sprintf("%s, %s, %s", outputs[0].Path, tensors(conv.Tensors), render.Bytes(conv.TensorBytes))})
	return nil
}

// claim takes the targets of a conversion for it. A target that another source
// has, that is a source itself, or that is in the way, is refused.
func (b *batch) claim(j job, planned *converters.Planned) error {
	targets := pipeline.Targets(j.out, planned)
	for _, t := range targets {
		if other, taken := b.targets[t]; taken {
			return &takenError{fmt.Sprintf("%s is the name for the result of %s already", t, other)}
		}
	}
	for _, t := range targets {
		b.targets[t] = j.Path
	}
	if name := overwritten(targets, b.sources); name != "" {
		return &takenError{name + " is a source, and convert never overwrites one"}
	}
	return pipeline.Free(targets, b.c.Bool("force"))
}

// dry says what a planned conversion would do.
func (b *batch) dry(j job, planned *converters.Planned, d *dialogue) {
	for i := range planned.Parts {
		p := &planned.Parts[i]
		out := pipeline.RoleName(j.out, p.Role)
		d.would(out, len(p.Tensors), p.Size)
		b.rows = append(b.rows, row{j.Path, "would convert", fmt.Sprintf("%s, %s", out, tensors(len(p.Tensors)))})
	}
}

// validate prints what `modelaudit validate SRC RESULT` says of each output.
func (b *batch) validate(a *pipeline.Audited, outputs []audit.Output) error {
	for _, o := range outputs {
		if err := b.validateOne(a, o.Path); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) validateOne(a *pipeline.Audited, out string) error {
	src, f, err := pipeline.Open(filepath.FromSlash(out))
	if err != nil {
		return err
	}
	defer f.Close()
	conv, err := door.Auditor(nil, false).Audit(b.c.Context, src)
	if err != nil {
		return err
	}
	v, err := pipeline.Validate(b.c.Context, a, conv, pipeline.ValidateOptions{Samples: defaultSamples, Tolerance: defaultTolerance, Converted: b.opt})
	if err != nil {
		return err
	}
	if b.talk && !b.c.Bool("quiet") {
		printValidation(b.s.Out, a.Source.Path, out, v)
	}
	if !v.Valid() {
		return door.Refusef("%s does not hold what %s holds: %s", out, a.Source.Path, v.Problems[0])
	}
	return nil
}
