package hook

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/render"
)

// undo builds the commands that bring back what HEAD, the index and the work
// tree held before, and those by which the user goes on. They depend on what
// becomes of the commit. The blobs stay in git's store, from which they come.
func (r *Run) undo(ctx context.Context) error {
	if !r.indexEdited && !r.filesMoved {
		return nil
	}
	goesOn := r.indexEdited && r.Report.ExitCode == audit.ExitAllowed
	var first, last []string
	if r.opt.Prefix != "" {
		first = append(first, `cd "$(git rev-parse --show-toplevel)"`)
	}
	if goesOn {
		back, announced, err := r.commitBack(ctx)
		if err != nil {
			return err
		}
		first, last = append(first, back...), announced
	}
	r.Undo = first
	for _, it := range r.edited() {
		own, err := r.undoOne(ctx, it, goesOn)
		if err != nil {
			return err
		}
		if it.audited != nil {
			it.audited.Artifact.Remedy.Undo = strings.Join(slices.Concat(first, own, last), " && ")
		}
		r.Undo = append(r.Undo, own...)
	}
	r.Undo = append(r.Undo, last...)
	if r.indexEdited || !goesOn {
		r.Undo = append(r.Undo, "git update-index -q --refresh")
	}
	if goesOn || r.nothingLeft {
		return nil
	}
	again, err := r.again(ctx)
	if err != nil { // undo must be said whatever happens
		again = []string{"git commit"}
		r.Report.Notes = append(r.Report.Notes, "what else this commit held could not be listed: "+err.Error())
	}
	r.Next = append(r.Next, again...)
	return nil
}

// undoOne are the commands that bring back what the run took away of one file:
// entries of the index, then files, then what git add -N had announced.
func (r *Run) undoOne(ctx context.Context, it *item, goesOn bool) ([]string, error) {
	var own, announced []string
	switch {
	case r.indexEdited && r.mode == gitindex.AsIs:
		own = it.entriesBack()
	case !goesOn: // git throws the edits of the index away
		var err error
		if own, announced, err = r.addedBack(ctx, it); err != nil {
			return nil, err
		}
		r.Next = append(r.Next, r.addLater(it))
	}
	return append(append(own, it.filesBack()...), announced...), nil
}

