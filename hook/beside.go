package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
)

// described lists the metadata of the distributed checkpoints of which entries
// are files: what torch reads in a file stands there, unchanged as it may be.
func (r *Run) described(ctx context.Context, changed []gitindex.Entry) (out []gitindex.Entry, err error) {
	type place struct{ dir, commit string }
	looked := map[place]bool{}
	for _, e := range changed {
		dir := path.Dir(e.Path)
		if !pipeline.IsChunk(path.Base(e.Path)) || looked[place{dir, e.Commit}] {
			continue
		}
		looked[place{dir, e.Commit}] = true
		entries, err := r.directory(ctx, dir, e.Commit)
		if err != nil {
			return nil, err
		}
		for _, m := range entries {
			if path.Dir(m.Path) == dir && pipeline.IsMetadata(path.Base(m.Path)) {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// directory lists the entries of a directory, and perhaps of those below: of a
// commit, or with "" of the index.
func (r *Run) directory(ctx context.Context, dir, commit string) ([]gitindex.Entry, error) {
	if commit != "" {
		return r.repo.EntriesAt(ctx, commit, strings.TrimPrefix(dir+"/", "./"))
	}
	if dir == "." {
		return r.repo.Entries(ctx, nil)
	}
	return r.repo.Entries(ctx, []string{dir})
}

// A neighbourhood opens entries beside one that is audited: what the same commit
// has there, whether it changes them or not.
type neighbourhood struct {
	r      *Run
	ctx    context.Context // of the audit, which it does not outlive
	dir    string
	commit string                    // whose tree it is, "" for the index
	opened map[string]*gitindex.Blob // nil once it is closed
}

func (r *Run) neighbours(ctx context.Context, of gitindex.Entry) *neighbourhood {
	return &neighbourhood{r: r, ctx: ctx, dir: path.Dir(of.Path), commit: of.Commit, opened: map[string]*gitindex.Blob{}}
}

func (n *neighbourhood) open(name string) (io.ReaderAt, int64, error) {
	if b := n.opened[name]; b != nil {
		return b, b.Size, nil
	}
	if n.opened == nil {
		return nil, 0, errors.New("files beside it are read in the audit alone")
	}
	if name == "" || strings.Contains(name, "/") {
		return nil, 0, fmt.Errorf("%.100q is no name of a file beside it", name)
	}
	at := path.Join(n.dir, name)
	var entries []gitindex.Entry
	var err error
	if n.commit != "" {
		entries, err = n.r.repo.EntriesAt(n.ctx, n.commit, at)
	} else {
		entries, err = n.r.repo.Entries(n.ctx, []string{at})
	}
	if err != nil {
		return nil, 0, err
	}
	if len(entries) != 1 || entries[0].Path != at || entries[0].Stage != 0 || !entries[0].Regular() {
		return nil, 0, fmt.Errorf("%s has no such file", n.r.what())
	}
	it := &item{entry: entries[0]}
	if it.blob, err = n.r.repo.OpenBlobOrFile(n.ctx, it.entry.OID, at); err == nil {
		err = n.r.followItem(n.ctx, it)
	}
	if err != nil {
		it.close()
		return nil, 0, err
	}
	n.opened[name] = it.blob
	return it.blob, it.blob.Size, nil
}

// close gives the entries' contents back. The error is of one that is not what
// its object id says.
func (n *neighbourhood) close() (err error) {
	for _, b := range n.opened {
		err = errors.Join(err, b.Verify(n.ctx), b.Close())
	}
	n.opened = nil
	return err
}
