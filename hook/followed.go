package hook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/modelaudit/action/internal/pipeline"
)

// findFollowed looks for items whose files already are what their rewrites would
// make of them. The pre-commit framework starts the program several times for
// one commit if there are many names, and a user may start it again before the
// new files are staged: such an item is said once more and changed no more.
func (r *Run) findFollowed(ctx context.Context) error {
	if !r.opt.WorkTreeOnly || r.opt.Check {
		return nil
	}
	for _, it := range r.rewrites() {
		followed, err := r.followed(ctx, it)
		if err != nil {
			return err
		}
		it.rewrite.followed = followed
	}
	return nil
}

func (r *Run) followed(ctx context.Context, it *item) (bool, error) {
	w := it.rewrite
	gone := w.file == nil && !w.flags.SkipWorkTree
	if w.same || gone == w.strip { // a conversion removes its source, a strip does not
		return false, nil
	}
	for i, c := range w.conv.Candidates {
		same, err := r.fileHolds(w.targets[i].path, c)
		if err != nil || !same {
			return false, err
		}
	}
	return true, r.writeBlobs(ctx, it)
}

// fileHolds reports whether the work tree's file at path is a candidate, byte for byte.
func (r *Run) fileHolds(path string, c *pipeline.Candidate) (bool, error) {
	fi, err := r.repo.WorkTreeStat(path)
	if err != nil || fi == nil || !fi.Mode().IsRegular() || fi.Size() != c.Size {
		return false, err
	}
	f, err := os.Open(r.repo.WorkTreePath(path))
	if err != nil {
		return false, err
	}
	defer f.Close()
	var a, b [64 << 10]byte
	want := io.NewSectionReader(c.File, 0, c.Size)
	for {
		n, err := io.ReadFull(want, a[:])
		if _, err := io.ReadFull(f, b[:n]); err != nil || !bytes.Equal(a[:n], b[:n]) {
			return false, nil
		}
		if err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF), nil
		}
	}
}

// followedBack brings the files of a followed item back.
func (it *item) followedBack() (out []string) {
	source := it.entry.Path
	restore := writeFile(saved{oid: it.entry.OID, lfs: it.pointer != nil}, source, it.rewrite.perm(it.entry.Mode))
	for _, t := range it.rewrite.targets {
		out = append(out, "rm -f "+fileWord(t.path))
	}
	if it.rewrite.strip {
		return append(out, restore)
	}
	return append(out, "[ -e "+fileWord(source)+" ] || { "+restore+"; }")
}
