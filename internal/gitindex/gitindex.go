// Package gitindex reads what is staged in a git repository and changes it:
// index entries, blobs, attributes, Git LFS objects. It is the only package of
// the project that runs git.
//
// Most users need [Open], [Repo.Staged], [Repo.OpenBlobOrFile],
// [Repo.WriteBlob] and [Repo.Apply]. Paths are as git stores them: relative to
// the top of the work tree, with slashes, any bytes but NUL.
//
// Entries come from git itself, because it alone reads every kind of index
// (split, sparse, without checksum) faithfully; the index is written by one
// `git update-index --index-info` for the same reason. Blobs are read through
// go-git's object storage, which streams, and through `git cat-file --batch`
// where go-git cannot serve: SHA-256, alternates, deltas, relocated stores.
//
// # Security
//
// The repository is not trusted. Every git process runs without a shell, with
// a fixed repository, without replacement objects, file system monitor, lazy
// fetch or pathspec magic, and with its error text bounded and escaped. No git
// command is used that runs filters, text conversions or external diffs. The
// digest of every blob that is read must equal its object id, whoever read it.
// Sizes in objects are claims: at most 1 MiB of a blob is held in memory, the
// rest goes to an unlinked file in the git directory.
package gitindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/modelaudit/action/internal/safeio"
)

// Errors that callers branch on, found with errors.Is.
var (
	// ErrNoGit: there is no git program.
	ErrNoGit = errors.New("git is not installed, or not on PATH")
	// ErrNoRepo: the directory belongs to no git repository.
	ErrNoRepo = errors.New("not a git repository")
	// ErrNoWorkTree: the repository is bare, or the directory is its git directory.
	ErrNoWorkTree = errors.New("not inside a work tree")
	// ErrMissing: an object is not in the local store. It is never fetched.
	ErrMissing = errors.New("object is not in the local store")
	// ErrPromised: a partial clone left an object out, which git would fetch
	// when it needs it. It is an ErrMissing.
	ErrPromised = fmt.Errorf("%w: this partial clone left it out", ErrMissing)
	// ErrDigest: an object's content is not what its name says.
	ErrDigest = errors.New("content does not match its object id")
	// ErrStale: an index entry is not what the caller expects.
	ErrStale = errors.New("index entry is not as expected")
	// ErrLocked: another process kept the index locked.
	ErrLocked = errors.New("index is locked by another process")
	// ErrChanged: a file changed while it was being read.
	ErrChanged = errors.New("file changed while it was read")
)

// A Repo is one work tree of a git repository with the index that is in force.
// It is for use by several goroutines at once. Close it.
type Repo struct {
	Top          string // top of the work tree, absolute
	GitDir       string // this work tree's git directory, absolute
	CommonDir    string // the git directory that all work trees share, absolute
	IndexFile    string // the index in force, GIT_INDEX_FILE obeyed, absolute
	ObjectsDir   string // where new objects go, absolute
	ObjectFormat string // "sha1" or "sha256"
	Head         string // commit id of HEAD when the repository was opened; "" before the first commit

	// MaxBlobSize is the size above which a blob is refused with an error
	// wrapping safeio.ErrLimit. Zero means the default of safeio.Limits.
	MaxBlobSize int64

	git      runner
	cat      catFile
	lockWait []time.Duration
	topMu    sync.Mutex
	top      *os.Root // of the work tree, nil until it is needed
	// temporary is a directory that Close removes, "" for none.
	temporary string
}

// A Mode says which index git gave to a hook, and with it what becomes of a
// change to it (measured: githooks(5), builtin/commit.c prepare_index).
type Mode int

// The modes of a commit.
const (
	// AsIs: the real index; changes stay, even when the hook fails.
	AsIs Mode = iota
	// Normal: commit -a, -i, -p; the index is a lock file that git renames
	// over the real one, and drops when the hook fails.
	Normal
	// Partial: commit -- path, --only; a temporary index, while the real one
	// was written before the hook ran.
	Partial
)

