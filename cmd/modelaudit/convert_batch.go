package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"text/tabwriter"

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

func joinBase(dir, name string) string { return slash(filepath.Join(dir, path.Base(name))) }

// A batch carries conversions out, one after another, and keeps the account.
type batch struct {
	c    *cli.Context
	s    door.Streams
	opt  converters.Options
	talk bool // one source: the dialogue; else a line each

	rows    []row
	report  audit.Report
	code    int
	targets map[string]string // target -> source that has it
	last    *door.Exit        // why the only source was refused
}

// A row is one line of the summary.
type row struct {
	src, result, note string
}

// one converts a single source. The error is one that ends the whole run.
func (b *batch) one(j job) error {
	src, f, err := pipeline.Open(j.src)
	if err != nil {
		b.failed(j, door.Incompletef("%v", err))
		return nil
	}
	defer f.Close()
	a, err := door.Auditor(nil, b.c.String("report") != "").Audit(b.c.Context, src)
	if err != nil {
		return err
	}
	if !j.explicit && (a.Skipped || slices.Contains(a.Artifact.Formats, audit.FormatSafetensors)) {
		return nil
	}
	fi, err := f.Stat()
	if err != nil {
		b.failed(j, door.Incompletef("%v", err))
		return nil
	}
	err = b.convert(j, a, fi.Mode().Perm())
	if b.c.Context.Err() != nil {
		return b.c.Context.Err()
	}
	b.report.Artifacts = append(b.report.Artifacts, a.Artifact)
	if err != nil {
		b.failed(j, exitFor(a, err))
	}
	return nil
}

// exitFor tells a refusal (1) from a source that could not be read (3).
func exitFor(a *pipeline.Audited, err error) *door.Exit {
	var e *door.Exit
	if errors.As(err, &e) {
		return e
	}
	var refusal *converters.Refusal
	if errors.As(err, &refusal) && a.Model == nil && a.Artifact.Verdict == audit.VerdictIncomplete {
		return door.Incompletef("%v", err)
	}
	if errors.As(err, &refusal) || errors.Is(err, fs.ErrExist) {
		return door.Refusef("%v", err)
	}
	var bad *pipeline.ProofError
	if errors.As(err, &bad) {
		return door.Refusef("%v", err)
	}
	return door.Incompletef("%v", err)
}

func (b *batch) failed(j job, e *door.Exit) {
	b.code = audit.WorseExit(b.code, e.Code)
	b.rows = append(b.rows, row{j.src, map[int]string{1: "refused", 3: "unread"}[e.Code], e.Msg})
	b.last = e
}

func (b *batch) convert(j job, a *pipeline.Audited, perm fs.FileMode) error {
	d := b.dialogue()
	d.analyzing(a)
	if b.targets == nil {
		b.targets = map[string]string{}
	}
	if other, taken := b.targets[j.out]; taken {
		return door.Refusef("%s would get the same name as %s: use -o or --output-dir", j.out, other)
	}
	b.targets[j.out] = j.src
	if !b.c.Bool("force") {
		if taken := pipeline.Taken(j.out, pipeline.AllRoles()...); taken != "" {
			return &door.Exit{Code: audit.ExitBlocked, Msg: taken + " exists", Hint: "--force replaces it, -o chooses another name"}
		}
	}
	if b.c.Bool("dry-run") {
		return b.dry(j, a, d)
	}
	if err := os.MkdirAll(filepath.Dir(j.out), 0o777); err != nil {
		return err
	}
	p := newProgress(b.s, path.Base(j.out))
	conv, err := pipeline.Convert(b.c.Context, a, pipeline.ConvertOptions{Options: b.opt, Dir: filepath.Dir(j.out), Perm: perm, Progress: p.update})
	p.end()
	if err != nil {
		d.refused(a, j.src, err)
		return err
	}
	defer conv.Discard()
	d.converting(a, conv)
	if b.c.Bool("backup") {
		name, err := pipeline.Backup(j.src)
		if err != nil {
			return err
		}
		d.backup(name)
	}
	outputs, err := conv.Place(j.out, b.c.Bool("force"))
	if err != nil {
		return err
	}
	a.Artifact.SHA256 = conv.SourceSHA256
	a.Artifact.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, Outputs: outputs, Proof: conv.Proof()}
	d.saved(a, conv, outputs)
	b.rows = append(b.rows, row{j.src, "converted", fmt.Sprintf("%s, %d tensors, %s", outputs[0].Path, conv.Tensors, render.Bytes(conv.TensorBytes))})
	if b.c.Bool("validate") {
		return b.validate(a, outputs)
	}
	return nil
}

// dry plans a conversion and says what it would do.
func (b *batch) dry(j job, a *pipeline.Audited, d *dialogue) error {
	if a.Model == nil {
		_, err := pipeline.Convert(b.c.Context, a, pipeline.ConvertOptions{})
		return err
	}
	planned, err := converters.Plan(a.Model, b.opt)
	if err != nil {
		d.refused(a, j.src, err)
		return err
	}
	for i := range planned.Parts {
		p := &planned.Parts[i]
		out := pipeline.RoleName(j.out, p.Role)
		d.would(out, len(p.Tensors), p.Plan.Size())
		b.rows = append(b.rows, row{j.src, "would convert", fmt.Sprintf("%s, %d tensors", out, len(p.Tensors))})
	}
	return nil
}

// validate prints what `modelaudit validate SRC RESULT` says, for the weights.
func (b *batch) validate(a *pipeline.Audited, outputs []audit.Output) error {
	for _, o := range outputs {
		src, f, err := pipeline.Open(filepath.FromSlash(o.Path))
		if err != nil {
			return err
		}
		defer f.Close()
		conv, err := door.Auditor(nil, false).Audit(b.c.Context, src)
		if err != nil {
			return err
		}
		v, err := pipeline.Validate(b.c.Context, a, conv, pipeline.ValidateOptions{Tolerance: 1e-6})
		if err != nil {
			return err
		}
		if b.talk {
			printValidation(b.s.Out, a.Source.Path, o.Path, v)
		}
		if !v.Valid() {
			return door.Refusef("%s does not hold what %s holds: %s", o.Path, a.Source.Path, v.Problems[0])
		}
	}
	return nil
}

// close prints the summary and writes the report.
func (b *batch) close() error {
	if name := b.c.String("report"); name != "" {
		door.NewReport(&b.report, nil)
		b.report.Close(b.code)
		b.report.ExitCode = b.code
		if err := b.s.ReportTo(name, &b.report); err != nil {
			return err
		}
	}
	if b.talk {
		if b.last != nil {
			return b.last
		}
		if len(b.rows) == 0 {
			return door.Incompletef("no model file was found")
		}
		return nil
	}
	w := tabwriter.NewWriter(b.s.Out, 0, 8, 2, ' ', 0)
	counts := map[string]int{}
	for _, r := range b.rows {
		counts[r.result]++
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.result, render.Escape(r.src), render.Escape(r.note))
	}
	if err := w.Flush(); err != nil {
		return door.Incompletef("%v", err)
	}
	if len(b.rows) == 0 {
		return door.Incompletef("no model file was found")
	}
	fmt.Fprintf(b.s.Out, "%d converted, %d refused, %d unread\n", counts["converted"]+counts["would convert"], counts["refused"], counts["unread"])
	return door.Code(b.code)
}
