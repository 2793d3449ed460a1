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

// stashed lists the files whose unstaged edits a manager of hooks has put aside while they
// run, as a patch that it applies afterwards to what a hook made of them.
func stashed(ctx context.Context, s door.Streams, repo *gitindex.Repo) (paths []string) {
	patches := []string{filepath.Join(repo.CommonDir, "info", "lefthook-unstaged.patch")}
	if inFramework(s) {
		patches = frameworkPatches(s)
	}
	for _, name := range patches {
		fi, err := os.Lstat(name)
		if err != nil || !fi.Mode().IsRegular() || time.Since(fi.ModTime()) > time.Hour { // of an earlier run
			continue
		}
		if more, err := repo.PatchedPaths(ctx, name); err == nil {
			paths = append(paths, more...)
		}
	}
	return paths
}

// frameworkPatches lists the patches of the pre-commit framework that have its process id,
// which is our parent's, in the name (pre_commit/staged_files_only.py). Where a shell
// stands between, there is none; the framework then takes back what a hook has done.
func frameworkPatches(s door.Streams) (names []string) {
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
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "patch") && strings.HasSuffix(e.Name(), "-"+strconv.Itoa(os.Getppid())) {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names
}
