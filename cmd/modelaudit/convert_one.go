package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/pytorch"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// toStdout is the value of --output that means standard output.
const toStdout = "-"

// convert converts the source that was opened.
func (w *work) convert() {
	err := w.carryOut()
	var r *converters.Refusal
	if errors.As(err, &r) && r.Empty && base(w.j.Path) == ".metadata" {
		r = &converters.Refusal{Msg: "the files with the tensors of this distributed checkpoint (*.distcp) are not beside it"}
		if err = door.Auditor(nil, false).MissingChunks(w.b.c.Context, w.j.Path); err != nil {
			r.Msg += ": " + err.Error()
		}
		err = r
	}
	switch {
	case err == nil || w.b.c.Context.Err() != nil:
	case !w.j.explicit() && errors.As(err, &r) && r.Empty && w.a.Artifact.Verdict == audit.VerdictClean:
		w.d.say("Nothing to convert: %s", r.Msg)
		w.rows = append(w.rows, row{w.j.told(), "skipped", "nothing to convert: " + r.Msg})
	default:
		w.refuse(err)
	}
}

func (w *work) carryOut() error {
	b, j := w.b, w.j
	planned, err := pipeline.Plan(w.a, b.options(j.out))
	if err != nil {
		return err
	}
	dir := filepath.Dir(j.out)
	if j.out == toStdout {
		dir = os.TempDir()
		if err := oneFile(planned); err != nil {
			return err
		}
	} else if err := b.claim(j, planned); err != nil {
		return err
	}
	if b.c.Bool("dry-run") {
		w.dry(planned)
		return nil
	}
	if err := w.directory(dir); err != nil {
		return err
	}
	conv, err := pipeline.CarryOut(b.c.Context, w.a, planned, pipeline.ConvertOptions{Options: b.options(j.out), Dir: dir, Perm: w.perm, Digest: b.wantsReport(), Progress: w.gauge.update})
	if err != nil {
		return err
	}
	defer conv.Discard()
	b.meter.clear()
	w.idle = pipeline.IdlePrefixes(w.a, b.opt)
	for _, prefix := range w.idle {
		w.d.say("  note     --strip-prefix %s: no tensor's name begins with it", render.Escape(prefix))
	}
	w.d.converting(b.to, w.a, conv)
	return w.place(conv)
}

// directory makes the directory of --output-dir, and what is below it.
func (w *work) directory(dir string) error {
	if w.b.c.String("output-dir") == "" {
		return nil
	}
	return os.MkdirAll(dir, 0o777)
}

// place gives the proven files their names.
func (w *work) place(conv *pipeline.Conversion) error {
	b, j := w.b, w.j
	var backup string
	var outputs []audit.Output
	var err error
	if b.c.Bool("backup") {
		if backup, err = pipeline.Backup(j.Path); err != nil {
			return err
		}
	}
	names := []string{"standard output"}
	if j.out == toStdout {
		outputs, err = w.pour(conv)
	} else if outputs, err = conv.Place(j.out, b.c.Bool("force")); err == nil {
		names = conv.Names(j.out)
	}
	if err != nil {
		return err
	}
	w.a.Artifact.SHA256 = conv.SourceSHA256
	w.a.Artifact.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, Outputs: outputs, Proof: conv.Proof(), LeftOut: conv.LeftOut(), Changed: conv.Changes()}
	w.d.saved(conv, names, backup)
	if b.c.Bool("validate") {
		if err := w.validate(names[:len(conv.Candidates)]); err != nil {
			return err
		}
	}
	w.d.closing(b, w.a, conv, names[:len(conv.Candidates)])
	w.rows = append(w.rows, row{j.told(), "converted", fmt.Sprintf("%s, %s, %s%s", shortened(names), tensors(conv.Tensors), render.Bytes(conv.TensorBytes), changed(b.opt, conv)+idle(w.idle))})
	return nil
}

// idle says in a line of the summary which prefixes no tensor has.
func idle(prefixes []string) string {
	if len(prefixes) == 0 {
		return ""
	}
	return ", no name begins with " + strings.Join(prefixes, " or ")
}

// shortened lists the files of a conversion in a line of the summary.
func shortened(names []string) string {
	if n := len(names); n > 3 {
		return fmt.Sprintf("%s to %s (%d files)", names[0], base(names[n-1]), n)
	}
	text := names[0]
	for _, name := range names[1:] {
		text += " + " + base(name)
	}
	return text
}

// pour writes the only file of a conversion to standard output.
func (w *work) pour(conv *pipeline.Conversion) ([]audit.Output, error) {
	k := conv.Candidates[0]
	if _, err := io.Copy(w.b.s.Out, io.NewSectionReader(k.File, 0, k.Size)); err != nil {
		return nil, fmt.Errorf("standard output: %w", err)
	}
	return []audit.Output{{Path: toStdout, SHA256: k.SHA256}}, nil
}

