package gitindex

import (
	"context"
	"fmt"
	"strings"
)

// PatchedPaths lists the files that the patch in a file changes. Nothing is applied.
func (r *Repo) PatchedPaths(ctx context.Context, patch string) (paths []string, err error) {
	err = r.git.records(ctx, nil, func(rec string) error {
		f := strings.SplitN(rec, "\t", 3) // lines added, lines removed, path
		if len(f) != 3 {
			return fmt.Errorf("git apply: malformed record %q", rec)
		}
		paths = append(paths, f[2])
		return nil
	}, "apply", "--numstat", "-z", "--whitespace=nowarn", "--", patch)
	return paths, err
}
