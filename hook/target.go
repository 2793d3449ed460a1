package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
)

// A target is where a candidate goes.
type target struct {
	path    string
	expect  string // blob that the index has there now, "" for none
	mode    uint32 // mode of that entry
	flags   gitindex.Flags
	oid     string      // blob of the candidate, once written
	lfs     bool        // its attributes say that Git LFS stores it
	fromLFS bool        // it comes from what Git LFS stores
	file    saved       // the work tree's own file there, which is ours
	perm    fs.FileMode // of that file
	made    string      // digest of what the file that is there was made from, "" for none
}

func refusal(format string, args ...any) error {
	return &converters.Refusal{Msg: fmt.Sprintf(format, args...)}
}

// target finds the place of a candidate: free, or held by an earlier
// conversion of ours.
func (r *Run) target(ctx context.Context, it *item, name string) (target, error) {
	t := target{path: name, fromLFS: it.pointer != nil}
	switch {
	case name == it.entry.Path:
		return t, refusal("the new file would have the name of the old one")
	case slices.Contains(r.opt.Unstaged, name):
		return t, refusal("%s has edits that are not staged, which would come back over the new file", name)
	case len(path.Base(name)) > pipeline.MaxName:
		return t, refusal("the new file would have a name of %d bytes, and file systems take %d", len(path.Base(name)), pipeline.MaxName)
	}
	if other, ok := r.taken[fold(name)]; ok {
		return t, refusal("%s and %s would both become %s", other, it.entry.Path, name)
	}
	pointer, err := r.indexPlace(ctx, &t)
	if err != nil {
		return t, err
	}
	attrs, err := r.attributes(ctx, name)
	if err != nil {
		return t, err
	}
	a := attrs[name]
	if changesBytes(a) {
		return t, refusal("the attributes of %s would make git check out other bytes", name)
	}
	t.lfs = a.Filter == "lfs"
	if err := r.filePlace(ctx, &t, pointer); err != nil {
		return t, err
	}
	r.taken[fold(name)] = it.entry.Path
	return t, nil
}

// indexPlace looks at what the index has where a candidate would go: nothing, or
// a file of ours, of which it returns the Git LFS pointer if it is one.
func (r *Run) indexPlace(ctx context.Context, t *target) (pointer *gitindex.Pointer, err error) {
	index, err := r.index(ctx)
	if err != nil {
		return nil, err
	}
	if other, ok := index.folded[fold(t.path)]; ok && other != t.path {
		return nil, refusal("%s is in the index and differs from %s in upper and lower case or in its Unicode form only", other, t.path)
	}
	e, ok := index.at(t.path)
	if !ok {
		return nil, nil
	}
	if t.made, pointer, err = r.replaceable(ctx, e, t.path); err != nil {
		return nil, err
	}
	t.expect, t.mode, t.flags = e.OID, e.Mode, index.flags[t.path]
	return pointer, nil
}

// replaceable refuses an entry that is in the way of a candidate for path,
// unless it holds an earlier conversion of ours: it returns the digest of what that was
// made from, and its Git LFS pointer.
func (r *Run) replaceable(ctx context.Context, e gitindex.Entry, path string) (made string, pointer *gitindex.Pointer, err error) {
	switch {
	case e.Path != path:
		return "", nil, refusal("%s is a directory in the index", path)
	case e.Mode == gitindex.ModeSymlink:
		return "", nil, refusal("%s is a symbolic link in the index", path)
	case !e.Regular():
		return "", nil, refusal("%s is a submodule in the index", path)
	case e.Stage != 0:
		return "", nil, refusal("%s is unmerged in the index", path)
	}
	if e.Empty {
		pending, err := r.repo.IntentToAdd(ctx, e.Path)
		if err != nil {
			return "", nil, err
		}
		if pending {
			return "", nil, refusal("%s was announced with `git add -N` and was not made by a conversion", path)
		}
	}
	made, pointer, err = r.madeFrom(ctx, e.OID)
	switch {
	case errors.Is(err, gitindex.ErrMissing):
		return "", nil, refusal("%s is in the index, and its content is not here to see whether a conversion made it", path)
	case err != nil:
		return "", nil, err
	case made == "":
		return "", nil, refusal("%s is in the index and was not made by a conversion", path)
	}
	return made, pointer, nil
}

// filePlace looks at the work tree's file where a candidate would go. A file
// of ours that the index does not have is kept as a blob, so that undo can bring
// it back. The pointer is that of the index entry.
func (r *Run) filePlace(ctx context.Context, t *target, pointer *gitindex.Pointer) error {
	if r.repo.WorkTreePath(t.path) == "" {
		return refusal("%s is no name that the work tree can have", t.path)
	}
	fi, err := r.repo.WorkTreeStat(t.path)
	if err != nil || fi == nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return refusal("%s in the work tree is not a regular file", t.path)
	}
	t.perm = fi.Mode().Perm()
	if t.expect != "" {
		if was, same, err := r.holds(ctx, t.path, t.expect, pointer); err == nil && same {
			t.file = was
			return nil
		}
	}
	src, f, err := pipeline.Open(r.repo.WorkTreePath(t.path))
	if err != nil {
		return refusal("%s in the work tree cannot be read", t.path)
	}
	defer f.Close()
	if t.made = pipeline.SourceDigest(src.R, src.Size); t.made == "" {
		return refusal("%s is in the work tree and was not made by a conversion", t.path)
	}
	if r.opt.Check {
		return nil
	}
	t.file.oid, err = r.repo.WriteBlob(ctx, io.NewSectionReader(src.R, 0, src.Size), src.Size)
	return err
}
