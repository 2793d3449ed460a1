package hook

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
)

// loadPolicy takes the policy of the index, which is what is being committed.
func (r *Run) loadPolicy(ctx context.Context) error {
	if r.opt.Policy != nil {
		r.adopt(r.opt.Policy)
		return nil
	}
	data, found, err := r.repo.ReadIndexFile(ctx, PolicyFile)
	if err != nil {
		return policyTrouble(ctx, "", err)
	}
	if found && len(data) == 0 {
		pending, err := r.repo.IntentToAdd(ctx, PolicyFile)
		if err != nil {
			return err
		}
		found = !pending
	}
	if !found {
		fi, err := r.repo.WorkTreeStat(PolicyFile)
		r.unstaged = err == nil && fi != nil && fi.Mode().IsRegular()
	}
	return r.parsePolicy(data, found, "index")
}

// noteUnstaged says that a policy which is not staged decided nothing, where
// there was something to decide.
func (r *Run) noteUnstaged() {
	if r.unstaged && len(r.items) > 0 {
		r.Report.Notes = append(r.Report.Notes, PolicyFile+" is not staged and was not read: `git add "+PolicyFile+"` puts it in force")
	}
}

// parsePolicy adopts the policy of the repository, as it is in the index or in a
// revision; without one, the floor alone or the built-in one.
func (r *Run) parsePolicy(data []byte, found bool, at string) error {
	if !found {
		r.adopt(nil)
		return nil
	}
	own, err := policy.Parse(PolicyFile, data)
	if err != nil {
		return &PolicyError{err}
	}
	own.Source = PolicyFile + "@" + at
	r.adopt(own)
	return nil
}

// adopt puts a policy in force, nil for none, together with the floor.
func (r *Run) adopt(own *policy.Policy) {
	switch {
	case r.opt.Floor != nil:
		r.Policy = own.WithFloor(r.opt.Floor)
	case own != nil:
		r.Policy = own
	default:
		r.Policy = policy.BuiltIn()
	}
}

// policyTrouble tells a policy that cannot be one from one that cannot be read. It
// was to be read from a revision, or from the index for "".
func policyTrouble(ctx context.Context, rev string, err error) error {
	wrapped := fmt.Errorf("%s: %w", PolicyFile, err)
	if errors.Is(err, gitindex.ErrPromised) {
		wrapped = fmt.Errorf("%w; `git cat-file -e %s` fetches it", wrapped, render.ShellQuote(rev+":"+PolicyFile))
	}
	var git *gitindex.GitError
	if errors.Is(err, gitindex.ErrMissing) || errors.Is(err, gitindex.ErrDigest) || errors.As(err, &git) || ctx.Err() != nil {
		return wrapped
	}
	return &PolicyError{wrapped}
}

// entries lists what is to be audited, and refuses a commit that would lose a
// source while its conversion is not part of it.
func (r *Run) entries(ctx context.Context) ([]gitindex.Entry, error) {
	staged, err := r.repo.Staged(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.guardDeletions(ctx, staged); err != nil {
		return nil, err
	}
	return r.withRequested(ctx, staged)
}

// withRequested adds to what changed what the user asked for, and what a
// change of attributes touches.
func (r *Run) withRequested(ctx context.Context, changed []gitindex.Entry) (entries []gitindex.Entry, err error) {
	var extra []gitindex.Entry
	switch {
	case r.opt.All:
		extra, err = r.repo.Entries(ctx, nil)
	case len(r.opt.Paths) > 0:
		var paths []string
		if paths, err = entryPaths(ctx, r.repo, r.opt.Dir, r.opt.Paths); err == nil {
			extra, err = r.repo.Entries(ctx, paths)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, e := range changed {
		switch {
		case e.Path == PolicyFile:
			r.Report.Notes = append(r.Report.Notes, r.what()+" changes the policy, "+PolicyFile)
			r.PolicyChanged = r.PolicyChanged || e.Status != 'A'
		case path.Base(e.Path) == ".gitattributes" && !r.opt.All:
			touched, err := r.touched(ctx, e.Path)
			if err != nil {
				return nil, err
			}
			extra = append(extra, touched...)
		}
		if e.Status == 'U' {
			sides, err := r.repo.Entries(ctx, []string{e.Path})
			if err != nil {
				return nil, err
			}
			extra = append(extra, sides...)
		}
	}
	entries = append(changed, extra...)
	metadata, err := r.described(ctx, entries)
	if err != nil {
		return nil, err
	}
	return r.auditable(append(entries, metadata...)), nil
}

// what names what is audited.
func (r *Run) what() string {
	if r.history {
		return "this range"
	}
	return "this commit"
}

// auditable leaves out submodules, and names those that a commit changes:
// nobody has looked into them. A link is a text that git writes to a file where
// links are switched off (core.symlinks).
func (r *Run) auditable(entries []gitindex.Entry) (out []gitindex.Entry) {
	type key struct {
		path, oid, commit string
		stage             int
	}
	known := map[key]bool{}
	for _, e := range entries {
		k := key{path: e.Path, oid: e.OID, stage: e.Stage}
		if pipeline.IsMetadata(path.Base(e.Path)) {
			k.commit = e.Commit // what torch reads there are files beside it
		}
		if e.Mode == gitindex.ModeGitlink && e.Stage == 0 && !known[k] {
			r.Report.Notes = append(r.Report.Notes, e.Path+" is a submodule, into which nobody has looked")
		}
		if e.Mode == gitindex.ModeSymlink && e.Status != 0 && !known[k] {
			r.Report.Notes = append(r.Report.Notes, e.Path+" is a symbolic link; what it leads to is no part of "+r.what())
		}
		// Stage 1 of an unmerged entry is the common ancestor: committed before.
		if (e.Regular() || e.Mode == gitindex.ModeSymlink) && e.Stage != 1 && !known[k] {
			out = append(out, e)
		}
		known[k] = true
	}
	return out
}

// touched lists the entries that a changed .gitattributes makes git check out
// as other bytes.
func (r *Run) touched(ctx context.Context, attributes string) ([]gitindex.Entry, error) {
	var below []string
	if dir := path.Dir(attributes); dir != "." {
		below = []string{dir}
	}
	entries, err := r.repo.Entries(ctx, below)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(entries))
	for i, e := range entries {
		paths[i] = e.Path
	}
	attrs, err := r.repo.CheckAttrs(ctx, paths)
	if err != nil {
		return nil, err
	}
	var out []gitindex.Entry
	for _, e := range entries {
		if changesBytes(attrs[e.Path]) {
			out = append(out, e)
		}
	}
	return out, nil
}

// changesBytes reports whether attributes make a checkout differ from its blob
// (gitattributes(5)). text=auto is left out: git leaves a file alone in which
// it sees binary data.
func changesBytes(a gitindex.Attrs) bool {
	given := func(s string) bool { return s != "" && s != "unset" }
	text := a.Text == "set" || a.EOL == "crlf" && a.Text != "unset" && a.Text != "auto"
	return given(a.Encoding) || a.Ident == "set" || text || given(a.Filter) && a.Filter != "lfs" && a.Filter != "set"
}

// decodesText reports whether attributes turn UTF-8 text into bytes that need
// not be text at all: what UTF-16 and UTF-32 give is no model.
func decodesText(a gitindex.Attrs) bool {
	enc := strings.ToUpper(strings.ReplaceAll(a.Encoding, "-", ""))
	return enc != "" && enc != "UNSET" && !strings.HasPrefix(enc, "UTF16") && !strings.HasPrefix(enc, "UTF32") && !strings.HasPrefix(enc, "UTF8")
}