// addedBack brings back the user's own entries of what one item changed, which the
// printed git add may have changed since. Those of last need the files.
func (r *Run) addedBack(ctx context.Context, it *item) (lines, last []string, err error) {
	paths := []string{it.entry.Path}
	for _, t := range it.rewrite.targets {
		if t.path != it.entry.Path {
			paths = append(paths, t.path)
		}
	}
	before, err := r.repo.EntriesBefore(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	was := make([]gitindex.Entry, len(paths))
	for i, path := range paths {
		was[i].Path = path
		if j := slices.IndexFunc(before, func(e gitindex.Entry) bool { return e.Path == path }); j >= 0 {
			was[i] = before[j]
		}
	}
	return r.userEntriesBack(ctx, was)
}

// userEntriesBack brings entries of the user's index back: with Mode 0 where
// there was none. Those of last need the files.
func (r *Run) userEntriesBack(ctx context.Context, was []gitindex.Entry) (lines, last []string, err error) {
	paths := make([]string, len(was))
	for i, e := range was {
		paths[i] = e.Path
	}
	flags, err := r.repo.FlagsBefore(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range was {
		back, announced, err := r.entryBack(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		lines = append(lines, back...)
		if marks := flagsBack(e.Path, flags[e.Path]); announced == nil {
			lines = append(lines, marks...)
		} else {
			last = append(append(last, announced...), marks...)
		}
	}
	return lines, last, nil
}

// commitBack takes the commit back that is about to be made. Where git makes
// it from an index of its own, what the user had staged before is brought back
// too. The lines of last need the files.
func (r *Run) commitBack(ctx context.Context) (lines, last []string, err error) {
	if r.mode == gitindex.AsIs {
		return slices.Concat([]string{r.headBack("--soft ")}, r.conclusion, r.messages), nil, nil
	}
	changed, err := r.changedByCommit(ctx)
	if err != nil {
		return nil, nil, err
	}
	reset := "--soft "
	if r.repo.Head != "" && len(changed) > 8 {
		// Fewer commands may lead from HEAD to what was staged.
		staged, err := r.repo.StagedBefore(ctx)
		if err != nil {
			return nil, nil, err
		}
		if len(staged) < len(changed) {
			reset, changed = "", staged
		}
	}
	entries, last, err := r.userEntriesBack(ctx, changed)
	return slices.Concat([]string{r.headBack(reset)}, r.conclusion, r.messages, entries), last, err
}

func (r *Run) headBack(how string) string {
	if r.repo.Head == "" {
		return "git update-ref -d HEAD"
	}
	return "git reset -q " + how + r.repo.Head
}

// changedByCommit lists the entries of the user's index that this commit
// changes, as they were: with Mode 0 where there was none.
func (r *Run) changedByCommit(ctx context.Context) (out []gitindex.Entry, err error) {
	before, err := r.repo.EntriesBefore(ctx, nil)
	if err != nil {
		return nil, err
	}
	after, err := r.repo.EntriesAfter(ctx, nil)
	if err != nil {
		return nil, err
	}
	was := make(map[string]gitindex.Entry, len(before))
	for _, e := range before {
		was[e.Path] = e
	}
	for _, e := range after {
		if old, ok := was[e.Path]; !ok {
			out = append(out, gitindex.Entry{Path: e.Path})
		} else if old != e {
			out = append(out, old)
		}
		delete(was, e.Path)
	}
	for _, e := range before {
		if _, gone := was[e.Path]; gone {
			out = append(out, e)
		}
	}
	return out, nil
}

// entryBack brings one entry of the user's index back; last is what `git add -N`
// does, which needs the file.
func (r *Run) entryBack(ctx context.Context, e gitindex.Entry) (lines, last []string, err error) {
	remove := "git update-index --force-remove -- " + render.ShellQuote(e.Path)
	switch {
	case e.Stage != 0:
		r.Report.Notes = append(r.Report.Notes, "undo does not bring the conflict in "+e.Path+" back")
		return nil, nil, nil
	case e.Mode == 0:
		return []string{remove}, nil, nil
	case e.Empty:
		pending, err := r.repo.IntentToAddBefore(ctx, e.Path)
		if err != nil {
			return nil, nil, err
		}
		if pending {
			return []string{remove}, []string{literally(e.Path) + " add -f -N -- " + render.ShellQuote(e.Path)}, nil
		}
	}
	return []string{cacheInfo(e.Mode, e.OID, e.Path)}, nil, nil
}

// flagsBack gives a restored entry its flags.
func flagsBack(path string, f gitindex.Flags) (out []string) {
	if f.SkipWorkTree {
		out = append(out, "git update-index --skip-worktree -- "+render.ShellQuote(path))
	}
	if f.AssumeUnchanged {
		out = append(out, "git update-index --assume-unchanged -- "+render.ShellQuote(path))
	}
	return out
}

func cacheInfo(mode uint32, oid, path string) string {
	return "git update-index --add --cacheinfo " + render.ShellQuote(fmt.Sprintf("%06o,%s,%s", mode, oid, path))
}

// entriesBack brings the index entries of one item back.
func (it *item) entriesBack() (out []string) {
	for _, t := range it.rewrite.targets {
		if t.expect == "" {
			out = append(out, "git update-index --force-remove -- "+render.ShellQuote(t.path))
		} else {
			out = append(out, cacheInfo(t.mode, t.expect, t.path))
			out = append(out, flagsBack(t.path, t.flags)...)
		}
	}
	if !it.rewrite.strip { // else it is the target
		out = append(out, cacheInfo(it.entry.Mode, it.entry.OID, it.entry.Path))
		out = append(out, flagsBack(it.entry.Path, it.rewrite.flags)...)
	}
	return out
}

// filesBack brings the files of one item back: what stands in the place of a
// candidate is removed first, so that it gets the mode of a new file, and the
// source comes back only where nothing has taken its place meanwhile.
func (it *item) filesBack() (out []string) {
	w := it.rewrite
	if w.followed {
		return it.followedBack()
	}
	if w.file == nil && !w.added || w.strip && !w.same {
		return nil
	}
	for _, t := range w.targets {
		out = append(out, "rm -f "+fileWord(t.path))
		if t.file.exists() {
			out = append(out, writeFile(t.file, t.path, t.perm))
		}
	}
	if w.same && !w.strip {
		source := it.entry.Path
		out = append(out, "[ -e "+fileWord(source)+" ] || { "+writeFile(w.source, source, w.file.Mode().Perm())+"; }")
	}
	return out
}

func writeFile(was saved, path string, perm fs.FileMode) string {
	cmd := "git cat-file blob " + was.oid
	if was.lfs {
		cmd += " | git lfs smudge"
	}
	cmd += " > " + fileWord(path)
	if perm != 0o666&^umask() {
		cmd += fmt.Sprintf(" && chmod %o %s", perm, fileWord(path))
	}
	return cmd
}

// fileWord is a path as a word that no command takes for an option.
func fileWord(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return render.ShellQuote(path)
}
