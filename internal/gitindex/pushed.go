package gitindex

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/modelaudit/action/internal/safeio"
)

// OpenServer opens the repository of a hook of git-receive-pack, which git starts
// in the git directory itself, bare or not, with GIT_DIR set. What a push brings
// may still be in quarantine (git-receive-pack(1)): the object directories of env
// are obeyed. Nothing of such a Repo is a file of a work tree. Errors: ErrNoGit,
// ErrNoRepo, or a *GitError.
func OpenServer(ctx context.Context, dir string, env []string) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	run := runner{dir: dir, env: hardened(env)}
	lines, err := run.locate(ctx, "--show-object-format", "--absolute-git-dir", "--git-common-dir", "--git-path=objects")
	if err != nil {
		return nil, err
	}
	r := &Repo{ObjectFormat: lines[0], GitDir: absolute(dir, lines[1]), CommonDir: absolute(dir, lines[2]), ObjectsDir: absolute(dir, lines[3]), Head: lines[4],
		MaxBlobSize: safeio.Limits{}.WithDefaults().MaxFileSize}
	if r.temporary, err = os.MkdirTemp("", "modelaudit-server-*"); err != nil {
		return nil, err
	}
	r.Top, r.IndexFile = filepath.Join(r.temporary, "tree"), filepath.Join(r.temporary, "index")
	if err := os.Mkdir(r.Top, 0o700); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.git = runner{dir: r.Top, env: r.fixed(run.env)}
	r.cat.git = r.git
	return r, nil
}

// IsCommit reports whether an object id is that of a commit, or of a tag of one,
// that the store has.
func (r *Repo) IsCommit(ctx context.Context, oid string) bool {
	if r.checkOID(oid) != nil {
		return false
	}
	_, err := r.Resolve(ctx, oid)
	return err == nil
}

// BroughtBy returns what each commit that tip reaches has changed, as
// ChangedByCommits does, without the commits that known reaches. Words of known
// are ids of commits, or "--all" and "--remotes=NAME" for the references that
// the repository has.
func (r *Repo) BroughtBy(ctx context.Context, tip string, known []string) ([]Entry, error) {
	var commits bytes.Buffer
	if err := r.git.run(ctx, nil, &commits, append([]string{"rev-list", "--reverse", "--topo-order", tip, "--not"}, known...)...); err != nil {
		return nil, err
	}
	return r.changedBy(ctx, &commits)
}

// changedBy returns what listed commits have changed.
func (r *Repo) changedBy(ctx context.Context, commits *bytes.Buffer) ([]Entry, error) {
	if commits.Len() == 0 {
		return nil, nil
	}
	return r.diffTree(ctx, commits, "--stdin", "--root", "-c")
}
