package hook

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/policy"
)

// A Change is what lies between two commits, by their ids.
type Change struct {
	// Base is what Head is compared with, from their merge base on; "" audits
	// every file of Head.
	Base, Head string
	// PolicyOf is the commit whose policy decides, unless Options has one.
	PolicyOf string
	// EachCommit looks at what every commit between has added.
	EachCommit bool
}

// AuditChange audits a change and never writes. A policy that the change brings
// and that is wrong is a *PolicyError: it would stop everybody once it is merged.
func AuditChange(ctx context.Context, repo *gitindex.Repo, opt Options, c Change) (*Run, error) {
	opt.Check, opt.Prefix = true, below(repo.Top, opt.Dir)
	opt.All = opt.All || c.Base == ""
	var changed []gitindex.Entry
	if c.Base != "" {
		var err error
		if changed, err = between(ctx, repo, c.Base, c.Head, c.EachCommit); err != nil {
			return nil, err
		}
	}
	tree, err := repo.AtTree(ctx, c.Head)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	r := &Run{repo: tree, opt: opt, audited: map[string]string{}, taken: map[string]string{}, history: true, Change: c}
	defer r.closeItems()
	if err := r.policyOf(ctx, c.PolicyOf); err != nil {
		return nil, err
	}
	if err := r.checkNewPolicy(ctx, changed); err != nil {
		return nil, err
	}
	r.auditor = &pipeline.Auditor{Policy: r.Policy, Today: opt.Today, Digest: opt.Digest}
	r.openCache()
	entries, err := r.withRequested(ctx, changed)
	if err == nil {
		entries, err = r.only(ctx, entries, changed)
	}
	if err != nil {
		return nil, err
	}
	if err := r.auditAll(ctx, entries); err != nil {
		return nil, err
	}
	return r, r.finish(ctx, 0)
}

// policyOf takes the policy of a revision, the one that the changes may not touch.
func (r *Run) policyOf(ctx context.Context, rev string) error {
	if r.opt.Policy != nil {
		r.adopt(r.opt.Policy)
		return nil
	}
	data, found, err := r.repo.HeadFile(ctx, rev, PolicyFile)
	if err != nil {
		return policyTrouble(ctx, rev, err)
	}
	return r.parsePolicy(data, found, rev)
}

// checkNewPolicy parses the policy that a change adds or edits.
func (r *Run) checkNewPolicy(ctx context.Context, changed []gitindex.Entry) error {
	brings := slices.ContainsFunc(changed, func(e gitindex.Entry) bool { return e.Path == PolicyFile && e.Status != 'D' })
	if !brings {
		return nil
	}
	data, found, err := r.repo.HeadFile(ctx, r.repo.Head, PolicyFile)
	if err != nil {
		return policyTrouble(ctx, r.repo.Head, err)
	}
	if !found { // a commit between had it
		return nil
	}
	if _, err := policy.Parse(PolicyFile, data); err != nil {
		return &PolicyError{err}
	}
	return nil
}

// only keeps the entries that Options.Only names or that lie below. A name that
// neither the tree nor what changed has is a *PathError: it may be misspelt.
func (r *Run) only(ctx context.Context, entries, changed []gitindex.Entry) ([]gitindex.Entry, error) {
	if len(r.opt.Only) == 0 {
		return entries, nil
	}
	gone := map[string]bool{}
	for _, e := range changed {
		for p := e.Path; p != "." && !gone[p]; p = path.Dir(p) {
			gone[p] = true
		}
	}
	wanted := map[string]bool{}
	for _, name := range r.opt.Only {
		found, err := entryPaths(ctx, r.repo, r.opt.Dir, []string{name})
		if err != nil {
			names := candidates(r.repo, r.opt.Prefix, name)
			i := slices.IndexFunc(names, func(p string) bool { return gone[p] })
			if i < 0 {
				var path *PathError
				if errors.As(err, &path) {
					path.Of = r.Change.Head
				}
				return nil, err
			}
			found = names[i : i+1]
		}
		wanted[found[0]] = true
	}
	return slices.DeleteFunc(entries, func(e gitindex.Entry) bool {
		for p := e.Path; p != "."; p = path.Dir(p) {
			if wanted[p] {
				return false
			}
		}
		return !wanted["."]
	}), nil
}
