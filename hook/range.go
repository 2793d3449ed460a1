package hook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
)

// A RangeError is a range that is wrong as it was written.
type RangeError struct {
	Range string
	Msg   string
}

func (e *RangeError) Error() string { return fmt.Sprintf("--range %s: %s", e.Range, e.Msg) }

// Range audits what changed from revision A to revision B and never writes.
// The text is A..B or A...B, which mean the same: what differs between each
// merge base of the two and B. Without B it is HEAD. With eachCommit it is
// what every commit between has added, even if a later one removed it again.
// The policy is the one of A, unless opt has one.
func Range(ctx context.Context, repo *gitindex.Repo, opt Options, text string, eachCommit bool) (*Run, error) {
	a, b, err := endpoints(ctx, repo, text)
	if err != nil {
		return nil, err
	}
	return AuditChange(ctx, repo, opt, Change{Base: a, Head: b, PolicyOf: a, EachCommit: eachCommit})
}

// endpoints resolves the two ends of a range.
func endpoints(ctx context.Context, repo *gitindex.Repo, text string) (a, b string, err error) {
	from, to, ok := strings.Cut(text, "...")
	if !ok {
		from, to, ok = strings.Cut(text, "..")
	}
	if !ok || from == "" || strings.Contains(to, "..") {
		return "", "", &RangeError{text, "expected A..B, A...B or A.."}
	}
	if to == "" {
		to = "HEAD"
	}
	if a, err = repo.Resolve(ctx, from); err == nil {
		b, err = repo.Resolve(ctx, to)
	}
	switch {
	case err == nil:
	case repo.IsShallow() && (errors.Is(err, gitindex.ErrNoRevision) || errors.Is(err, gitindex.ErrMissing)):
		err = fmt.Errorf("--range %s: %w; "+deepen, text, err)
	case errors.Is(err, gitindex.ErrNoRevision):
		err = &RangeError{text, err.Error()}
	case errors.Is(err, gitindex.ErrMissing):
		err = fmt.Errorf("--range %s: %w; `git fetch` brings what the remote's branches have", text, err)
	}
	return a, b, err
}

// deepen says how a shallow clone gets the history that it lacks.
const deepen = "in a shallow clone, `git fetch --unshallow` brings the rest"

// between lists what changed, each content of a path once.
func between(ctx context.Context, repo *gitindex.Repo, a, b string, eachCommit bool) ([]gitindex.Entry, error) {
	bases, err := repo.MergeBases(ctx, a, b)
	if errors.Is(err, gitindex.ErrNoMergeBase) {
		return nil, fmt.Errorf("%w: "+deepen, err)
	}
	if err != nil {
		return nil, err
	}
	var all []gitindex.Entry
	for _, base := range bases {
		changed, err := repo.Changed(ctx, base, b)
		if err != nil {
			return nil, err
		}
		all = append(all, changed...)
	}
	if eachCommit {
		changed, err := repo.ChangedByCommits(ctx, a, b)
		if err != nil {
			return nil, err
		}
		all = append(all, changed...)
	}
	slices.SortStableFunc(all, func(x, y gitindex.Entry) int {
		return strings.Compare(x.Path+"\x00"+x.OID, y.Path+"\x00"+y.OID)
	})
	return slices.CompactFunc(all, func(x, y gitindex.Entry) bool { return x.Path == y.Path && x.OID == y.OID && x.Mode == y.Mode }), nil
}
