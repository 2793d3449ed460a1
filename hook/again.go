package hook

import (
	"context"
	"slices"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/render"
)

// again are the commands that make the same commit once more, behind those
// that stage the conversions: of the same kind, for another would leave out
// what this one takes in beside the index, or take in what it leaves there.
func (r *Run) again(ctx context.Context) ([]string, error) {
	switch r.mode {
	case gitindex.Normal:
		return r.againNormal(ctx)
	case gitindex.Partial:
		paths, err := r.againPaths(ctx)
		return []string{r.inTop(literally(paths...) + " commit -- " + quoted(render.ShellQuote, paths...))}, err
	}
	return []string{"git commit"}, nil
}

// againPaths lists what `commit -- path` commits, with the conversions. A
// source that HEAD lacks is known to git no more once it is converted.
func (r *Run) againPaths(ctx context.Context) (paths []string, err error) {
	staged, err := r.repo.Staged(ctx)
	if err != nil {
		return nil, err
	}
	own := r.rewritten()
	for _, e := range staged {
		if !own[e.Path] || e.OldOID != "" {
			paths = append(paths, e.Path)
		}
	}
	for _, it := range r.edited() {
		for _, t := range it.rewrite.targets {
			paths = append(paths, t.path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// rewritten holds the sources and targets of this run.
func (r *Run) rewritten() map[string]bool {
	own := map[string]bool{}
	for _, it := range r.edited() {
		own[it.entry.Path] = true
		for _, t := range it.rewrite.targets {
			own[t.path] = true
		}
	}
	return own
}

// againNormal is again for `commit -a`, `-i` and `-p`, which git shows to a hook
// in one way. Where the work tree holds nothing that is not committed, -a does
// the same; else what the commit took in is staged, by its content.
func (r *Run) againNormal(ctx context.Context) ([]string, error) {
	own := r.rewritten()
	left, err := r.repo.ChangedFiles(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(left, func(p string) bool { return !own[p] }) {
		return []string{"git commit -a"}, nil
	}
	before, err := r.repo.EntriesBefore(ctx, nil)
	if err != nil {
		return nil, err
	}
	after, err := r.repo.Entries(ctx, nil)
	if err != nil {
		return nil, err
	}
	lines := stage(before, after, own)
	for i := range lines {
		lines[i] = r.inTop(lines[i])
	}
	return append(lines, "git commit"), nil
}

// stage are the commands that turn one index into another, but for some paths.
func stage(before, after []gitindex.Entry, but map[string]bool) (lines []string) {
	was := make(map[string]gitindex.Entry, len(before))
	for _, e := range before {
		was[e.Path] = e
	}
	for _, e := range after {
		if was[e.Path] != e && !but[e.Path] && e.Stage == 0 {
			lines = append(lines, cacheInfo(e.Mode, e.OID, e.Path))
		}
		delete(was, e.Path)
	}
	for _, e := range before {
		if _, gone := was[e.Path]; gone && !but[e.Path] {
			lines = append(lines, "git update-index --force-remove -- "+render.ShellQuote(e.Path))
		}
	}
	return lines
}
