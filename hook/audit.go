package hook

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/policy"
)

// auditAll audits entries one after another and prepares the remedies that the
// policy asks for. An entry that was audited before with other content
// replaces what was known of it.
func (r *Run) auditAll(ctx context.Context, entries []gitindex.Entry) error {
	r.known, r.attrs = nil, nil
	var fresh []*item
	for _, e := range entries {
		if !r.history {
			r.forget(e)
		}
		r.audited[e.Path] = e.OID
		it, err := r.audit(ctx, e)
		if err != nil {
			return err
		}
		if !it.audited.Rewrites() {
			it.close()
			it.audited.Forget() // what reads from the blob
		}
		fresh = append(fresh, it)
	}
	if err := r.checkAttributes(ctx, fresh); err != nil {
		return err
	}
	r.fresh = fresh
	if err := r.findSets(ctx, fresh); err != nil {
		return err
	}
	for _, it := range fresh {
		if it.audited.Skipped {
			r.Report.Summary.Skipped++
			continue
		}
		r.items = append(r.items, it)
		if err := r.prepare(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the items of an entry whose content has changed since.
func (r *Run) forget(e gitindex.Entry) {
	for _, it := range r.items {
		if it.entry.Path == e.Path && it.rewrite != nil && it.rewrite.whole != nil && !r.indexEdited {
			r.giveUpWhole(it.set)
		}
	}
	r.items = slices.DeleteFunc(r.items, func(it *item) bool {
		if it.entry.Path != e.Path || it.entry.Stage != 0 {
			return false
		}
		if it.rewrite != nil {
			for _, t := range it.rewrite.targets {
				delete(r.taken, fold(t.path))
			}
		}
		it.drop()
		return true
	})
}

func (r *Run) audit(ctx context.Context, e gitindex.Entry) (*item, error) {
	it := &item{entry: e}
	if r.recall(it) {
		return it, nil
	}
	err := r.read(ctx, it)
	if ctx.Err() != nil {
		it.close()
		return nil, ctx.Err()
	}
	if err != nil {
		r.unread(it, err)
		return it, nil
	}
	r.remember(it)
	if e.Stage != 0 && !it.audited.Skipped {
		it.refusal = "it is unmerged: resolve the conflict first"
		it.audited.Artifact.Refusal = it.refusal
		it.audited.Artifact.Decision.Action = audit.ActionBlock
		it.audited.Outcome.Actions = nil
	}
	if e.Mode != gitindex.ModeSymlink {
		it.plan()
	}
	return it, nil
}

// unread is the account of an entry that cannot be read. The pointer of a Git LFS
// object that is missing has its digest, for which the policy may have an entry: git-lfs
// puts no other content in its place.
func (r *Run) unread(it *item, why error) {
	var size int64
	switch {
	case it.missing != nil:
		size = it.missing.Size
	case it.blob != nil:
		size = it.blob.Size
	}
	it.close()
	it.audited = pipeline.Unread(it.entry.Path, it.entry.OID, size, why.Error())
	if it.missing == nil {
		return
	}
	a := &it.audited.Artifact
	a.SHA256 = it.missing.OID
	if out := r.Policy.Decide(policy.Input{Path: a.Path, Artifact: a, Today: r.opt.Today}); out.Actions[0] == audit.ActionAllow {
		it.audited.Outcome, a.Decision = out, &out.Decision
	}
}

// read audits the content of an entry.
func (r *Run) read(ctx context.Context, it *item) (err error) {
	e := it.entry
	if it.blob, err = r.repo.OpenBlobOrFile(ctx, e.OID, e.Path); err != nil {
		if errors.Is(err, gitindex.ErrPromised) {
			it.fetch = "git cat-file -e " + e.OID
		}
		return err
	}
	if e.Mode == gitindex.ModeSymlink {
		return r.readLink(ctx, it)
	}
	if err := r.followItem(ctx, it); err != nil {
		return err
	}
	src := pipeline.Source{Path: e.Path, R: it.blob, Size: it.blob.Size, GitBlob: e.OID}
	if path.Ext(e.Path) != ".safetensors" { // torch and joblib read what a pickle says of files beside it
		beside := r.neighbours(ctx, e)
		defer func() { err = errors.Join(err, beside.close()) }()
		src.Beside = beside.open
	}
	if it.audited, err = r.auditor.Audit(ctx, src); err != nil {
		return err
	}
	it.audited.Source.Beside = nil
	return it.blob.Verify(ctx)
}

// readLink audits the text of a symbolic link, if it is a model whatever its
// name: the name of a link promises nothing of its text.
func (r *Run) readLink(ctx context.Context, it *item) (err error) {
	e := it.entry
	it.refusal = "it is a symbolic link"
	if !pipeline.ShowsModel(it.blob, it.blob.Size) {
		it.audited = pipeline.Unread(e.Path, e.OID, it.blob.Size, "")
		it.audited.Skipped = true
		return it.blob.Verify(ctx)
	}
	src := pipeline.Source{Path: e.Path, R: it.blob, Size: it.blob.Size, GitBlob: e.OID}
	if it.audited, err = r.auditor.Audit(ctx, src); err != nil {
		return err
	}
	return it.blob.Verify(ctx)
}

// plan notes the files that a conversion would give.
func (it *item) plan() {
	a := it.audited
	if a.Model == nil || a.Skipped || it.entry.Stage != 0 || !a.Rewrites() && len(a.Artifact.Findings) == 0 {
		return
	}
	p, err := pipeline.PlanOutline(a, converters.Options{})
	if err != nil {
		return
	}
	for _, part := range p.Parts {
		it.outputs = append(it.outputs, pipeline.OutputName(it.entry.Path, part.Role))
	}
}

// checkAttributes reports model files that checkout would turn into other
// bytes, and text that checkout could turn into a model.
func (r *Run) checkAttributes(ctx context.Context, items []*item) error {
	var paths []string
	for _, it := range items {
		paths = append(append(paths, it.entry.Path), it.outputs...)
	}
	attrs, err := r.attributes(ctx, paths...)
	if err != nil {
		return err
	}
	for _, it := range items {
		a := attrs[it.entry.Path]
		switch {
		case it.entry.Mode == gitindex.ModeSymlink: // attributes are for files
			continue
		case it.audited.Skipped && !decodesText(a), !changesBytes(a):
			continue
		}
		it.audited.Skipped = false
		it.refusal = "the attributes of its path make git check out other bytes"
		r.auditor.CheckedOutOtherwise(it.audited)
	}
	return nil
}

// lateArrivals audits what another process staged while the hook ran: git
// holds no lock then, and would commit it unseen.
func (r *Run) lateArrivals(ctx context.Context) error {
	for range 5 {
		if r.repo.SameStamp(r.stamp) {
			return nil
		}
		r.stamp = r.repo.Stamp()
		staged, err := r.repo.Staged(ctx)
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(r.auditable(staged), func(e gitindex.Entry) bool { return r.audited[e.Path] == e.OID })
		metadata, err := r.described(ctx, fresh)
		if err != nil {
			return err
		}
		fresh = append(fresh, metadata...)
		if err := r.auditAll(ctx, fresh); err != nil {
			return err
		}
	}
	return errors.New("the index keeps changing while the hook runs")
}
