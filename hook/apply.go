package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/policy"
)

// mayApply reports whether prepared remedies are applied: not when something
// else blocks the commit, which would leave the user with half of a change.
func (r *Run) mayApply() bool {
	blocked := ""
	for _, it := range r.items {
		switch {
		case it.rewrite == nil && !it.passes():
			blocked = it.entry.Path
		case it.rewrite != nil && !r.inIndex() && !it.rewrite.same && !it.rewrite.followed:
			blocked = it.entry.Path
			it.audited.Artifact.Refusal = "the work tree differs from what is being committed, so that it cannot be rewritten here"
		}
	}
	rewrites := r.rewrites()
	if blocked == "" {
		return len(rewrites) > 0
	}
	for _, it := range rewrites {
		if it.audited.Artifact.Refusal == "" {
			it.audited.Artifact.Refusal = blocked + " blocks this commit, so nothing was rewritten"
		}
	}
	return false
}

// passes reports whether an item without a remedy lets the commit go on.
func (it *item) passes() bool {
	a := it.audited.Artifact.Decision.Action
	return a == audit.ActionAllow || a == audit.ActionWarn
}

// inIndex reports whether the index is edited. In a commit whose index edits
// git throws away on failure, a run that stops changes the work tree alone.
func (r *Run) inIndex() bool {
	if r.opt.WorkTreeOnly {
		return false
	}
	return r.mode == gitindex.AsIs || r.Policy.AfterRewrite == policy.AfterRewriteContinue
}

func (r *Run) rewrites() (out []*item) {
	for _, it := range r.items {
		if it.rewrite != nil {
			out = append(out, it)
		}
	}
	return out
}

// edited are the rewrites and what goes with them.
func (r *Run) edited() []*item {
	if r.attributesEdit == nil {
		return r.rewrites()
	}
	return append(r.rewrites(), r.attributesEdit)
}

