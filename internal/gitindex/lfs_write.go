package gitindex

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/modelaudit/action/internal/safeio"
)

// WriteLFS puts the size bytes of src into the local LFS store, as `git lfs
// clean` would, and returns the pointer that stands for them. The object is
// there whole or not at all; one that is there already and whole is kept, one
// that is damaged is replaced. Nothing is uploaded: `git push` does that.
func (r *Repo) WriteLFS(ctx context.Context, src io.Reader, size int64) (Pointer, error) {
	if size < 0 {
		return Pointer{}, fmt.Errorf("LFS object size %d is negative", size)
	}
	dir, err := r.lfsDir(ctx)
	if err != nil {
		return Pointer{}, err
	}
	objects := filepath.Join(dir, "objects")
	if err := os.MkdirAll(objects, 0o777); err != nil {
		return Pointer{}, err
	}
	store, err := os.Stat(objects)
	if err != nil {
		return Pointer{}, err
	}
	f, err := safeio.Create(objects, 0o666&store.Mode().Perm()) // who may enter the store may read it
	if err != nil {
		return Pointer{}, err
	}
	defer f.Discard()
	h := sha256.New()
	content := io.TeeReader(io.LimitReader(safeio.WithContext(ctx, src), size), h)
	n, err := io.CopyBuffer(onlyWriter{f}, content, make([]byte, 256<<10))
	if err != nil {
		return Pointer{}, err
	}
	if n != size {
		return Pointer{}, fmt.Errorf("LFS object ends after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
	}
	p := Pointer{OID: hex.EncodeToString(h.Sum(nil)), Size: size, Plain: true}
	return p, r.placeLFS(ctx, f, p, lfsName(dir, p))
}

// placeLFS names a finished object.
func (r *Repo) placeLFS(ctx context.Context, f *safeio.File, p Pointer, name string) error {
	if there, err := r.OpenLFS(ctx, p); err == nil {
		return there.Close()
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	if exists(name) {
		return f.Replace(name)
	}
	err := f.Place(name)
	if errors.Is(err, fs.ErrExist) { // another process was faster, with the same bytes
		return nil
	}
	return err
}

// lfsName is where the store has an object (git-lfs docs/spec.md).
func lfsName(dir string, p Pointer) string {
	return filepath.Join(dir, "objects", p.OID[:2], p.OID[2:4], p.OID)
}

// WorkTreeEqualsLFS reports whether the work tree has a regular file at path,
// reached through no link, whose bytes are the content of a pointer.
func (r *Repo) WorkTreeEqualsLFS(ctx context.Context, path string, p Pointer) (bool, error) {
	b, err := r.openWorkTree(ctx, path, p.OID, func(int64) hash.Hash { return sha256.New() })
	if err != nil || b == nil {
		return false, err
	}
	return b.Size == p.Size, b.Close()
}
