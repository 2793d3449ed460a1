package gitindex

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/modelaudit/action/internal/safeio"
)

// WorkTreePath returns the absolute name of path in the work tree, or "" for a
// path that would leave it, that lies in a .git directory, or that the system
// cannot name. The name may still lead through a symbolic link.
func (r *Repo) WorkTreePath(path string) string {
	local, ok := localize(path)
	if !ok {
		return ""
	}
	return filepath.Join(r.Top, local)
}

// localize is filepath.Localize for git's paths, which need not be UTF-8.
func localize(path string) (string, bool) {
	for elem := range strings.SplitSeq(path, "/") {
		if elem == "" || elem == "." || elem == ".." || strings.EqualFold(elem, ".git") || strings.Contains(elem, "\x00") {
			return "", false
		}
	}
	if filepath.Separator == '/' {
		return path, true
	}
	local, err := filepath.Localize(path)
	return local, err == nil
}

// WorkTreeEquals reports whether the work tree has a regular file at path,
// reached through no link, whose bytes are those of
// the blob oid. Filters and line endings are not undone: a file that checkout
// would convert is not equal.
func (r *Repo) WorkTreeEquals(ctx context.Context, path, oid string) (bool, error) {
	if err := r.checkOID(oid); err != nil {
		return false, err
	}
	b, err := r.openWorkTree(ctx, path, oid, r.blobHash)
	if err != nil || b == nil {
		return false, err
	}
	return true, b.Close()
}

// WorkTreeStat describes what the work tree has at path, as git sees it: nil
// if there is nothing, if the system cannot name it, or if a link stands where
// one of its directories should be.
func (r *Repo) WorkTreeStat(path string) (os.FileInfo, error) {
	root, err := r.root()
	if err != nil {
		return nil, err
	}
	_, fi := lstat(root, path)
	return fi, nil
}

// root opens the top of the work tree, once.
func (r *Repo) root() (*os.Root, error) {
	r.topMu.Lock()
	defer r.topMu.Unlock()
	if r.top == nil {
		root, err := os.OpenRoot(r.Top)
		if err != nil {
			return nil, err
		}
		r.top = root
	}
	return r.top, nil
}

// lstat follows no link, not even in the place of a directory. It returns the
// system's name of path, and nil where there is nothing.
func lstat(root *os.Root, path string) (string, os.FileInfo) {
	local, ok := localize(path)
	if !ok {
		return "", nil
	}
	for dir := range parents(path) {
		name, ok := localize(dir)
		if !ok {
			return "", nil
		}
		if fi, err := root.Lstat(name); err != nil || !fi.IsDir() {
			return "", nil
		}
	}
	fi, err := root.Lstat(local)
	if err != nil {
		return "", nil
	}
	return local, fi
}

// ChangedFiles lists the paths whose files in the work tree are not what the
// index says. No filter of the repository is run to find out.
func (r *Repo) ChangedFiles(ctx context.Context) (paths []string, err error) {
	args, err := r.withoutFilters(ctx)
	if err != nil {
		return nil, err
	}
	err = r.git.records(ctx, nil, func(path string) error {
		paths = append(paths, path)
		return nil
	}, append(args, "diff-files", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=dirty")...)
	return paths, err
}

// openWorkTree opens the work tree's file if it has the digest; otherwise
// it returns nil and no error.
func (r *Repo) openWorkTree(ctx context.Context, path, digest string, newHash func(size int64) hash.Hash) (*Blob, error) {
	root, err := r.root()
	if err != nil {
		return nil, err
	}
	// The kind is looked at before opening: opening a pipe would block.
	local, fi := lstat(root, path)
	if fi == nil || !fi.Mode().IsRegular() {
		return nil, nil
	}
	f, err := root.Open(local)
	if err != nil {
		return nil, nil
	}
	b, err := watch(ctx, f, newHash, digest)
	if err != nil || b == nil {
		f.Close()
	}
	return b, err
}

// A watched is a file that others may write to, and what it must stay.
type watched struct {
	digest  string
	newHash func(size int64) hash.Hash
	info    os.FileInfo // before the first byte was hashed
	racy    bool        // written so recently that its time may not tell
}

// racyWindow is longer than any file system's time step.
const racyWindow = 2 * time.Second

// watch hashes f and returns it as a Blob, or nil if it is no regular file,
// has another digest, or changes meanwhile.
func watch(ctx context.Context, f *os.File, newHash func(int64) hash.Hash, digest string) (*Blob, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	if info.Size() <= maxHeld {
		return held(f, info.Size(), newHash, digest)
	}
	w := &watched{digest: digest, newHash: newHash, info: info, racy: time.Since(info.ModTime()) < racyWindow}
	sum, err := w.sum(ctx, f)
	if err != nil {
		return nil, err
	}
	if same, err := w.same(f); err != nil || !same || sum != digest {
		return nil, err
	}
	return &Blob{ReaderAt: f, Size: info.Size(), file: f, watch: w}, nil
}

// held reads a small file to memory, where nobody changes it, and closes it. It
// returns nil if the bytes have another digest.
func held(f *os.File, size int64, newHash func(int64) hash.Hash, digest string) (*Blob, error) {
	data, err := io.ReadAll(io.LimitReader(f, size+1))
	h := newHash(size)
	h.Write(data)
	if err != nil || hex.EncodeToString(h.Sum(nil)) != digest {
		return nil, err
	}
	return &Blob{ReaderAt: bytes.NewReader(data), Size: size}, f.Close()
}

func (w *watched) verify(ctx context.Context, f *os.File) error {
	same, err := w.same(f)
	if err == nil && same && w.racy {
		var sum string
		sum, err = w.sum(ctx, f)
		same = sum == w.digest
	}
	if err == nil && !same {
		err = fmt.Errorf("%s: %w", escape(filepath.Base(f.Name())), ErrChanged)
	}
	return err
}

func (w *watched) same(f *os.File) (bool, error) {
	now, err := f.Stat()
	if err != nil {
		return false, err
	}
	return now.Size() == w.info.Size() && now.ModTime().Equal(w.info.ModTime()), nil
}

func (w *watched) sum(ctx context.Context, f *os.File) (string, error) {
	h := w.newHash(w.info.Size())
	src := safeio.WithContext(ctx, io.NewSectionReader(f, 0, w.info.Size()))
	if _, err := io.CopyBuffer(onlyWriter{h}, src, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
