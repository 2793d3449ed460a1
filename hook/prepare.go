package hook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
)

// A rewrite is a remedy that is proven and waits to be applied.
type rewrite struct {
	conv    *pipeline.Conversion
	targets []target // one for each candidate
	// tracksFile: the work tree's file equals the staged blob, so that it may
	// be replaced too.
	tracksFile bool
}

// A target is where a candidate goes.
type target struct {
	path   string
	expect string // blob that the index has there now, "" for none
	oid    string // blob of the candidate, once written
	// former is the work tree's own file there, which is ours: its blob, "" for none.
	former string
}

// prepare makes and proves the remedies that the policy asks for. An artifact
// whose remedies all fail is blocked; a proof that fails blocks whatever else
// the policy allows.
func (r *Run) prepare(ctx context.Context) error {
	taken := map[string]string{}
	for _, it := range r.items {
		for _, action := range it.audited.Outcome.Actions {
			done, err := r.try(ctx, it, action, taken)
			if err != nil {
				return err
			}
			if done {
				break
			}
		}
	}
	return nil
}

// try carries out one action for an item. done means that it decides.
func (r *Run) try(ctx context.Context, it *item, action audit.Action, taken map[string]string) (done bool, err error) {
	d := it.audited.Artifact.Decision
	d.Action = action
	switch action {
	case audit.ActionConvert:
	case audit.ActionStrip:
		it.audited.Artifact.Refusal = "strip is not supported yet"
		return false, nil
	default:
		return true, nil
	}
	if it.refusal != "" {
		it.audited.Artifact.Refusal = it.refusal
		return false, nil
	}
	if r.opt.Check {
		// Whether it could be done is known without doing it.
		if it.audited.Model == nil {
			it.audited.Artifact.Refusal = "it cannot be converted"
			return false, nil
		}
		_, err := converters.Plan(it.audited.Model, converters.Options{})
		return r.refused(it, err)
	}
	err = r.convert(ctx, it, taken)
	return r.refused(it, err)
}

// refused notes why a remedy failed. A failed proof is the end for an artifact.
func (r *Run) refused(it *item, err error) (done bool, fatal error) {
	var refusal *converters.Refusal
	var bad *pipeline.ProofError
	switch {
	case err == nil:
		it.audited.Artifact.Refusal = ""
		return true, nil
	case errors.As(err, &bad):
		it.audited.Artifact.Decision.Action = audit.ActionBlock
		it.audited.Artifact.Refusal = bad.Error()
		return true, nil
	case errors.As(err, &refusal):
		it.audited.Artifact.Refusal = refusal.Error()
		return false, nil
	}
	return false, err
}

func (r *Run) convert(ctx context.Context, it *item, taken map[string]string) error {
	perm := fs.FileMode(0o644)
	if it.entry.Mode == gitindex.ModeExec {
		perm = 0o755
	}
	conv, err := pipeline.Convert(ctx, it.audited, pipeline.ConvertOptions{Dir: r.repo.GitDir, Perm: perm})
	if err != nil {
		return err
	}
	w := &rewrite{conv: conv}
	it.rewrite = w
	for _, c := range conv.Candidates {
		t, err := r.target(ctx, it, c.Role, taken)
		if err != nil {
			it.rewrite = nil
			return errors.Join(err, conv.Discard())
		}
		w.targets = append(w.targets, t)
	}
	w.tracksFile, err = r.repo.WorkTreeEquals(ctx, it.entry.Path, it.entry.OID)
	if err != nil {
		w.tracksFile = false // it is left alone then, and the text says so
	}
	return it.blobVerify(ctx)
}

// blobVerify says whether the source was what its id stands for until the end.
func (it *item) blobVerify(ctx context.Context) error {
	if err := it.blob.Verify(ctx); err != nil {
		return &converters.Refusal{Msg: err.Error()}
	}
	return nil
}

// target finds the place of a candidate: free, or held by an earlier
// conversion of ours.
func (r *Run) target(ctx context.Context, it *item, role string, taken map[string]string) (target, error) {
	t := target{path: pipeline.OutputName(it.entry.Path, role)}
	if other, ok := taken[t.path]; ok {
		return t, &converters.Refusal{Msg: fmt.Sprintf("%s and %s would both become %s", other, it.entry.Path, t.path)}
	}
	entries, err := r.repo.Entries(ctx, []string{t.path})
	if err != nil {
		return t, err
	}
	for _, e := range entries {
		if e.Path != t.path || !e.Regular() || e.Stage != 0 {
			return t, &converters.Refusal{Msg: fmt.Sprintf("%s is in the way in the index", e.Path)}
		}
		blob, err := r.repo.OpenBlob(ctx, e.OID)
		if err != nil {
			return t, err
		}
		ours := pipeline.IsOurs(blob, blob.Size)
		if err := blob.Close(); err != nil {
			return t, err
		}
		if !ours && !e.Empty {
			return t, &converters.Refusal{Msg: fmt.Sprintf("%s is in the index and was not made by a conversion", t.path)}
		}
		t.expect = e.OID
	}
	if err := r.targetFile(ctx, &t); err != nil {
		return t, err
	}
	taken[t.path] = it.entry.Path
	return t, nil
}

// targetFile looks at the work tree's file where a candidate would go.
func (r *Run) targetFile(ctx context.Context, t *target) error {
	name := r.repo.WorkTreePath(t.path)
	if name == "" {
		return &converters.Refusal{Msg: fmt.Sprintf("%s is no name that the work tree can have", t.path)}
	}
	fi, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	refuse := &converters.Refusal{Msg: fmt.Sprintf("%s exists in the work tree and was not made by a conversion", t.path)}
	if !fi.Mode().IsRegular() {
		return refuse
	}
	if t.expect != "" {
		if same, err := r.repo.WorkTreeEquals(ctx, t.path, t.expect); err == nil && same {
			return nil
		}
	}
	src, f, err := pipeline.Open(name)
	if err != nil {
		return refuse
	}
	defer f.Close()
	if !pipeline.IsOurs(src.R, src.Size) {
		return refuse
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	// Its content is kept as a blob, so that undo can bring it back.
	t.former, err = r.repo.WriteBlob(ctx, f, src.Size)
	return err
}
