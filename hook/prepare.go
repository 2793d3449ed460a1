package hook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
)

// A rewrite is a remedy that is proven and waits to be applied.
type rewrite struct {
	conv    *pipeline.Conversion
	targets []target // one for each candidate
	// file is the work tree's file of the source: nil if there is none, and
	// then the work tree is left alone.
	file os.FileInfo
	// same: that file equals the staged blob, so that it is replaced. If it
	// does not, the candidates are put beside it.
	same bool
	// source: where that file comes back from.
	source saved
	// flags are those of the source's entry, which the new entries get too.
	flags gitindex.Flags
	// strip: the candidate takes its source's place.
	strip bool
	// added: there is no source, in the index and in the work tree.
	added bool
	// stale is the state file of an earlier conversion where this one has none.
	stale string
	// removed is what a strip takes out.
	removed []audit.Removal
	// followed: the work tree holds the candidates already (findFollowed).
	followed bool
	// whole: the item whose candidates are what the set becomes that this one goes
	// with; nil unless it goes with one.
	whole *item
}

// prepare makes and proves the remedy that the policy asks for. An artifact
// whose remedies all fail is blocked; a proof that fails blocks whatever else
// the policy allows.
func (r *Run) prepare(ctx context.Context, it *item) error {
	if it.rewrite != nil { // it goes with its set
		return nil
	}
	actions := it.audited.Outcome.Actions
	if r.opt.keep && it.audited.Artifact.StripKeeps() {
		actions = []audit.Action{audit.ActionStrip, audit.ActionConvert, audit.ActionBlock}
	}
	for _, action := range actions {
		done, err := r.try(ctx, it, action)
		if err != nil || done {
			return err
		}
	}
	return nil
}

// try carries out one action for an item. done means that it decides.
func (r *Run) try(ctx context.Context, it *item, action audit.Action) (done bool, err error) {
	it.audited.Artifact.Decision.Action = action
	switch action {
	case audit.ActionConvert, audit.ActionStrip:
	default:
		it.hint()
		return true, nil
	}
	switch {
	case r.indexEdited: // too late: all rewrites are made at once
		it.audited.Artifact.Refusal = "another process staged it while the hook ran; commit again"
		return true, nil
	case it.refusal != "":
		return r.refused(it, &converters.Refusal{Msg: it.refusal})
	case it.set != nil && action == audit.ActionConvert && r.opt.Check:
		return r.refused(it, it.set.refusal())
	case it.set != nil && action == audit.ActionConvert:
		return r.refused(it, r.convertSet(ctx, it))
	case !r.opt.Check && action == audit.ActionStrip:
		return r.refused(it, r.strip(ctx, it))
	case !r.opt.Check:
		return r.refused(it, r.convert(ctx, it))
	case action == audit.ActionStrip:
		if err := pipeline.Strippable(ctx, it.audited, pipeline.StripOptions{}); err != nil {
			return r.refused(it, err)
		}
	case it.outputs == nil:
		return r.refused(it, r.why(it))
	}
	// What would be done is known without doing it.
	for _, name := range it.outputs {
		if action == audit.ActionStrip {
			break
		}
		if _, err := r.target(ctx, it, name); err != nil {
			return r.refused(it, err)
		}
	}
	it.audited.Artifact.Refusal = r.checkOnly()
	return true, nil
}

// hint says how a policy lets a clean file pass that is blocked only because
// nothing in it can be converted.
func (it *item) hint() {
	a := &it.audited.Artifact
	if a.Decision.Action == audit.ActionBlock && a.Verdict == audit.VerdictClean && a.Refusal != "" && it.refusal == "" && it.outputs == nil && it.set == nil {
		a.Decision.Notes = append(a.Decision.Notes, "the file is clean: with `when: findings` the rule leaves such files as they are")
	}
}

// checkOnly says why nothing is rewritten in a run that only checks.
func (r *Run) checkOnly() string {
	if r.opt.Merging {
		return "git wrote the tree of this merge before the hook began, so that nothing can be rewritten in it"
	}
	return "this run only checks and rewrites nothing"
}

