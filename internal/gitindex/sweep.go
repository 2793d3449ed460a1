package gitindex

import (
	"context"
	"path"
	"path/filepath"

	"github.com/modelaudit/action/internal/safeio"
)

// Sweep removes what runs that were killed have left under temporary names in
// the git directory, in the stores, and beside the given paths of the work
// tree. What cannot be removed stays: the next run tries again.
func (r *Repo) Sweep(ctx context.Context, beside []string) {
	dirs := []string{r.GitDir, r.ObjectsDir}
	if lfs, err := r.lfsDir(ctx); err == nil {
		dirs = append(dirs, filepath.Join(lfs, "objects"))
	}
	for _, dir := range dirs {
		_ = safeio.Sweep(dir, nil)
	}
	swept := map[string]bool{}
	for _, p := range beside {
		dir := path.Dir(p)
		name := r.Top
		if dir != "." {
			name = r.WorkTreePath(dir)
		}
		if swept[dir] || name == "" {
			continue
		}
		swept[dir] = true
		// Not through a link in the place of a directory.
		if fi, err := r.WorkTreeStat(dir); dir != "." && (err != nil || fi == nil || !fi.IsDir()) {
			continue
		}
		_ = safeio.Sweep(name, func(base string) bool {
			entries, err := r.Entries(ctx, []string{path.Join(dir, base)})
			return err != nil || len(entries) > 0
		})
	}
}