// apply puts every prepared remedy in place: objects first, then the new files
// without their names, then their names, then the index in one update, and last
// the sources go. Whoever is stopped in between has every file and every entry
// whole, and the index names no file that is not there. If a step fails the
// steps before it are taken back. It returns the exit code.
func (r *Run) apply(ctx context.Context) (int, error) {
	if err := r.track(ctx); err != nil {
		return 0, err
	}
	for _, it := range r.edited() {
		if it.rewrite.followed {
			continue
		}
		if err := r.writeBlobs(ctx, it); err != nil {
			return 0, err
		}
		if err := r.stageFiles(it); err != nil {
			return 0, err
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if code, err := r.change(ctx); err != nil || code != audit.ExitAllowed {
		return code, err
	}
	if ctx.Err() != nil {
		return audit.ExitAllowed, nil
	}
	r.noteLFS(context.WithoutCancel(ctx))
	r.conclusion, r.messages = r.mergeBack(ctx), r.messagesBack(ctx) // goOn looks at the index last of all
	return r.goOn(context.WithoutCancel(ctx))
}

// change changes work tree and index. If a step fails, those before it are
// taken back; should even that fail, the notes say what is where.
func (r *Run) change(ctx context.Context) (code int, err error) {
	var m mover
	late := context.WithoutCancel(ctx)
	steps := []func() error{
		func() error { return m.place(late, r) },
		func() error { return r.editIndex(ctx) },
		func() error { return m.remove(late, r) },
	}
	for _, step := range steps {
		if err = step(); err != nil {
			break
		}
	}
	if err == nil {
		r.filesMoved = true
		for _, it := range r.edited() {
			r.applied(it)
		}
		return audit.ExitAllowed, nil
	}
	back := m.back(late, r)
	if r.indexEdited {
		back = errors.Join(back, r.indexBack(late))
	}
	if back == nil {
		r.indexEdited = false
		return 0, fmt.Errorf("%w; index and work tree are as they were", err)
	}
	r.filesMoved = true
	for _, it := range r.edited() {
		r.applied(it)
	}
	r.Report.Notes = append(r.Report.Notes, "the rewrite broke off half-way: "+err.Error()+"; and could not be taken back: "+back.Error())
	return audit.ExitIncomplete, nil
}

// indexBack takes the changes of the index back.
func (r *Run) indexBack(ctx context.Context) error {
	r.known = nil
	var edits []gitindex.Edit
	flags := map[string]gitindex.Flags{}
	for _, it := range r.edited() {
		edits = append(edits, it.inverse()...)
		for _, t := range it.rewrite.targets {
			flags[t.path] = t.flags
		}
		flags[it.entry.Path] = it.rewrite.flags
	}
	return errors.Join(r.repo.Apply(ctx, edits), r.repo.SetFlags(ctx, flags))
}

// editIndex makes all changes of the index in one update, where the run makes any.
func (r *Run) editIndex(ctx context.Context) error {
	if !r.inIndex() {
		return nil
	}
	var edits []gitindex.Edit
	for _, it := range r.edited() {
		edits = append(edits, it.edits()...)
	}
	r.known = nil // what was read is no longer so
	if err := r.repo.Apply(ctx, edits); err != nil {
		return err
	}
	r.indexEdited = true
	if err := r.checkTracked(ctx); err != nil {
		return err
	}
	if err := r.keepFlags(context.WithoutCancel(ctx)); err != nil {
		r.Report.Notes = append(r.Report.Notes, "the new entries lack the flags of the old ones (skip-worktree, assume-unchanged): "+err.Error())
	}
	return nil
}

// goOn decides, after everything was rewritten, whether the same commit goes on.
func (r *Run) goOn(ctx context.Context) (int, error) {
	if !r.indexEdited || r.Policy.AfterRewrite != policy.AfterRewriteContinue {
		return audit.ExitBlocked, nil
	}
	staged, err := r.repo.Staged(ctx)
	if err == nil {
		err = r.lateArrivals(ctx)
	}
	switch {
	case err != nil:
		r.Report.Notes = append(r.Report.Notes, "after the rewrite the index could not be looked at again: "+err.Error())
		return audit.ExitIncomplete, nil
	case len(staged) == 0 && r.repo.Head != "" && !r.concluding():
		r.nothingLeft = true
		r.Report.Notes = append(r.Report.Notes, "after the rewrite nothing is left to commit: HEAD holds the converted file already")
		return audit.ExitBlocked, nil
	}
	return audit.ExitAllowed, nil
}

// keepFlags gives the new entries the flags of their sources.
func (r *Run) keepFlags(ctx context.Context) error {
	flags := map[string]gitindex.Flags{}
	for _, it := range r.edited() {
		for _, t := range it.rewrite.targets {
			flags[t.path] = it.rewrite.flags
		}
	}
	if !r.indexEdited {
		return nil
	}
	return r.repo.SetFlags(ctx, flags)
}

func (r *Run) writeBlobs(ctx context.Context, it *item) error {
	for i, c := range it.rewrite.conv.Candidates {
		t := &it.rewrite.targets[i]
		oid, err := r.write(ctx, io.NewSectionReader(c.File, 0, c.Size), c.Size, t.lfs)
		if err != nil {
			return err
		}
		t.oid = oid
	}
	return nil
}

// edits are the index edits of one item: its source out, its targets in.
func (it *item) edits() []gitindex.Edit {
	var out []gitindex.Edit
	if !it.rewrite.strip {
		out = append(out, gitindex.Edit{Path: it.entry.Path, Expect: it.entry.OID})
	}
	for _, t := range it.rewrite.targets {
		out = append(out, gitindex.Edit{Path: t.path, Mode: it.entry.Mode, OID: t.oid, Expect: t.expect})
	}
	return out
}

// inverse takes edits back.
func (it *item) inverse() []gitindex.Edit {
	var out []gitindex.Edit
	if !it.rewrite.strip {
		out = append(out, gitindex.Edit{Path: it.entry.Path, Mode: it.entry.Mode, OID: it.entry.OID})
	}
	for _, t := range it.rewrite.targets {
		out = append(out, gitindex.Edit{Path: t.path, Mode: t.mode, OID: t.expect, Expect: t.oid})
	}
	return out
}

// applied writes the remedy into the report and notes its blobs as audited.
func (r *Run) applied(it *item) {
	if it == r.attributesEdit {
		r.audited[attributesFile] = it.rewrite.targets[0].oid
		return
	}
	whole := it.rewrite // what the source became
	if it.rewrite.whole != nil {
		whole = it.rewrite.whole.rewrite
	}
	rem := &audit.AppliedRemedy{Kind: audit.RemedyConvert, Proof: whole.conv.Proof()}
	if it.rewrite.strip {
		rem.Kind, rem.Removed = audit.RemedyStrip, it.rewrite.removed
	} else if d := it.audited.Artifact.Decision; d != nil {
		// Few are shown: what was overwritten comes first, then what the result lacks.
		d.Notes = slices.Concat(it.rewrite.replaced(), it.rewrite.conv.Lost(), d.Notes)
	}
	for _, t := range it.rewrite.targets {
		if d := it.audited.Artifact.Decision; d != nil && t.fromLFS && !t.lfs {
			it.raw = append(it.raw, t.path)
			d.Notes = append(d.Notes, t.path+" is stored by git itself, its source was in Git LFS")
		} else if d != nil && slices.Contains(r.tracked, t.path) {
			d.Notes = append(d.Notes, "a line of "+attributesFile+" has Git LFS store "+t.path)
		}
	}
	for i, t := range whole.targets {
		rem.Outputs = append(rem.Outputs, audit.Output{Path: t.path, SHA256: whole.conv.Candidates[i].SHA256, GitBlob: t.oid})
		r.audited[t.path] = t.oid
	}
	if it.rewrite.whole == nil {
		it.audited.Artifact.SHA256 = it.rewrite.conv.SourceSHA256
	}
	it.audited.Artifact.Remedy = rem
}