// oneFile refuses a conversion to several files where there is room for one.
func oneFile(planned *converters.Planned) error {
	switch p := planned.Parts; {
	case len(p) > 1 && p[0].Shards > 1:
		return &converters.Refusal{Msg: "standard output takes one file, and --max-shard-size makes several"}
	case len(p) > 1:
		return &converters.Refusal{Msg: "standard output takes one file, and there is a state beside the weights"}
	case p[0].TreeJSON != nil:
		return &converters.Refusal{Msg: "standard output takes one file, and the tree is too large to stand in it"}
	}
	return nil
}

// claim takes the targets of a conversion for it. A target that another source
// has, that is a source itself, or that is in the way, is refused.
func (b *batch) claim(j job, planned *converters.Planned) error {
	targets := pipeline.Targets(j.out, planned)
	source := slices.IndexFunc(targets, b.isSource)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range targets {
		if n := len(filepath.Base(t)); n > pipeline.MaxName {
			return &takenError{fmt.Sprintf("the result would have a name of %d bytes, and file systems take %d", n, pipeline.MaxName)}
		}
		if other, taken := b.targets[t]; taken {
			return &takenError{fmt.Sprintf("%s is the name for the result of %s already", pipeline.Told(t), pipeline.Told(other))}
		}
	}
	for _, t := range targets {
		b.targets[t] = j.Path
	}
	if source >= 0 {
		return &takenError{pipeline.Told(targets[source]) + " is a source, and convert never overwrites one"}
	}
	return pipeline.Free(targets, b.c.Bool("force"))
}

// isSource reports whether a target is one of the sources. What was found in a
// directory and has the format already, by an earlier conversion to safetensors
// or as a clean file of torch, is none: it is passed over.
func (b *batch) isSource(target string) bool {
	there, err := os.Stat(target)
	if err != nil {
		return false
	}
	for _, s := range b.sources {
		if os.SameFile(there, s.info) {
			switch {
			case s.explicit() || b.opt.Changes():
				return true
			case b.opt.To == safetensors.Target && strings.HasSuffix(target, ".index.json"):
				return !oursBeside(target)
			case b.opt.To == safetensors.Target:
				return pipeline.LookAt(slash(target)) != pipeline.PlaceOurs
			}
			return b.opt.To != pytorch.Target || !b.passedOver(target)
		}
	}
	return false
}

// oursBeside reports whether all shards that an index could be of are ours.
func oursBeside(index string) bool {
	dir, stem := path.Split(strings.TrimSuffix(slash(index), ".safetensors.index.json"))
	entries, err := os.ReadDir(filepath.FromSlash(path.Clean(dir)))
	ours := err == nil
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, stem+"-") && strings.HasSuffix(name, ".safetensors") {
			ours = ours && pipeline.LookAt(dir+name) == pipeline.PlaceOurs
		}
	}
	return ours
}

// passedOver reports whether a file that is in the way of a conversion to
// pytorch is such a file already.
func (b *batch) passedOver(target string) bool {
	src, _, f, err := pipeline.OpenSet(filepath.FromSlash(target))
	if err != nil {
		return false
	}
	defer f.Close()
	a, err := door.Auditor(nil, false).Audit(b.c.Context, src)
	if err != nil {
		return false
	}
	defer a.Close()
	return isTorch(a)
}

// validate prints what `modelaudit validate SRC RESULT` says of each output.
func (w *work) validate(names []string) error {
	for _, name := range names {
		if err := w.validateOne(name); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) validateOne(out string) error {
	b := w.b
	if w.j.out == toStdout {
		return errors.New("--validate cannot read standard output back")
	}
	src, f, err := pipeline.Open(filepath.FromSlash(out))
	if err != nil {
		return err
	}
	defer f.Close()
	conv, err := door.Auditor(nil, false).Audit(b.c.Context, src)
	if err != nil {
		return err
	}
	v, err := pipeline.Validate(b.c.Context, w.a, conv, pipeline.ValidateOptions{Samples: defaultSamples, Tolerance: defaultTolerance, Converted: b.options(w.j.out)})
	if err != nil {
		return err
	}
	switch {
	case w.b.c.Bool("quiet"):
	case w.b.talk:
		printValidation(w.d.w, w.j.told(), out, v, defaultSamples)
	default:
		printValidation(&w.said, w.j.told(), out, v, defaultSamples)
	}
	if !v.Valid {
		return door.Refusef("%s does not hold what %s holds: %s", out, w.j.told(), v.Problems[0])
	}
	return nil
}

// base is the last element of a path with slashes.
func base(p string) string { return path.Base(slash(p)) }
