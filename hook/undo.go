package hook

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	entries := r.indexEdited && r.mode == gitindex.AsIs
	var first []string
	if r.opt.Prefix != "" {
		first = append(first, `cd "$(git rev-parse --show-toplevel)"`)
	}
	if goesOn {
		back, err := r.commitBack(ctx)
		if err != nil {
			return err
		}
		first = append(first, back...)
	}
	r.Undo = first
	for _, it := range r.rewrites() {
		var own []string
		switch {
		case entries:
			own = it.entriesBack()
		case !goesOn:
			back, err := r.addedBack(ctx, it)
			if err != nil {
				return err
			}
			own = back
		}
		own = append(own, it.filesBack()...)
		it.audited.Artifact.Remedy.Undo = strings.Join(append(first[:len(first):len(first)], own...), " && ")
		r.Undo = append(r.Undo, own...)
		if !goesOn && !entries { // git throws the edits of the index away
			r.Next = append(r.Next, r.addLater(it))
		}
	}
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

// addedBack brings back the user's own entries of what one item changed, which the
// printed git add may have changed since.
func (r *Run) addedBack(ctx context.Context, it *item) (lines []string, err error) {
	paths := []string{it.entry.Path}
	for _, t := range it.rewrite.targets {
		if t.path != it.entry.Path {
			paths = append(paths, t.path)
		}
	}
	before, err := r.repo.EntriesBefore(ctx, paths)
	if err != nil {
		return nil, err
	}
	flags, err := r.repo.FlagsBefore(ctx, paths)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		i := slices.IndexFunc(before, func(e gitindex.Entry) bool { return e.Path == path })
		e := gitindex.Entry{Path: path}
		if i >= 0 {
			e = before[i]
		}
		more, err := r.entryBack(ctx, e)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, more...), flagsBack(path, flags[path])...)
	}
	return lines, nil
}

// commitBack takes the commit back that is about to be made. Where git makes
// it from an index of its own, what the user had staged before is brought back
// too.
func (r *Run) commitBack(ctx context.Context) ([]string, error) {
	if r.mode == gitindex.AsIs {
		return append([]string{r.headBack("--soft ")}, r.conclusion...), nil
	}
	changed, err := r.changedByCommit(ctx)
	if err != nil {
		return nil, err
	}
	reset := "--soft "
	if r.repo.Head != "" && len(changed) > 8 {
		// Fewer commands may lead from HEAD to what was staged.
		staged, err := r.repo.StagedBefore(ctx)
		if err != nil {
			return nil, err
		}
		if len(staged) < len(changed) {
			reset, changed = "", staged
		}
	}
	lines := append([]string{r.headBack(reset)}, r.conclusion...)
	paths := make([]string, len(changed))
	for i, e := range changed {
		paths[i] = e.Path
	}
	flags, err := r.repo.FlagsBefore(ctx, paths)
	if err != nil {
		return nil, err
	}
	for _, e := range changed {
		more, err := r.entryBack(ctx, e)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, more...), flagsBack(e.Path, flags[e.Path])...)
	}
	return lines, nil
}

func (r *Run) headBack(how string) string {
	if r.repo.Head == "" {
		return "git update-ref -d HEAD"
	}
	return "git reset -q " + how + r.repo.Head
}

// concluding reports whether the commit concludes a merge, cherry-pick or revert.
func (r *Run) concluding() bool { return len(r.conclusion) > 0 }

// mergeBack brings back by what git knows what it is concluding: a file for a
// merge, which may be of several commits, and a reference for the others.
func (r *Run) mergeBack(ctx context.Context) (lines []string) {
	text, err := os.ReadFile(filepath.Join(r.repo.GitDir, "MERGE_HEAD"))
	if oids := strings.Fields(string(text)); err == nil && len(oids) > 0 && strings.Trim(strings.Join(oids, ""), "0123456789abcdef") == "" {
		lines = append(lines, `printf '%s\n' `+strings.Join(oids, " ")+` > "$(git rev-parse --git-path MERGE_HEAD)"`)
	}
	for _, name := range []string{"CHERRY_PICK_HEAD", "REVERT_HEAD"} {
		if oid, err := r.repo.Resolve(ctx, name); err == nil {
			lines = append(lines, "git update-ref "+name+" "+oid)
		}
	}
	return lines
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

// entryBack brings one entry of the user's index back.
func (r *Run) entryBack(ctx context.Context, e gitindex.Entry) ([]string, error) {
	remove := "git update-index --force-remove -- " + render.ShellQuote(e.Path)
	switch {
	case e.Stage != 0:
		r.Report.Notes = append(r.Report.Notes, "undo does not bring the conflict in "+e.Path+" back")
		return nil, nil
	case e.Mode == 0:
		return []string{remove}, nil
	case e.Empty:
		pending, err := r.repo.IntentToAddBefore(ctx, e.Path)
		if err != nil {
			return nil, err
		}
		if pending {
			return []string{remove, literally(e.Path) + " add -N -- " + render.ShellQuote(e.Path)}, nil
		}
	}
	return []string{cacheInfo(e.Mode, e.OID, e.Path)}, nil
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
	if w.file == nil || w.strip && !w.same {
		return nil
	}
	for _, t := range w.targets {
		out = append(out, "rm -f "+fileWord(t.path))
		if t.file.exists() {
			out = append(out, writeFile(t.file, t.path, t.exec))
		}
	}
	if w.same && !w.strip {
		source := it.entry.Path
		out = append(out, "[ -e "+fileWord(source)+" ] || { "+writeFile(w.source, source, w.file.Mode()&0o100 != 0)+"; }")
	}
	return out
}

func writeFile(was saved, path string, exec bool) string {
	cmd := "git cat-file blob " + was.oid
	if was.lfs {
		cmd += " | git lfs smudge"
	}
	cmd += " > " + fileWord(path)
	if exec {
		cmd += " && chmod +x " + fileWord(path)
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
