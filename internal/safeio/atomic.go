package safeio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is a file that is being written beside its target. Until Commit the
// target is untouched; after Discard nothing is left.
type File struct {
	*os.File
	target string
	done   bool
}

// Create opens a temporary file in the target's directory with the given
// permission bits. A target that exists and is no regular file is refused.
func Create(target string, perm fs.FileMode) (*File, error) {
	if fi, err := os.Lstat(target); err == nil && !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", target)
	}
	f, err := os.CreateTemp(filepath.Dir(target), ".modelaudit-*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm.Perm()); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &File{File: f, target: target}, nil
}

// Commit syncs the file, closes it and renames it over the target.
func (f *File) Commit() error { return f.commit(os.Rename) }

// CommitNew is Commit, but fails with fs.ErrExist when the target exists.
func (f *File) CommitNew() error {
	return f.commit(func(from, to string) error {
		if err := os.Link(from, to); err == nil {
			return os.Remove(from)
		} else if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without hard links: the check and the rename are two
		// steps, which is the best that it offers.
		if _, err := os.Lstat(to); err == nil {
			return &fs.PathError{Op: "create", Path: to, Err: fs.ErrExist}
		}
		return os.Rename(from, to)
	})
}

func (f *File) commit(place func(from, to string) error) error {
	if f.done {
		return errors.New("file was committed or discarded before")
	}
	f.done = true
	err := f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = place(f.Name(), f.target)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(f.Name()))
	}
	return syncDir(filepath.Dir(f.target))
}

// Discard closes and removes the temporary file. After Commit it does nothing,
// so that it can be deferred.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	return errors.Join(f.Close(), removeIfThere(f.Name()))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
