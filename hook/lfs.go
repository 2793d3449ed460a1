package hook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// saved says where the bytes of a work tree's file come back from. The zero
// value stands for no file.
type saved struct {
	oid string // of a blob
	lfs bool   // which is a pointer, and the file was what it stands for
}

func (s saved) exists() bool { return s.oid != "" }

// errLongPointer: git-lfs writes no such blob, and what it is depends on whether
// git-lfs or git alone checks it out.
var errLongPointer = errors.New("it begins as a Git LFS pointer and goes on: git-lfs checks out what the pointer stands for")

// follow gives the content that a Git LFS pointer stands for in the place of
// the pointer's blob, which it then closes. Any other blob comes back with a
// nil pointer. An error leaves the blob open, and comes with the pointer if there is one.
func (r *Run) follow(ctx context.Context, blob *gitindex.Blob) (*gitindex.Blob, *gitindex.Pointer, error) {
	if blob.Size == 0 {
		return blob, nil, nil
	}
	text := make([]byte, min(blob.Size, gitindex.MaxPointer))
	if n, err := blob.ReadAt(text, 0); n < len(text) {
		return nil, nil, err
	}
	p, ok := gitindex.ParsePointer(text)
	if !ok {
		return blob, nil, nil
	}
	if blob.Size > gitindex.MaxPointer {
		return nil, nil, errLongPointer
	}
	content, err := r.repo.OpenLFS(ctx, p)
	if err != nil {
		return nil, &p, err
	}
	return content, &p, blob.Close()
}

// followItem is follow for the blob of an item.
func (r *Run) followItem(ctx context.Context, it *item) error {
	content, p, err := r.follow(ctx, it.blob)
	if errors.Is(err, gitindex.ErrMissing) {
		it.missing = p
	}
	switch {
	case it.missing != nil && r.opt.Server: // who pushes has it, and cannot bring it here
		return errors.New("a Git LFS pointer whose content is not where lfs.storage says")
	case it.missing != nil:
		// git lfs pull fetches what HEAD needs, which this may not be.
		it.fetch = "git cat-file blob " + it.entry.OID + " | git lfs smudge > /dev/null"
		return errors.New("a Git LFS pointer whose content is not here; `git lfs pull` fetches it")
	case err != nil:
		return err
	}
	it.blob, it.pointer = content, p
	if p != nil && !p.Plain {
		it.refusal = "its Git LFS pointer has extensions or another form than git-lfs writes today, and is left alone"
	}
	return nil
}

// madeFrom is the digest of what a conversion made the content of a blob from, or
// what it stands for as a pointer; "" for one that no conversion made.
func (r *Run) madeFrom(ctx context.Context, oid string) (string, *gitindex.Pointer, error) {
	blob, err := r.repo.OpenBlob(ctx, oid)
	if err != nil {
		return "", nil, err
	}
	content, p, err := r.follow(ctx, blob)
	if err != nil {
		return "", nil, errors.Join(err, blob.Close())
	}
	from := pipeline.SourceDigest(content, content.Size)
	return from, p, content.Close()
}

// holds reports whether the work tree's file at path is what the blob oid
// stands for: the bytes of the blob, or for a pointer those of its content.
// From there the file comes back.
func (r *Run) holds(ctx context.Context, path, oid string, p *gitindex.Pointer) (saved, bool, error) {
	if p != nil {
		same, err := r.repo.WorkTreeEqualsLFS(ctx, path, *p)
		if same || err != nil {
			return saved{oid, true}, same, err
		}
	}
	same, err := r.repo.WorkTreeEquals(ctx, path, oid)
	return saved{oid: oid}, same, err
}

// write stores what a file is to hold, as the attributes of its name say, and
// returns the blob.
func (r *Run) write(ctx context.Context, src io.Reader, size int64, lfs bool) (oid string, err error) {
	if !lfs {
		return r.repo.WriteBlob(ctx, src, size)
	}
	p, err := r.repo.WriteLFS(ctx, src, size)
	if err != nil {
		return "", err
	}
	text := p.Encode()
	return r.repo.WriteBlob(ctx, bytes.NewReader(text), int64(len(text)))
}

// noteLFS says what is missing where Git LFS is to store a file and git does not know of it.
func (r *Run) noteLFS(ctx context.Context) {
	for _, it := range r.rewrites() {
		if !slices.ContainsFunc(it.rewrite.targets, func(t target) bool { return t.lfs }) {
			continue
		}
		if known, err := r.repo.LFSInstalled(ctx); err == nil && !known {
			r.Report.Notes = append(r.Report.Notes, "the attributes ask for Git LFS, which is not set up in this clone: run `git lfs install`, or its content is not pushed")
		}
		return
	}
}

// trackCommand is the command that stores files in Git LFS, each under a line of its own
// in .gitattributes.
func (r *Run) trackCommand(paths []string) string {
	cmd := ""
	for _, p := range paths {
		cmd += "git lfs track --filename " + render.ShellQuote(p) + " && "
	}
	return r.inTop(cmd + "git add .gitattributes && " + literally(paths...) + " add -f --renormalize -- " + quoted(render.ShellQuote, paths...))
}
