package hook

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// addLater tells what the user adds after a run that changed files only.
func (r *Run) addLater(it *item) string {
	names := []string{it.entry.Path}
	for _, t := range it.rewrite.targets {
		if it.rewrite.strip {
			break // it is its own target
		}
		names = append(names, t.path)
	}
	return r.inTop(gitAdd(names))
}

// gitAdd is the command that stages paths, by their literal names. Force,
// because a new name may be an ignored one.
func gitAdd(paths []string) string {
	return literally(paths...) + " add -f -- " + quoted(render.ShellQuote, paths...)
}

// literally is the git command for paths that may look like patterns.
func literally(paths ...string) string {
	for _, p := range paths {
		if strings.HasPrefix(p, ":") || strings.ContainsAny(p, `*?[\`) {
			return "git --literal-pathspecs"
		}
	}
	return "git"
}

// inTop makes a command work from where the user's shell is.
func (r *Run) inTop(cmd string) string {
	if r.opt.Prefix == "" {
		return cmd
	}
	return `(cd "$(git rev-parse --show-toplevel)" && ` + cmd + ")"
}

// nextAfterCheck tells how to do what a run that only checks has not done.
func (r *Run) nextAfterCheck() {
	if !r.opt.Check {
		return
	}
	for i := range r.Report.Artifacts {
		a := &r.Report.Artifacts[i]
		if a.Decision.Action != audit.ActionConvert && a.Decision.Action != audit.ActionStrip {
			continue
		}
		if r.opt.Merging {
			r.Next = []string{"git commit"}
			return
		}
		if a.Verdict == audit.VerdictClean { // others have it in their paragraph
			r.Next = append(r.Next, r.Commands(a)...)
		}
	}
}

// Commands are the commands that a person could run about a staged file that
// was blocked, or that was rewritten and left something to do, each one line for a shell.
func (r *Run) Commands(a *audit.Artifact) []string {
	i := slices.IndexFunc(r.items, func(it *item) bool { return it.entry.Path == a.Path && it.entry.OID == a.GitBlob })
	if i < 0 {
		return nil
	}
	path := a.Path
	if a.Remedy != nil {
		if raw := r.items[i].raw; len(raw) > 0 {
			return []string{r.trackCommand(raw)}
		}
		return nil
	}
	if cmd := r.items[i].fetch; cmd != "" {
		return []string{cmd}
	}
	if r.items[i].past != "" {
		return []string{"git rebase -i " + r.items[i].past}
	}
	if r.items[i].set != nil && a.Decision.Action != audit.ActionStrip {
		return r.setCommands(r.items[i])
	}
	var strip []string
	if a.Decision.Action == audit.ActionStrip || a.Offers(audit.RemedyStrip) {
		strip = []string{r.inTop("modelaudit remediate -- " + render.ShellQuote(path) + " && " + gitAdd([]string{path}))}
	}
	if len(r.items[i].outputs) == 0 || a.Decision.Action == audit.ActionStrip {
		return strip
	}
	source, way := render.ShellQuote(path), r.items[i].way
	words := append(append([]string{"modelaudit", "convert", "--to", "safetensors"}, way.Flags...), "--", path)
	convert := r.inTop(quoted(render.ShellQuote, words...) + " && " + literally(path) + " rm -q --cached -- " + source +
		" && " + gitAdd(way.Outputs))
	if a.StripFirst() {
		return append(strip, convert)
	}
	return append([]string{convert}, strip...) // either
}

// findWays looks for what is in the way of the conversions that are offered.
func (r *Run) findWays(ctx context.Context) {
	offered := map[string]bool{}
	for _, it := range r.items {
		if it.past != "" {
			continue
		}
		if it.set != nil {
			same := r.sameSource(it.set.named)
			it.set.way = pipeline.FindSetWay(it.set.source, it.set.shards, func(name string) pipeline.Place {
				place, err := r.look(ctx, name, same)
				if err != nil { // what is printed then may be refused, and says why
					return pipeline.PlaceFree
				}
				return place
			})
			continue
		}
		applied := it.rewrite != nil && it.audited.Artifact.Refusal == ""
		if len(it.outputs) == 0 || applied {
			continue
		}
		var failed error
		same := r.sameSource(it.entry.Path)
		it.way = pipeline.FindWay(it.outputs, func(name string) pipeline.Place {
			if offered[fold(name)] || name == it.entry.Path {
				return pipeline.PlaceTaken
			}
			place, err := r.look(ctx, name, same)
			failed = errors.Join(failed, err)
			return place
		})
		if failed != nil { // what is printed then may be refused, and says why
			it.way = pipeline.Way{Outputs: it.outputs}
		}
		for _, name := range it.way.Outputs {
			offered[fold(name)] = true
		}
	}
}

// sameSource tells the digest of the file that a command for a path would convert.
func (r *Run) sameSource(path string) func(sum string) bool {
	return pipeline.SameSource(r.repo.WorkTreePath(path))
}

// look tells what stands at a path in the work tree and in the index, where a
// conversion of one source is to go.
func (r *Run) look(ctx context.Context, name string, same func(sum string) bool) (pipeline.Place, error) {
	place := pipeline.PlaceFree
	if at := r.repo.WorkTreePath(name); at != "" {
		place = pipeline.LookFor(filepath.ToSlash(at), same)
	}
	index, err := r.index(ctx)
	if err != nil {
		return place, err
	}
	if e, ok := index.at(name); ok {
		var refused *converters.Refusal
		switch made, _, err := r.replaceable(ctx, e, name); {
		case errors.As(err, &refused):
			place = pipeline.PlaceTaken
		case err != nil:
			return place, err
		case !same(made):
			place = pipeline.PlaceTaken
		default:
			place = max(place, pipeline.PlaceOurs)
		}
	}
	return place, nil
}

// A LostSourceError refuses a commit that would delete a source while its
// conversion is not part of it.
type LostSourceError struct {
	Source, Converted string
	Command           string // which makes the conversion part of it
}

func (e *LostSourceError) Error() string {
	return fmt.Sprintf("this commit deletes %s, but %s, which was made from it, is not part of it", e.Source, e.Converted)
}

// guardDeletions looks for a deleted source beside whose name an untracked
// file of ours stands: an earlier run that could not edit the index made it,
// and the user has not added it yet.
func (r *Run) guardDeletions(ctx context.Context, staged []gitindex.Entry) error {
	deleted, err := r.deletions(ctx, staged)
	if err != nil {
		return err
	}
	for _, p := range deleted {
		converted := pipeline.OutputName(p, "weights")
		if converted == p || !r.madeByUs(converted) {
			continue
		}
		entries, err := r.repo.Entries(ctx, []string{converted})
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			continue
		}
		names := []string{converted}
		if state := pipeline.OutputName(p, "state"); r.madeByUs(state) {
			names = append(names, state)
		}
		return &LostSourceError{p, converted, r.inTop(gitAdd(names))}
	}
	return nil
}

// deletions lists the paths that this commit deletes, and those that were
// staged as new and that `commit -a` has dropped, because their files are gone.
func (r *Run) deletions(ctx context.Context, staged []gitindex.Entry) (out []string, err error) {
	kept := map[string]bool{}
	for _, e := range staged {
		kept[e.Path] = e.Status != 'D'
		if e.Status == 'D' {
			out = append(out, e.Path)
		}
	}
	if r.mode != gitindex.Normal {
		return out, nil
	}
	before, err := r.repo.StagedBefore(ctx)
	for _, e := range before {
		if e.Status == 'A' && !kept[e.Path] {
			out = append(out, e.Path)
		}
	}
	return out, err
}

// madeByUs reports whether the work tree has a file that a conversion made.
func (r *Run) madeByUs(path string) bool {
	if fi, err := r.repo.WorkTreeStat(path); err != nil || fi == nil || !fi.Mode().IsRegular() {
		return false
	}
	src, f, err := pipeline.Open(r.repo.WorkTreePath(path))
	if err != nil {
		return false
	}
	defer f.Close()
	return pipeline.IsOurs(src.R, src.Size)
}
