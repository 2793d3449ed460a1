// Package hook is what happens between `git commit` and the commit: the staged
// entries are audited, the policy decides, and what is to be rewritten is
// rewritten in the index in one update. It also installs and removes the hook.
//
// # Security
//
// What is audited is what is staged: blobs, by object id, never the work tree.
// Nothing is changed before every remedy is proven; whatever fails before that
// leaves index and work tree as they were. Names of files are data: they are
// quoted in every command that is printed and are never options.
package hook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/policy"
)

// PolicyFile is where a repository keeps its policy.
const PolicyFile = ".modelaudit.yml"

// Options says how a run of the hook goes. The zero value audits what is staged.
type Options struct {
	Policy *policy.Policy // nil: PolicyFile in the index, else the built-in one
	Today  time.Time
	Check  bool     // never write
	All    bool     // every entry of the index
	Paths  []string // these entries too, even if they are unchanged
	// WorkTreeOnly: change the work tree and leave the index to the user, as
	// formatters under the pre-commit framework do.
	WorkTreeOnly bool
	// Prefix is where the user's shell is, below the top of the work tree.
	Prefix string
	Digest bool // SHA-256 of every artifact in the report
}

// A Run is one run of the hook.
type Run struct {
	Report audit.Report
	// Undo are the commands that restore the state before, nil if nothing changed.
	Undo []string
	// Next are the commands that the user should run, in order.
	Next []string
	// Policy is the one in force.
	Policy *policy.Policy

	repo    *gitindex.Repo
	opt     Options
	auditor *pipeline.Auditor
	items   []*item
	mode    gitindex.Mode
	audited map[string]string // path -> blob that was audited
}

// An item is a staged entry under audit.
type item struct {
	entry   gitindex.Entry
	audited *pipeline.Audited
	blob    *gitindex.Blob
	rewrite *rewrite // nil unless a remedy was prepared
	refusal string
}

// PolicyError is a policy of the repository that is wrong.
type PolicyError struct{ Err error }

func (e *PolicyError) Error() string { return e.Err.Error() }

