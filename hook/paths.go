package hook

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
)

// A PathError is a path that was asked for and is not in what is audited.
type PathError struct {
	Path string
	Of   string // the revision that lacks it, "" for the index
}

func (e *PathError) Error() string {
	if e.Of != "" {
		return e.Path + ": neither " + e.Of[:min(len(e.Of), 12)] + " nor what changed has such a file or directory"
	}
	return e.Path + ": the index has no such entry"
}

// below is the path from top to name, with slashes; "" if name is not below.
func below(top, name string) string {
	for _, resolve := range []func(string) (string, error){filepath.Abs, filepath.EvalSymlinks} {
		from, err1 := resolve(top)
		to, err2 := resolve(name)
		if err1 != nil || err2 != nil {
			continue
		}
		if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) && rel != "." {
			return filepath.ToSlash(rel)
		}
	}
	return ""
}

// entryPaths finds the index entries that arguments name, from dir or else from
// the top. One that names no entry is a *PathError.
func entryPaths(ctx context.Context, repo *gitindex.Repo, dir string, args []string) ([]string, error) {
	if len(args) == 0 {
		return nil, nil
	}
	started := below(repo.Top, dir)
	all := []string{}
	for _, arg := range args {
		all = append(all, candidates(repo, started, arg)...)
	}
	entries, err := repo.Entries(ctx, all)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, e := range entries {
		for p := e.Path; p != "." && !known[p]; p = path.Dir(p) {
			known[p] = true
		}
	}
	var out []string
	for _, arg := range args {
		names := candidates(repo, started, arg)
		i := slices.IndexFunc(names, func(p string) bool { return p == "." || known[p] })
		if i < 0 {
			return nil, &PathError{Path: arg}
		}
		out = append(out, names[i])
	}
	return out, nil
}

// candidates are the paths from the top that an argument may mean.
func candidates(repo *gitindex.Repo, started, arg string) (out []string) {
	names := []string{path.Join(started, filepath.ToSlash(arg)), arg}
	if filepath.IsAbs(arg) {
		names = []string{below(repo.Top, arg)}
	}
	for _, p := range names {
		if p != "" && p != ".." && !strings.HasPrefix(p, "../") && !strings.HasPrefix(p, "/") {
			out = append(out, p)
		}
	}
	return out
}
