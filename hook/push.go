package hook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
)

// An Update is one reference that a push changes.
type Update struct {
	Ref string
	// Old and New are object ids; "" or zeros stand for a reference that is not
	// there, before (a new one) or after (a deletion).
	Old, New string
}

// Bounds of what a hook is told of a push.
const (
	maxUpdates    = 10_000
	maxUpdateLine = 16 << 10 // bytes
)

// ReadUpdates reads what git gives to pre-receive, lines "OLD NEW REF", or with
// prePush to pre-push, "LOCAL-REF NEW REF OLD" (githooks(5)).
func ReadUpdates(r io.Reader, prePush bool) (list []Update, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxUpdateLine)
	for lines.Scan() {
		f := strings.Split(lines.Text(), " ")
		switch {
		case len(list) == maxUpdates:
			return nil, fmt.Errorf("more than %d references", maxUpdates)
		case !prePush && len(f) == 3:
			list = append(list, Update{Ref: f[2], Old: f[0], New: f[1]})
		case prePush && len(f) >= 4: // the local one may be an expression with spaces
			f = f[len(f)-3:]
			list = append(list, Update{Ref: f[1], Old: f[2], New: f[0]})
		default:
			return nil, fmt.Errorf("%q is no line that git gives to this hook", lines.Text())
		}
	}
	return list, lines.Err()
}

// none reports whether an id stands for no object.
func none(oid string) bool { return strings.Trim(oid, "0") == "" }

// Push audits what the commits of a push bring, even what a later one of them
// removes again, and never writes. Commits that known reaches are not looked at
// (gitindex.Repo.BroughtBy), nor those of an old value. On a server the policy is
// that of HEAD, the branch that the push should not be able to choose; else the
// one of the index; opt may have another.
func Push(ctx context.Context, repo *gitindex.Repo, opt Options, updates []Update, known []string) (*Run, error) {
	opt.Check, opt.Paths, opt.All = true, nil, false
	all := &Run{repo: repo, opt: opt, audited: map[string]string{}, history: true}
	load := all.loadPolicy
	if opt.Server {
		load = all.headPolicy
	}
	if err := load(ctx); err != nil {
		return nil, err
	}
	for _, u := range updates {
		if none(u.New) {
			continue
		}
		if err := all.update(ctx, u, known); err != nil {
			return nil, fmt.Errorf("%s: %w", u.Ref, err)
		}
	}
	all.sum(0)
	all.nextAfterCheck()
	return all, nil
}

// headPolicy takes the policy of HEAD, the built-in one before the first commit.
func (r *Run) headPolicy(ctx context.Context) error {
	if r.repo.Head == "" {
		r.adopt(r.opt.Policy)
		return nil
	}
	return r.policyOf(ctx, r.repo.Head)
}

// update audits what one update brings, with the attributes of its new tree.
func (r *Run) update(ctx context.Context, u Update, known []string) error {
	tip, err := r.repo.Resolve(ctx, u.New)
	if err != nil {
		return errors.Join(errors.New("only commits and tags of them can be audited"), err)
	}
	if !none(u.Old) && r.repo.IsCommit(ctx, u.Old) {
		known = append(slices.Clip(known), u.Old)
	}
	if r.audited[tip] != "" { // another reference to the same commit
		return nil
	}
	r.audited[tip] = u.Ref
	brought, err := r.repo.BroughtBy(ctx, tip, known)
	if err != nil || len(brought) == 0 {
		return err
	}
	tree, err := r.repo.AtTree(ctx, tip)
	if err != nil {
		return err
	}
	defer tree.Close()
	one := &Run{repo: tree, opt: r.opt, Policy: r.Policy, audited: map[string]string{}, taken: map[string]string{}, history: true}
	defer one.closeItems()
	one.auditor = &pipeline.Auditor{Policy: r.Policy, Today: r.opt.Today, Digest: r.opt.Digest}
	entries, err := one.withRequested(ctx, brought)
	if err != nil {
		return err
	}
	if err := one.auditAll(ctx, entries); err != nil {
		return err
	}
	one.findPast(ctx)
	one.findWays(ctx)
	r.items = append(r.items, one.items...)
	r.Report.Notes = append(r.Report.Notes, one.Report.Notes...)
	r.Report.Summary.Skipped += one.Report.Summary.Skipped
	r.PolicyChanged = r.PolicyChanged || one.PolicyChanged
	return nil
}
