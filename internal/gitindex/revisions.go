package gitindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// Errors of revisions.
var (
	// ErrNoRevision: a name stands for no commit.
	ErrNoRevision = errors.New("no such revision")
	// ErrNoMergeBase: two commits have no common ancestor in the local history.
	ErrNoMergeBase = errors.New("no merge base is in the local history")
)

// Resolve returns the id of the commit that a revision stands for
// (gitrevisions(7)). A full object id that the store lacks is an error
// wrapping ErrMissing, any other name without a commit one wrapping ErrNoRevision.
func (r *Repo) Resolve(ctx context.Context, rev string) (string, error) {
	if rev == "" || strings.HasPrefix(rev, "-") || strings.ContainsAny(rev, "\x00\n") {
		return "", fmt.Errorf("%q: %w", rev, ErrNoRevision)
	}
	var out bytes.Buffer
	err := r.git.run(ctx, nil, &out, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	var ge *GitError
	switch {
	case err == nil:
		return strings.TrimSpace(out.String()), nil
	case !errors.As(err, &ge):
		return "", err
	case r.checkOID(strings.ToLower(rev)) == nil:
		return "", fmt.Errorf("commit %s: %w", rev, ErrMissing)
	}
	return "", fmt.Errorf("%s: %w", escape(rev), ErrNoRevision)
}

// MergeBases returns every best common ancestor of two commits, and an error
// wrapping ErrNoMergeBase if there is none.
func (r *Repo) MergeBases(ctx context.Context, a, b string) ([]string, error) {
	var out bytes.Buffer
	err := r.git.run(ctx, nil, &out, "merge-base", "--all", a, b)
	var ge *GitError
	if errors.As(err, &ge) && ge.Code == 1 && ge.Stderr == "" {
		return nil, ErrNoMergeBase
	}
	return strings.Fields(out.String()), err
}

// Changed returns the differences between two commits or trees as Staged
// does, with no detection of renames.
func (r *Repo) Changed(ctx context.Context, from, to string) ([]Entry, error) {
	return r.diffTree(ctx, nil, from, to)
}

// ChangedByCommits returns what each commit that b reaches and a does not has
// changed; of a merge, what differs from all of its parents. An entry that
// several commits brought comes once for each.
func (r *Repo) ChangedByCommits(ctx context.Context, a, b string) ([]Entry, error) {
	var commits bytes.Buffer
	if err := r.git.run(ctx, nil, &commits, "rev-list", "--reverse", "--topo-order", b, "^"+a); err != nil {
		return nil, err
	}
	return r.changedBy(ctx, &commits)
}

// EntriesAt returns what the tree of a commit has at or directly in a path, taken
// literally; "" is its top. Directories are left out. A path that it lacks yields nothing.
func (r *Repo) EntriesAt(ctx context.Context, commit, path string) ([]Entry, error) {
	if err := r.checkOID(commit); err != nil {
		return nil, err
	}
	args := []string{"ls-tree", "-z", "--full-tree", commit, "--"}
	if path != "" {
		args = append(args, path)
	}
	var entries []Entry
	err := r.git.records(ctx, nil, func(rec string) error {
		head, name, ok := strings.Cut(rec, "\t")
		f := strings.Split(head, " ")
		if !ok || len(f) != 3 {
			return fmt.Errorf("git ls-tree: malformed record %q", rec)
		}
		mode, err := parseMode(f[0])
		if f[1] != "tree" {
			entries = append(entries, Entry{Mode: mode, OID: f[2], Path: name, Empty: f[2] == emptyBlob[r.ObjectFormat], Commit: commit})
		}
		return err
	}, args...)
	return entries, err
}

// IsShallow reports whether the clone lacks the beginning of its history
// (gitrepository-layout(5), shallow).
func (r *Repo) IsShallow() bool {
	_, err := os.Stat(filepath.Join(r.CommonDir, "shallow"))
	return err == nil
}

func (r *Repo) diffTree(ctx context.Context, in *bytes.Buffer, args ...string) ([]Entry, error) {
	var entries []Entry
	var next *Entry
	commit := ""
	each := func(rec string) (err error) {
		switch {
		case next != nil:
			next.Path, next = rec, nil
			return nil
		case !strings.HasPrefix(rec, ":"): // with --stdin, what follows is of this commit
			commit = rec
			return r.checkOID(rec)
		}
		e, err := r.parseCombined(rec)
		e.Commit = commit
		entries = append(entries, e)
		next = &entries[len(entries)-1]
		return err
	}
	if in == nil {
		in = &bytes.Buffer{}
	}
	args = append([]string{"diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none"}, args...)
	err := r.git.records(ctx, in, each, args...)
	if err == nil && next != nil {
		err = fmt.Errorf("git diff-tree: output ends without a path")
	}
	return entries, err
}

// parseCombined reads a raw record, or one of a merge: as many colons as
// parents, a mode and an object id for each of them and the result, a letter
// for each parent (git-diff-tree(1), combined diff format).
func (r *Repo) parseCombined(rec string) (Entry, error) {
	body := strings.TrimLeft(rec, ":")
	parents := len(rec) - len(body)
	f := strings.Split(body, " ")
	if parents < 1 || len(f) != 2*parents+3 || len(f[len(f)-1]) < 1 {
		return Entry{}, fmt.Errorf("git diff-tree: malformed record %q", rec)
	}
	// The first parent stands for all.
	status := f[len(f)-1][:1]
	if r.present(f[2*parents+1]) == "" {
		status = "D"
	}
	return r.parseRaw(":" + strings.Join([]string{f[0], f[parents], f[parents+1], f[2*parents+1], status}, " "))
}

// AtTree returns a Repo whose index holds the tree of a commit, in a file of
// its own that Close removes. What is written through it is seen nowhere else.
func (r *Repo) AtTree(ctx context.Context, commit string) (*Repo, error) {
	dir, err := safeio.CreateDir(r.GitDir)
	if err != nil {
		if dir, err = safeio.CreateDir(os.TempDir()); err != nil {
			return nil, err
		}
	}
	at := &Repo{
		Top: r.Top, GitDir: r.GitDir, CommonDir: r.CommonDir, ObjectsDir: r.ObjectsDir, ObjectFormat: r.ObjectFormat,
		IndexFile: filepath.Join(dir, "index"), Head: commit, MaxBlobSize: r.MaxBlobSize, lockWait: r.lockWait, temporary: dir,
	}
	at.git = r.git.withIndex(at.IndexFile)
	at.cat.git = at.git
	if err := at.git.run(ctx, nil, &prefix{}, "read-tree", commit); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	return at, nil
}
