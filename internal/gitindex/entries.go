package gitindex

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The file modes of index entries.
const (
	ModeFile    uint32 = 0o100644
	ModeExec    uint32 = 0o100755
	ModeSymlink uint32 = 0o120000
	ModeGitlink uint32 = 0o160000
)

// An Entry is one index entry, or one difference between HEAD and the index.
type Entry struct {
	// Status is 'A' added, 'M' modified, 'T' type changed, 'D' deleted or 'U'
	// unmerged for a difference, and 0 for a plain index entry.
	Status byte
	// OldMode and OldOID are HEAD's side; zero and "" if HEAD lacks the path.
	OldMode uint32
	OldOID  string
	// Mode and OID are the index's side; zero and "" for a deletion.
	Mode uint32
	OID  string
	Path string
	// Stage is 0, or 1 to 3 for an unmerged entry.
	Stage int
	// Empty is set when the blob is the empty one. Git shows an entry of
	// `git add -N`, which no commit contains, in the same way.
	Empty bool
	// Commit is the commit that brought a difference, where those of several are
	// listed together (ChangedByCommits, BroughtBy); else "".
	Commit string
}

// Regular reports whether the entry holds a file, not a link or a submodule.
func (e Entry) Regular() bool { return e.Mode == ModeFile || e.Mode == ModeExec }

var (
	emptyTree = map[string]string{
		"sha1":   "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
	}
	emptyBlob = map[string]string{
		"sha1":   "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
		"sha256": "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
	}
)

// Staged returns the differences between Head and the index in path order,
// with no detection of renames: a rename is a deletion and an addition. Before
// the first commit every entry is added. An entry of `git add -N`, which no
// commit contains, is none.
func (r *Repo) Staged(ctx context.Context) ([]Entry, error) {
	return r.staged(ctx, r.git, "--ita-invisible-in-index")
}

func (r *Repo) staged(ctx context.Context, git runner, announced string) ([]Entry, error) {
	base := r.Head
	if base == "" {
		base = emptyTree[r.ObjectFormat]
	}
	var (
		entries []Entry
		next    *Entry
	)
	err := git.records(ctx, nil, func(rec string) error {
		if next != nil {
			next.Path, next = rec, nil
			return nil
		}
		e, err := r.parseRaw(rec)
		if err != nil {
			return err
		}
		entries = append(entries, e)
		next = &entries[len(entries)-1]
		return nil
	}, "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", announced, base, "--")
	if err == nil && next != nil {
		err = fmt.Errorf("git diff-index: output ends without a path")
	}
	return entries, err
}

// parseRaw reads ":OLDMODE NEWMODE OLDOID NEWOID STATUS" (git-diff-index(1),
// raw output format).
func (r *Repo) parseRaw(rec string) (Entry, error) {
	f := strings.Split(strings.TrimPrefix(rec, ":"), " ")
	if len(f) != 5 || len(f[4]) == 0 || rec[0] != ':' {
		return Entry{}, fmt.Errorf("git diff-index: malformed record %q", rec)
	}
	e := Entry{Status: f[4][0], OldOID: r.present(f[2]), OID: r.present(f[3])}
	var err error
	if e.OldMode, err = parseMode(f[0]); err != nil {
		return Entry{}, err
	}
	if e.Mode, err = parseMode(f[1]); err != nil {
		return Entry{}, err
	}
	e.Empty = e.OID == emptyBlob[r.ObjectFormat]
	return e, nil
}

// present turns the all-zero object id into "".
func (r *Repo) present(oid string) string {
	if strings.Trim(oid, "0") == "" {
		return ""
	}
	return oid
}

func parseMode(s string) (uint32, error) {
	m, err := strconv.ParseUint(s, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("git gave the file mode %q", s)
	}
	return uint32(m), nil
}

// maxArgs bounds the bytes of paths in one command line; every system takes more.
const maxArgs = 24 << 10

// Entries returns the index entries at or below the given paths, taken
// literally, in path order and each once; nil paths mean every entry. A path
// that is not in the index yields nothing.
func (r *Repo) Entries(ctx context.Context, paths []string) ([]Entry, error) {
	if paths != nil && len(paths) == 0 {
		return nil, nil
	}
	return r.entriesOf(ctx, r.git, paths)
}

func (r *Repo) entriesOf(ctx context.Context, git runner, paths []string) ([]Entry, error) {
	var entries []Entry
	for first := true; first || len(paths) > 0; first = false {
		var args []string
		args, paths = pathArgs([]string{"ls-files", "-s", "-z", "--"}, paths)
		err := git.records(ctx, nil, func(rec string) error {
			e, err := r.parseListed(rec)
			entries = append(entries, e)
			return err
		}, args...)
		if err != nil {
			return nil, err
		}
	}
	byPath := func(a, b Entry) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return a.Stage - b.Stage
	}
	slices.SortFunc(entries, byPath)
	return slices.CompactFunc(entries, func(a, b Entry) bool { return byPath(a, b) == 0 }), nil
}

// parseListed reads "MODE OID STAGE\tPATH" (git-ls-files(1), --stage).
func (r *Repo) parseListed(rec string) (Entry, error) {
	head, path, ok := strings.Cut(rec, "\t")
	f := strings.Split(head, " ")
	if !ok || len(f) != 3 || len(f[2]) != 1 || f[2] < "0" || f[2] > "3" {
		return Entry{}, fmt.Errorf("git ls-files: malformed record %q", rec)
	}
	mode, err := parseMode(f[0])
	return Entry{Mode: mode, OID: f[1], Path: path, Stage: int(f[2][0] - '0'), Empty: f[1] == emptyBlob[r.ObjectFormat]}, err
}
