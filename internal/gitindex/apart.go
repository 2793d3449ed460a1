package gitindex

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Apart is AtTree with an empty work tree of its own: what is written through
// it changes neither the index nor a file of the repository.
func (r *Repo) Apart(ctx context.Context, commit string) (*Repo, error) {
	at, err := r.AtTree(ctx, commit)
	if err != nil {
		return nil, err
	}
	at.Top = filepath.Join(at.temporary, "work")
	if err := os.Mkdir(at.Top, 0o700); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	at.git = runner{dir: at.Top, env: at.fixed(at.git.env)}
	at.cat.git = at.git
	return at, nil
}

// Patch writes what the index changes in Head as a patch with binary files in
// full (gitformat-diff), whatever drivers the attributes name.
func (r *Repo) Patch(ctx context.Context, w io.Writer) error {
	return r.git.run(ctx, nil, w, "diff-index", "--cached", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
		"--no-color", "--src-prefix=a/", "--dst-prefix=b/", r.Head)
}
