package hook

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/policy"
)

// mayApply reports whether prepared remedies are applied: not when another
// file blocks the commit, which would leave the user with half of a change.
func (r *Run) mayApply() bool {
	prepared, blocked := false, ""
	for _, it := range r.items {
		switch {
		case it.rewrite != nil:
			prepared = true
		case !r.passes(it):
			blocked = it.entry.Path
		}
	}
	if !prepared || r.opt.Check {
		return false
	}
	if blocked == "" {
		return true
	}
	for _, it := range r.items {
		if it.rewrite != nil {
			it.audited.Artifact.Refusal = blocked + " blocks this commit, so nothing was rewritten"
		}
	}
	return false
}

// passes reports whether an item would not stop the commit by itself.
func (r *Run) passes(it *item) bool {
	switch it.audited.Artifact.Decision.Action {
	case audit.ActionAllow, audit.ActionWarn:
		return true
	}
	return false
}

// inIndex reports whether the index is edited. In a commit whose index edits
// git throws away on failure, a run that stops changes the work tree alone.
func (r *Run) inIndex() bool {
	if r.opt.WorkTreeOnly {
		return false
	}
	return r.mode == gitindex.AsIs || r.Policy.AfterRewrite == policy.AfterRewriteContinue
}

// apply puts every prepared remedy in place: objects first, then the index in
// one update, then the work tree. It returns the exit code.
func (r *Run) apply(ctx context.Context) (int, error) {
	if !r.inIndex() {
		return r.applyToWorkTree(ctx)
	}
	var edits []gitindex.Edit
	for _, it := range r.rewrites() {
		if err := r.writeBlobs(ctx, it); err != nil {
			return 0, err
		}
		edits = append(edits, r.edits(it)...)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.repo.Apply(ctx, edits); err != nil {
		return 0, err
	}
	var trouble []string
	for _, it := range r.rewrites() {
		r.applied(it)
		if err := r.moveFiles(it); err != nil {
			trouble = append(trouble, err.Error())
		}
	}
	for _, t := range trouble {
		r.Report.Notes = append(r.Report.Notes, "the index was rewritten, but not the work tree: "+t)
	}
	r.undoIndex()
	return r.afterIndex(ctx)
}

func (r *Run) rewrites() (out []*item) {
	for _, it := range r.items {
		if it.rewrite != nil {
			out = append(out, it)
		}
	}
	return out
}

// afterIndex decides whether the same commit goes on.
func (r *Run) afterIndex(ctx context.Context) (int, error) {
	if r.Policy.AfterRewrite != policy.AfterRewriteContinue {
		r.Next = append(r.Next, "git commit")
		return audit.ExitBlocked, nil
	}
	staged, err := r.repo.Staged(ctx)
	if err != nil {
		return 0, err
	}
	if len(staged) == 0 && r.repo.Head != "" {
		r.Report.Notes = append(r.Report.Notes, "after the rewrite nothing is left to commit: HEAD holds the converted file already")
		return audit.ExitBlocked, nil
	}
	return audit.ExitAllowed, nil
}

func (r *Run) writeBlobs(ctx context.Context, it *item) error {
	for i, c := range it.rewrite.conv.Candidates {
		t := &it.rewrite.targets[i]
		oid, err := r.repo.WriteBlob(ctx, io.NewSectionReader(c.File, 0, c.Size), c.Size)
		if err != nil {
			return err
		}
		t.oid = oid
	}
	return nil
}

// edits are the index edits of one item: its source out, its targets in.
func (r *Run) edits(it *item) []gitindex.Edit {
	out := []gitindex.Edit{{Path: it.entry.Path, Expect: it.entry.OID}}
	for _, t := range it.rewrite.targets {
		out = append(out, gitindex.Edit{Path: t.path, Mode: it.entry.Mode, OID: t.oid, Expect: t.expect})
	}
	return out
}

// applied writes the remedy into the report and notes its blobs as audited.
func (r *Run) applied(it *item) {
	rem := &audit.AppliedRemedy{Kind: audit.RemedyConvert, Proof: it.rewrite.conv.Proof()}
	for i, t := range it.rewrite.targets {
		rem.Outputs = append(rem.Outputs, audit.Output{Path: t.path, SHA256: it.rewrite.conv.Candidates[i].SHA256, GitBlob: t.oid})
		r.audited[t.path] = t.oid
	}
	it.audited.Artifact.SHA256 = it.rewrite.conv.SourceSHA256
	it.audited.Artifact.Remedy = rem
}

// moveFiles lets the work tree follow, where it equalled what was staged.
func (r *Run) moveFiles(it *item) error {
	if !it.rewrite.tracksFile {
		r.Report.Notes = append(r.Report.Notes,
			fmt.Sprintf("%s in the work tree differs from what was staged and was left as it is", it.entry.Path))
		return nil
	}
	for i, c := range it.rewrite.conv.Candidates {
		if err := placeFile(c.File, r.repo.WorkTreePath(it.rewrite.targets[i].path)); err != nil {
			return err
		}
	}
	return os.Remove(r.repo.WorkTreePath(it.entry.Path))
}

// placeFile gives a candidate its name in the work tree.
func placeFile(f *safeio.File, name string) error {
	if err := f.MoveTo(filepath.Dir(name)); err != nil {
		return err
	}
	return f.Replace(name)
}

// applyToWorkTree changes files only, and tells what to add.
func (r *Run) applyToWorkTree(ctx context.Context) (int, error) {
	for _, it := range r.rewrites() {
		if !it.rewrite.tracksFile {
			it.audited.Artifact.Refusal = "the work tree differs from what is being committed, so that nothing can be changed"
			it.audited.Artifact.Decision.Action = audit.ActionBlock
			return audit.ExitBlocked, nil
		}
	}
	for _, it := range r.rewrites() {
		if err := r.writeBlobs(ctx, it); err != nil {
			return 0, err
		}
		if err := r.moveFiles(it); err != nil {
			return 0, err
		}
		r.applied(it)
		r.addLater(it)
	}
	r.undoWorkTree()
	return audit.ExitBlocked, nil
}
