package gitindex

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// StagedBefore is Staged for the index that the user had before a commit of
// mode Normal or Partial began, with the entries of `git add -N`: they are added and
// empty.
func (r *Repo) StagedBefore(ctx context.Context) ([]Entry, error) {
	return r.staged(ctx, r.git.withIndex(r.userIndex()), "--ita-visible-in-index")
}

// EntriesBefore is Entries for the index that the user had before a commit of
// mode Normal or Partial began.
func (r *Repo) EntriesBefore(ctx context.Context, paths []string) ([]Entry, error) {
	return r.entriesOf(ctx, r.git.withIndex(r.userIndex()), paths)
}

// EntriesAfter is Entries for the index that the user will have once the commit
// that is going on is made.
func (r *Repo) EntriesAfter(ctx context.Context, paths []string) ([]Entry, error) {
	file := r.IndexFile
	if r.CommitMode() == Partial {
		file = r.partialIndex()
	}
	return r.entriesOf(ctx, r.git.withIndex(file), paths)
}

// partialIndex is the index that git puts in force after a commit of mode Partial.
func (r *Repo) partialIndex() string { return filepath.Join(r.GitDir, "index.lock") }

// userIndex is the index that is in force outside the commit that is going on.
func (r *Repo) userIndex() string {
	switch r.CommitMode() {
	case Normal:
		return strings.TrimSuffix(r.IndexFile, ".lock")
	case Partial:
		return filepath.Join(r.GitDir, "index")
	}
	return r.IndexFile
}

// IntentToAdd reports whether the entry at path is one of `git add -N`, which
// no commit contains. It asks git for the entry's flags, bit 29 of which says
// so (gitformat-index(5), extended flags).
func (r *Repo) IntentToAdd(ctx context.Context, path string) (bool, error) {
	return intentToAdd(ctx, r.git, path)
}

// IntentToAddBefore is IntentToAdd for the index of EntriesBefore.
func (r *Repo) IntentToAddBefore(ctx context.Context, path string) (bool, error) {
	return intentToAdd(ctx, r.git.withIndex(r.userIndex()), path)
}

func intentToAdd(ctx context.Context, git runner, path string) (bool, error) {
	var out bytes.Buffer
	if err := git.run(ctx, nil, &out, "ls-files", "--debug", "-z", "--", path); err != nil {
		return false, err
	}
	text := out.String()
	at := strings.LastIndex(text, "flags: ") // the path, which comes first, may hold that too
	if at < 0 {
		return false, nil
	}
	word, _, _ := strings.Cut(text[at+len("flags: "):], "\n")
	flags, err := strconv.ParseUint(strings.TrimSpace(word), 16, 64)
	if err != nil {
		return false, fmt.Errorf("git ls-files gave flags %q", escape(word))
	}
	return flags&(1<<29) != 0, nil
}

// Stamp describes the index file as it is now: nil if there is none.
func (r *Repo) Stamp() os.FileInfo {
	fi, err := os.Stat(r.IndexFile)
	if err != nil {
		return nil
	}
	return fi
}

// SameStamp reports whether the index file was not written since stamp was
// taken. Git writes an index to a new file and renames it.
func (r *Repo) SameStamp(stamp os.FileInfo) bool {
	now := r.Stamp()
	return stamp != nil && now != nil && os.SameFile(stamp, now) && stamp.Size() == now.Size() && stamp.ModTime().Equal(now.ModTime())
}
