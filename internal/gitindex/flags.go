package gitindex

import (
	"context"
	"io"
	"strings"
)

// Flags are what git keeps for an entry besides mode and blob, and what a new
// entry lacks (git-update-index(1)).
type Flags struct {
	SkipWorkTree    bool // the work tree need not have the file, as in a sparse checkout
	AssumeUnchanged bool // git is not to look at the file
}

// Flags returns the flags of the entries at paths, by path, of those that have
// any; nil paths mean every entry.
func (r *Repo) Flags(ctx context.Context, paths []string) (map[string]Flags, error) {
	return r.flagsOf(ctx, r.git, paths)
}

// FlagsBefore is Flags for the index of EntriesBefore.
func (r *Repo) FlagsBefore(ctx context.Context, paths []string) (map[string]Flags, error) {
	return r.flagsOf(ctx, r.git.withIndex(r.userIndex()), paths)
}

// flagsOf reads the letters of git-ls-files(1), -v: S for SkipWorkTree, a
// small letter for AssumeUnchanged.
func (r *Repo) flagsOf(ctx context.Context, git runner, paths []string) (map[string]Flags, error) {
	out := map[string]Flags{}
	for first := paths == nil; first || len(paths) > 0; first = false {
		var args []string
		args, paths = pathArgs([]string{"ls-files", "-v", "-z", "--"}, paths)
		err := git.records(ctx, nil, func(rec string) error {
			letter, path, _ := strings.Cut(rec, " ")
			f := Flags{SkipWorkTree: strings.EqualFold(letter, "S"), AssumeUnchanged: letter != strings.ToUpper(letter)}
			if f != (Flags{}) {
				out[path] = f
			}
			return nil
		}, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SetFlags gives entries the flags that are set; it takes none away.
func (r *Repo) SetFlags(ctx context.Context, flags map[string]Flags) error {
	var skip, assume []string
	for path, f := range flags {
		if f.SkipWorkTree {
			skip = append(skip, path)
		}
		if f.AssumeUnchanged {
			assume = append(assume, path)
		}
	}
	set := func(option string, paths []string) error {
		if len(paths) == 0 {
			return nil
		}
		args, err := r.withoutFilters(ctx)
		if err != nil {
			return err
		}
		in := strings.NewReader(strings.Join(paths, "\x00") + "\x00")
		return r.git.run(ctx, in, io.Discard, append(args, "update-index", option, "-z", "--stdin")...)
	}
	if err := set("--skip-worktree", skip); err != nil {
		return err
	}
	return set("--assume-unchanged", assume)
}

// pathArgs moves as many paths behind args as one command line takes, at least one.
func pathArgs(args, paths []string) (line, rest []string) {
	for size := 0; len(paths) > 0 && (size == 0 || size+len(paths[0]) < maxArgs); paths = paths[1:] {
		args = append(args, paths[0])
		size += len(paths[0]) + 1
	}
	return args, paths
}
