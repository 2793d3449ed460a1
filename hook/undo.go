package hook

import (
	"context"
	"fmt"
	"os"

	"slices"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/modelaudit/action/policy"
)

// undoIndex builds the commands that bring back what the index and the work
// tree held. The blobs stay in git's store, from which they come.
func (r *Run) undoIndex() {
	r.toTop()
	if r.Policy.AfterRewrite == policy.AfterRewriteContinue {
		// By then the commit has been made.
		if r.repo.Head == "" {
			r.Undo = append(r.Undo, "git update-ref -d HEAD")
		} else {
			r.Undo = append(r.Undo, "git reset --soft 'HEAD@{1}'")
		}
	}
	for _, it := range r.rewrites() {
		var own []string
		for _, t := range it.rewrite.targets {
			if t.expect == "" {
				own = append(own, "git update-index --force-remove -- "+render.ShellQuote(t.path))
			} else {
				own = append(own, cacheInfo(it.entry.Mode, t.expect, t.path))
			}
		}
		own = append(own, cacheInfo(it.entry.Mode, it.entry.OID, it.entry.Path))
		own = append(own, r.undoFiles(it)...)
		it.audited.Artifact.Remedy.Undo = strings.Join(own, " && ")
		r.Undo = append(r.Undo, own...)
	}
}

// undoWorkTree builds the commands for a run that changed files only.
func (r *Run) undoWorkTree() {
	r.toTop()
	for _, it := range r.rewrites() {
		own := r.undoFiles(it)
		it.audited.Artifact.Remedy.Undo = strings.Join(own, " && ")
		r.Undo = append(r.Undo, own...)
	}
}

func cacheInfo(mode uint32, oid, path string) string {
	return "git update-index --add --cacheinfo " + render.ShellQuote(fmt.Sprintf("%o,%s,%s", mode, oid, path))
}

// toTop begins with the change of directory that paths from the top need.
func (r *Run) toTop() {
	if r.opt.Prefix != "" {
		r.Undo = append(r.Undo, `cd "$(git rev-parse --show-toplevel)"`)
	}
}

// undoFiles brings the files of one item back.
func (r *Run) undoFiles(it *item) []string {
	if !it.rewrite.tracksFile {
		return nil
	}
	var out []string
	for _, t := range it.rewrite.targets {
		former := t.former
		if former == "" {
			former = t.expect
		}
		if former == "" {
			out = append(out, "rm -f -- "+render.ShellQuote(t.path))
		} else {
			out = append(out, "git cat-file blob "+former+" > "+fileArgument(t.path))
		}
	}
	out = append(out, "git cat-file blob "+it.entry.OID+" > "+fileArgument(it.entry.Path))
	if it.entry.Mode == gitindex.ModeExec {
		out = append(out, "chmod +x -- "+render.ShellQuote(it.entry.Path))
	}
	return out
}

// fileArgument quotes a path behind a redirection.
func fileArgument(p string) string {
	if strings.HasPrefix(p, "-") || strings.HasPrefix(p, "&") {
		p = "./" + p
	}
	return render.ShellQuote(p)
}

// addLater tells what the user adds after a run that changed files only.
func (r *Run) addLater(it *item) {
	names := []string{it.entry.Path}
	for _, t := range it.rewrite.targets {
		names = append(names, t.path)
	}
	r.Next = append(r.Next, r.inTop("git add -- "+quoted(render.ShellQuote, names...)))
}

// inTop makes a command work from where the user's shell is.
func (r *Run) inTop(cmd string) string {
	if r.opt.Prefix == "" {
		return cmd
	}
	return `(cd "$(git rev-parse --show-toplevel)" && ` + cmd + ")"
}

// A LostSourceError refuses a commit that would delete a source while its
// conversion is not part of it.
type LostSourceError struct {
	Source, Converted string
	Command           string
}

func (e *LostSourceError) Error() string {
	return fmt.Sprintf("this commit deletes %s, but %s, which was made from it, is not part of it", e.Source, e.Converted)
}

// guardDeletions looks for a deleted source beside whose name an untracked
// file of ours stands: an earlier run that could not edit the index made it,
// and the user has not added it yet.
func (r *Run) guardDeletions(ctx context.Context, staged []gitindex.Entry) error {
	for _, e := range staged {
		if e.Status != 'D' {
			continue
		}
		converted := pipeline.OutputName(e.Path, "weights")
		if converted == e.Path || slices.ContainsFunc(staged, func(s gitindex.Entry) bool { return s.Path == converted && s.Status != 'D' }) {
			continue
		}
		name := r.repo.WorkTreePath(converted)
		if name == "" {
			continue
		}
		if fi, err := os.Lstat(name); err != nil || !fi.Mode().IsRegular() {
			continue
		}
		entries, err := r.repo.Entries(ctx, []string{converted})
		if err != nil {
			return err
		}
		if len(entries) > 0 || !r.madeFrom(name) {
			continue
		}
		names := []string{converted}
		if state := pipeline.RoleName(converted, "state"); r.onDisk(state) {
			names = append(names, state)
		}
		return &LostSourceError{e.Path, converted, r.inTop("git add -- " + quoted(render.ShellQuote, names...))}
	}
	return nil
}

func (r *Run) onDisk(p string) bool {
	_, err := os.Lstat(r.repo.WorkTreePath(p))
	return err == nil
}

// madeFrom reports whether a file of the work tree was made by a conversion.
func (r *Run) madeFrom(name string) bool {
	src, f, err := pipeline.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return pipeline.IsOurs(src.R, src.Size)
}

// Commands are the commands that a person could run about a staged file that
// was blocked.
func (r *Run) Commands(p string, convertible bool) []string {
	if !convertible {
		return nil
	}
	out := pipeline.OutputName(p, "weights")
	q, qo := render.ShellQuote(p), render.ShellQuote(out)
	return []string{r.inTop("modelaudit convert --to safetensors -- " + q + " && git rm -q --cached -- " + q + " && git add -- " + qo)}
}
