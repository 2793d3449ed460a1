package hook

import (
	"context"

	"github.com/modelaudit/action/internal/gitindex"
)

// Commit audits what one update of a branch or of HEAD brings that no reference
// has yet: a commit that was just made, by whatever command. It never writes.
// The policy is that of the new commit, unless opt has one.
func Commit(ctx context.Context, repo *gitindex.Repo, opt Options, u Update) (*Run, error) {
	tip, err := repo.Resolve(ctx, u.New)
	if err != nil {
		return nil, err
	}
	r := &Run{repo: repo, opt: opt}
	if err := r.policyOf(ctx, tip); err != nil {
		return nil, err
	}
	opt.Policy = r.Policy
	return Push(ctx, repo, opt, []Update{u}, []string{"--all"})
}