// Open finds the repository that dir belongs to, with one git process. env is
// the environment, as os.Environ gives it; what git sets for its hooks
// (GIT_DIR, GIT_INDEX_FILE, ...) is obeyed. Errors: ErrNoGit, ErrNoRepo,
// ErrNoWorkTree, or a *GitError.
func Open(ctx context.Context, dir string, env []string) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	run := runner{dir: dir, env: hardened(env)}
	lines, err := run.locate(ctx, "--show-object-format", "--is-bare-repository", "--absolute-git-dir", "--git-common-dir",
		"--git-path=index", "--git-path=objects", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	abs := func(p string) string { return absolute(dir, p) }
	r := &Repo{
		ObjectFormat: lines[0], GitDir: abs(lines[2]), CommonDir: abs(lines[3]),
		IndexFile: abs(lines[4]), ObjectsDir: abs(lines[5]), Top: abs(lines[6]), Head: lines[7],
		MaxBlobSize: safeio.Limits{}.WithDefaults().MaxFileSize,
		lockWait:    []time.Duration{50e6, 100e6, 200e6, 300e6, 350e6},
	}
	r.git = runner{dir: r.Top, env: r.fixed(run.env)}
	r.cat.git = r.git
	return r, nil
}

// locate asks git rev-parse about the repository of the directory it runs in.
// Of asked, which begins with --show-object-format, each gives one line; behind
// them stands the commit that HEAD names, or "".
func (g runner) locate(ctx context.Context, asked ...string) ([]string, error) {
	args := []string{"rev-parse"}
	for _, option := range asked {
		name, path, isPath := strings.Cut(option, "=")
		args = append(args, name)
		if isPath {
			args = append(args, path)
		}
	}
	var out bytes.Buffer
	if err := g.run(ctx, nil, &out, append(args, "--revs-only", "HEAD")...); err != nil {
		return nil, openError(err, g.dir, out.String())
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) == len(asked) {
		lines = append(lines, "") // HEAD has no commit yet
	}
	if len(lines) != len(asked)+1 {
		return nil, fmt.Errorf("%s: git rev-parse gave %d lines: a line break in the repository's own path is not supported", escape(g.dir), len(lines))
	}
	if lines[0] != "sha1" && lines[0] != "sha256" {
		return nil, fmt.Errorf("object format %q is not supported", lines[0])
	}
	return lines, nil
}

// absolute is a path as git prints it, which may be relative to dir.
func absolute(dir, p string) string {
	p = filepath.FromSlash(p)
	if !filepath.IsAbs(p) {
		p = filepath.Join(dir, p)
	}
	return filepath.Clean(p)
}

func openError(err error, dir, out string) error {
	var ge *GitError
	if !errors.As(err, &ge) {
		return err
	}
	switch {
	case strings.Contains(out, "\ntrue\n"), strings.Contains(ge.Stderr, "must be run in a work tree"),
		strings.Contains(ge.Stderr, "cannot use bare repository"):
		return fmt.Errorf("%s: %w", escape(dir), ErrNoWorkTree)
	case strings.Contains(ge.Stderr, "not a git repository"):
		return fmt.Errorf("%s: %w", escape(dir), ErrNoRepo)
	}
	return err
}

// Close ends the git process that serves objects, if there is one.
func (r *Repo) Close() error {
	r.cat.mu.Lock()
	defer r.cat.mu.Unlock()
	err := r.cat.stop()
	r.topMu.Lock()
	defer r.topMu.Unlock()
	if r.top != nil {
		err = errors.Join(err, r.top.Close())
		r.top = nil
	}
	if r.temporary != "" {
		err = errors.Join(err, os.RemoveAll(r.temporary))
	}
	return err
}

// CommitMode tells from the name of the index which kind of commit is being
// made. Outside a hook it is AsIs.
func (r *Repo) CommitMode() Mode {
	base := filepath.Base(r.IndexFile)
	switch {
	case strings.HasPrefix(base, "next-index-") && strings.HasSuffix(base, ".lock"):
		return Partial
	case strings.HasSuffix(base, ".lock"):
		return Normal
	}
	return AsIs
}

// HooksDir returns the absolute path of the directory that git takes hooks
// from, core.hooksPath and linked work trees obeyed. It may not exist.
func (r *Repo) HooksDir(ctx context.Context) (string, error) {
	var out bytes.Buffer
	if err := r.git.run(ctx, nil, &out, "rev-parse", "--git-path", "hooks"); err != nil {
		return "", err
	}
	dir := filepath.FromSlash(strings.TrimSuffix(out.String(), "\n"))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.Top, dir)
	}
	return filepath.Clean(dir), nil
}

// exists reports whether a name is taken, by whatever kind of file.
func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
