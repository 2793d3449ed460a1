package hook

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/modelaudit/action/internal/safeio"
)

// stageFiles brings the candidates of an item into the directory where they
// are to stand, still without their names: what can fail fails here.
func (r *Run) stageFiles(it *item) error {
	if it.rewrite.file == nil && !it.rewrite.added || it.rewrite.strip && !it.rewrite.same {
		return nil
	}
	for i, c := range it.rewrite.conv.Candidates {
		name := r.repo.WorkTreePath(it.rewrite.targets[i].path)
		if err := c.File.MoveTo(filepath.Dir(name)); err != nil {
			return err
		}
	}
	return nil
}

// A mover changes the work tree, and can take that back.
type mover struct{ done []change }

// A change is one file of the work tree that was replaced, made or removed.
type change struct {
	path   string
	former saved // what was there
	perm   fs.FileMode
}

// place gives every candidate its name. What is stripped takes its source's
// place only while that is as it was staged.
func (m *mover) place(ctx context.Context, r *Run) error {
	for _, it := range r.edited() {
		w := it.rewrite
		if !w.added && (w.file == nil || w.followed || w.strip && !it.mayFollow(ctx, r)) {
			continue
		}
		for i, c := range it.rewrite.conv.Candidates {
			t := it.rewrite.targets[i]
			place := c.File.Place
			if t.file.exists() {
				place = c.File.Replace
			}
			if err := place(r.repo.WorkTreePath(t.path)); err != nil {
				return err
			}
			m.done = append(m.done, change{t.path, t.file, t.perm})
		}
	}
	return nil
}

// remove removes the sources of what was converted, but those that have changed
// meanwhile.
func (m *mover) remove(ctx context.Context, r *Run) error {
	for _, it := range r.edited() {
		if it.rewrite.file == nil || it.rewrite.strip || !it.mayFollow(ctx, r) {
			continue
		}
		if err := os.Remove(r.repo.WorkTreePath(it.entry.Path)); err != nil {
			return err
		}
		m.done = append(m.done, change{it.entry.Path, it.rewrite.source, it.rewrite.file.Mode().Perm()})
	}
	return nil
}

// mayFollow reports whether the source's file is what was staged, so that it may
// follow the index; if it is not, a note says so.
func (it *item) mayFollow(ctx context.Context, r *Run) bool {
	if it.rewrite.same && r.unchanged(ctx, it) {
		return true
	}
	it.rewrite.same = false
	r.Report.Notes = append(r.Report.Notes, it.entry.Path+" in the work tree is not what was staged and was left as it is")
	return false
}

// rehashed is the size up to which a file is read again before it is removed.
// Of larger ones the time of the last change must do.
const rehashed = 64 << 20

// unchanged reports whether the source's file is still what was looked at.
func (r *Run) unchanged(ctx context.Context, it *item) bool {
	was := it.rewrite.file
	now, err := r.repo.WorkTreeStat(it.entry.Path)
	if err != nil || now == nil || !os.SameFile(was, now) || was.Size() != now.Size() || !was.ModTime().Equal(now.ModTime()) {
		return false
	}
	if now.Size() > rehashed {
		return true
	}
	_, same, err := r.holds(ctx, it.entry.Path, it.entry.OID, it.pointer)
	return err == nil && same
}

// back takes the changes back, the last one first.
func (m *mover) back(ctx context.Context, r *Run) error {
	var errs []error
	for i := len(m.done) - 1; i >= 0; i-- {
		c := m.done[i]
		name := r.repo.WorkTreePath(c.path)
		if !c.former.exists() {
			errs = append(errs, os.Remove(name))
		} else {
			errs = append(errs, r.restore(ctx, c.former, name, c.perm))
		}
	}
	return errors.Join(errs...)
}

// restore writes what was there to a file of the work tree.
func (r *Run) restore(ctx context.Context, was saved, name string, perm fs.FileMode) error {
	blob, err := r.repo.OpenBlob(ctx, was.oid)
	if err == nil && was.lfs {
		blob, _, err = r.follow(ctx, blob)
	}
	if err != nil {
		return err
	}
	defer blob.Close()
	f, err := safeio.Create(filepath.Dir(name), perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.Copy(f.File, io.NewSectionReader(blob, 0, blob.Size)); err != nil {
		return err
	}
	return f.Replace(name)
}
