package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// isGlob reports whether a path that does not exist is a glob that no shell
// has expanded: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any directories.
func isGlob(path string) bool {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(path, "*?[{") {
		return false
	}
	return doublestar.ValidatePathPattern(path)
}

// glob yields what a glob matches as what lies below the directory that the
// glob begins with: links are not followed, git's own directory is not looked
// into. It reports whether more is wanted.
func (w *walker) glob(pattern string) bool {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
	goOn := true
	err := doublestar.GlobWalk(os.DirFS(filepath.FromSlash(base)), rest, func(below string, d fs.DirEntry) error {
		if slices.Contains(strings.Split(below, "/"), ".git") {
			return nil
		}
		below = filepath.FromSlash(below)
		full := filepath.Join(filepath.FromSlash(base), below)
		switch {
		case d.IsDir() && strings.HasSuffix(rest, "**"):
			return nil // its files match too
		case d.IsDir():
			goOn = w.directory(full, below)
		case d.Type().IsRegular():
			goOn = w.give(File{Path: full, Below: below})
		default:
			goOn = w.give(File{Path: full, Below: below, Passed: true, Link: d.Type()&fs.ModeSymlink != 0})
		}
		if !goOn {
			return errEnough
		}
		return nil
	}, doublestar.WithNoFollow(), doublestar.WithFailOnIOErrors())
	if err != nil && err != errEnough {
		return w.give(File{Path: pattern, Below: pattern, Err: err})
	}
	return goOn
}

// matches reports whether there is anything that a glob matches.
func matches(pattern string) bool {
	found := false
	w := walker{yield: func(File) bool {
		found = true
		return false
	}}
	w.glob(pattern)
	return found
}