// Hook audits what the index of repo holds, and rewrites it if the policy says
// so and git allows it. The error is one of the program's own work; what is
// wrong with files stands in the report.
func Hook(ctx context.Context, repo *gitindex.Repo, opt Options) (*Run, error) {
	r := &Run{repo: repo, opt: opt, mode: repo.CommitMode(), audited: map[string]string{}}
	defer r.closeItems()
	if err := r.loadPolicy(ctx); err != nil {
		return nil, err
	}
	r.auditor = &pipeline.Auditor{Policy: r.Policy, Today: opt.Today, Digest: opt.Digest}
	entries, err := r.entries(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.auditAll(ctx, entries); err != nil {
		return nil, err
	}
	if err := r.checkAttributes(ctx); err != nil {
		return nil, err
	}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	code := audit.ExitAllowed
	if r.mayApply() {
		if code, err = r.apply(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.lateArrivals(ctx); err != nil {
		return nil, err
	}
	r.fillReport()
	r.Report.Close(code)
	return r, nil
}

// loadPolicy takes the policy of the index, which is what is being committed.
func (r *Run) loadPolicy(ctx context.Context) error {
	r.Policy = r.opt.Policy
	if r.Policy != nil {
		return nil
	}
	data, found, err := r.repo.ReadIndexFile(ctx, PolicyFile)
	if err != nil {
		return &PolicyError{fmt.Errorf("%s: %w", PolicyFile, err)}
	}
	if !found {
		r.Policy = policy.BuiltIn()
		return nil
	}
	if r.Policy, err = policy.Parse(PolicyFile, data); err != nil {
		return &PolicyError{err}
	}
	r.Policy.Source = PolicyFile + "@index"
	return nil
}

// entries lists what is to be audited, and refuses a commit that would lose a
// source while its conversion is not part of it.
func (r *Run) entries(ctx context.Context) ([]gitindex.Entry, error) {
	staged, err := r.repo.Staged(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.guardDeletions(ctx, staged); err != nil {
		return nil, err
	}
	var extra []gitindex.Entry
	switch {
	case r.opt.All:
		extra, err = r.repo.Entries(ctx, nil)
	case len(r.opt.Paths) > 0:
		extra, err = r.repo.Entries(ctx, r.opt.Paths)
	}
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var out []gitindex.Entry
	for _, e := range append(staged, extra...) {
		if e.Regular() && e.Stage == 0 && e.Status != 'D' && !known[e.Path] {
			known[e.Path] = true
			out = append(out, e)
		}
		if e.Path == PolicyFile && e.Status != 0 {
			r.Report.Notes = append(r.Report.Notes, "this commit changes the policy, "+PolicyFile)
		}
	}
	return out, nil
}

// auditAll audits entries one after another. Blobs stay open for a remedy.
func (r *Run) auditAll(ctx context.Context, entries []gitindex.Entry) error {
	for _, e := range entries {
		r.audited[e.Path] = e.OID
		it, err := r.audit(ctx, e)
		if err != nil {
			return err
		}
		if it.audited.Skipped {
			r.Report.Summary.Skipped++
			it.close()
			continue
		}
		r.items = append(r.items, it)
		if !it.audited.Rewrites() {
			it.close()
		}
	}
	return nil
}

func (r *Run) audit(ctx context.Context, e gitindex.Entry) (*item, error) {
	it := &item{entry: e}
	if e.Empty && e.Status == 'A' {
		pending, err := r.repo.IntentToAdd(ctx, e.Path)
		if err != nil {
			return nil, err
		}
		if pending { // no commit contains it
			it.audited = pipeline.Unread(e.Path, "", 0, "")
			it.audited.Skipped = true
			return it, nil
		}
	}
	blob, err := r.repo.OpenBlobOrFile(ctx, e.OID, e.Path)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		it.audited = pipeline.Unread(e.Path, e.OID, 0, err.Error())
		return it, nil
	}
	if blob, err = r.follow(ctx, it, blob); err != nil {
		it.audited = pipeline.Unread(e.Path, e.OID, 0, err.Error())
		return it, nil
	}
	it.blob = blob
	it.audited, err = r.auditor.Audit(ctx, pipeline.Source{Path: e.Path, R: blob, Size: blob.Size, GitBlob: e.OID})
	if err == nil {
		err = blob.Verify(ctx)
	}
	if err != nil {
		it.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		it.audited = pipeline.Unread(e.Path, e.OID, 0, err.Error())
	}
	return it, nil
}

// follow replaces the blob of a Git LFS pointer by the content it stands for.
func (r *Run) follow(ctx context.Context, it *item, blob *gitindex.Blob) (*gitindex.Blob, error) {
	if blob.Size == 0 || blob.Size >= 1024 {
		return blob, nil
	}
	text := make([]byte, blob.Size)
	if _, err := blob.ReadAt(text, 0); err != nil && blob.Size != int64(len(text)) {
		return blob, nil
	}
	p, ok := gitindex.ParsePointer(text)
	if !ok {
		return blob, nil
	}
	it.refusal = "its content is stored by Git LFS, which is not rewritten yet"
	content, err := r.repo.OpenLFS(ctx, p)
	if errors.Is(err, gitindex.ErrMissing) {
		err = errors.New("a Git LFS pointer whose content is not here; `git lfs pull` fetches it")
	}
	return content, errors.Join(err, blob.Close())
}

// checkAttributes reports model files that checkout would turn into other bytes.
func (r *Run) checkAttributes(ctx context.Context) error {
	var paths []string
	for _, it := range r.items {
		paths = append(paths, it.entry.Path)
	}
	attrs, err := r.repo.CheckAttrs(ctx, paths)
	if err != nil {
		return err
	}
	for _, it := range r.items {
		a := attrs[it.entry.Path]
		if a.Encoding != "" && a.Encoding != "unset" || a.Ident == "set" {
			r.auditor.CheckedOutOtherwise(it.audited)
		}
	}
	return nil
}

// lateArrivals audits what another process staged while the hook ran: git
// holds no lock then, and would commit it unseen.
func (r *Run) lateArrivals(ctx context.Context) error {
	for range 3 {
		staged, err := r.repo.Staged(ctx)
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(staged, func(e gitindex.Entry) bool {
			return !e.Regular() || e.Stage != 0 || e.Status == 'D' || r.audited[e.Path] == e.OID
		})
		if len(fresh) == 0 {
			return nil
		}
		if err := r.auditAll(ctx, fresh); err != nil {
			return err
		}
	}
	return errors.New("the index keeps changing while the hook runs")
}

func (r *Run) fillReport() {
	r.Report.Policy = &audit.PolicySource{Source: r.Policy.Source, SHA256: r.Policy.SHA256}
	r.Report.Notes = append(r.Report.Notes, r.Policy.Expired(r.opt.Today)...)
	for _, it := range r.items {
		r.Report.Artifacts = append(r.Report.Artifacts, it.audited.Artifact)
	}
}

func (r *Run) closeItems() {
	for _, it := range r.items {
		it.close()
		if it.rewrite != nil {
			it.rewrite.conv.Discard()
		}
	}
}

func (it *item) close() {
	if it.blob != nil {
		it.blob.Close()
		it.blob = nil
	}
}

// HasModels reports whether anything was found that a person should read of.
func (r *Run) HasModels() bool { return len(r.Report.Artifacts) > 0 }

// quoted joins words of a command, each quoted.
func quoted(quote func(string) string, words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}
