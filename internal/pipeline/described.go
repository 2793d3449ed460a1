package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/distributed"
)

// WithMetadata adds to paths the metadata of each distributed checkpoint of which
// they name a file: it says what torch reads in that file, which nothing in the
// file itself shows.
func WithMetadata(paths []string) []string {
	out := slices.Clone(paths)
	looked := map[string]bool{}
	for _, p := range paths {
		dir := filepath.Dir(p)
		if !IsChunk(filepath.Base(p)) || looked[dir] {
			continue
		}
		looked[dir] = true
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // and the file itself cannot be read either
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if distributed.IsMetadata(e.Name()) && !e.IsDir() && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// IsChunk reports whether a base name is that of a file that holds values of a
// distributed checkpoint, on any file system.
func IsChunk(name string) bool { return strings.HasSuffix(strings.ToLower(name), chunkSuffix) }

// IsMetadata reports whether a base name is that of the metadata of a
// distributed checkpoint, or of one rank's part of it.
func IsMetadata(name string) bool { return distributed.IsMetadata(name) }