// why is the reason why there is no conversion.
func (r *Run) why(it *item) error {
	if it.audited.Model == nil {
		return &converters.Refusal{Msg: "it cannot be converted"}
	}
	_, err := pipeline.PlanOutline(it.audited, converters.Options{})
	return err
}

// refused notes why a remedy failed. A failed proof is the end for an artifact.
func (r *Run) refused(it *item, err error) (done bool, fatal error) {
	var refusal *converters.Refusal
	var bad *pipeline.ProofError
	switch {
	case err == nil:
		a := &it.audited.Artifact
		if a.Refusal != "" { // of what was wanted more
			a.Decision.Notes = append(a.Decision.Notes, "not converted: "+a.Refusal)
		}
		a.Refusal = ""
		return true, nil
	case errors.As(err, &bad):
		it.audited.Artifact.Decision.Action = audit.ActionBlock
		it.audited.Artifact.Refusal = bad.Error()
		return true, nil
	case errors.As(err, &refusal):
		// The first of several actions is the one that was wanted most.
		if it.audited.Artifact.Refusal == "" {
			it.audited.Artifact.Refusal = refusal.Error()
		}
		return false, nil
	}
	return false, fmt.Errorf("%s: %w", it.entry.Path, err)
}

func (r *Run) newRewrite(ctx context.Context, it *item) (w *rewrite, err error) {
	if slices.Contains(r.opt.Unstaged, it.entry.Path) {
		_, hidden, err := r.holds(ctx, it.entry.Path, it.entry.OID, it.pointer)
		switch {
		case err != nil:
			return nil, err
		case hidden:
			return nil, refusal("it has edits that are not staged, which would come back over the result: stage them, or put them aside")
		}
	}
	index, err := r.index(ctx)
	if err != nil {
		return nil, err
	}
	w = &rewrite{flags: index.flags[it.entry.Path]}
	w.file, err = r.repo.WorkTreeStat(it.entry.Path)
	return w, err
}

// convert makes and proves the candidates of an item and finds their places.
func (r *Run) convert(ctx context.Context, it *item) error {
	w, err := r.newRewrite(ctx, it)
	if err != nil {
		return err
	}
	w.conv, err = pipeline.Convert(ctx, it.audited, pipeline.ConvertOptions{Dir: r.repo.GitDir, Perm: w.perm(it.entry.Mode), Digest: r.opt.Digest})
	if err != nil {
		return err
	}
	it.rewrite = w
	if err := r.settle(ctx, it); err != nil {
		it.rewrite = nil
		for _, t := range w.targets {
			delete(r.taken, fold(t.path))
		}
		return errors.Join(err, w.conv.Discard())
	}
	return nil
}

// perm are the permission bits of new files: those of the file that they
// replace, or what git would give them.
func (w *rewrite) perm(mode uint32) fs.FileMode {
	switch {
	case w.file != nil && w.file.Mode().IsRegular():
		return w.file.Mode().Perm()
	case mode == gitindex.ModeExec:
		return 0o755
	}
	return 0o644
}

// settle finds the place of every candidate, and confirms at last that the
// source was what its id stands for until the end.
func (r *Run) settle(ctx context.Context, it *item) error {
	w := it.rewrite
	for _, c := range w.conv.Candidates {
		if c.TreeJSON != nil {
			return &converters.Refusal{Msg: "its plain values do not fit into the header of the new file"}
		}
		t, err := r.target(ctx, it, pipeline.OutputName(it.entry.Path, c.Role))
		if err != nil {
			return err
		}
		w.targets = append(w.targets, t)
	}
	var err error
	if w.stale, err = r.stale(ctx, it.entry.Path, w); err != nil {
		return err
	}
	if w.source, w.same, err = r.holds(ctx, it.entry.Path, it.entry.OID, it.pointer); err != nil {
		return fmt.Errorf("%s in the work tree: %w", it.entry.Path, err)
	}
	if err := it.blob.Verify(ctx); err != nil {
		return &converters.Refusal{Msg: err.Error()}
	}
	return nil
}
