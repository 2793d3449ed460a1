package hookcommand

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/gitindex"
)

// inFramework reports whether the pre-commit framework runs the program.
func inFramework(s door.Streams) bool { return s.Environ("PRE_COMMIT") == "1" }

// stashed lists the files whose unstaged edits the framework has put aside while hooks
// run, and brings back afterwards, over what a hook made of them. It keeps them as a patch
// with its own process id in the name (pre_commit/staged_files_only.py). Where none is
// found the list is empty, and the framework then takes back what a hook has done.
func stashed(ctx context.Context, s door.Streams, repo *gitindex.Repo) []string {
	dir := s.Environ("PRE_COMMIT_HOME")
	if dir == "" {
		cache := s.Environ("XDG_CACHE_HOME")
		if cache == "" {
			cache = filepath.Join(s.Environ("HOME"), ".cache")
		}
		dir = filepath.Join(cache, "pre-commit")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	newest, patch := time.Now().Add(-time.Hour), "" // process ids come again
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "patch") || !strings.HasSuffix(e.Name(), "-"+strconv.Itoa(os.Getppid())) {
			continue
		}
		if fi, err := e.Info(); err == nil && fi.Mode().IsRegular() && fi.ModTime().After(newest) {
			newest, patch = fi.ModTime(), filepath.Join(dir, e.Name())
		}
	}
	if patch == "" {
		return nil
	}
	paths, err := repo.PatchedPaths(ctx, patch)
	if err != nil {
		return nil
	}
	return paths
}
