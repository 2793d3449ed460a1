package safeio

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is a new file that has no name of its own yet. Until Place nothing
// that the user has is touched; after Discard nothing is left.
type File struct {
	*os.File
	path string // its temporary name
	done bool
}

// Create opens a temporary file in dir with the given permission bits. It
// should be placed in the same directory, or at least the same file system.
func Create(dir string, perm fs.FileMode) (*File, error) {
	f, err := os.CreateTemp(dir, ".modelaudit-*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm.Perm()); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &File{File: f, path: f.Name()}, nil
}

// MoveTo moves the unplaced file into another directory, which may be on
// another file system.
func (f *File) MoveTo(dir string) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	to, err := Create(dir, fi.Mode())
	if err != nil {
		return err
	}
	if err := os.Rename(f.path, to.path); err == nil {
		f.path = to.path
		return to.Close()
	}
	if _, err := io.Copy(to.File, io.NewSectionReader(f.File, 0, fi.Size())); err != nil {
		return errors.Join(err, to.Discard())
	}
	old := *f
	f.File, f.path = to.File, to.path
	return old.Discard()
}

// Replace syncs and closes the file and renames it to target, over a regular
// file that may be there. A target that is something else is refused.
func (f *File) Replace(target string) error {
	return f.place(target, func(from, to string) error {
		if fi, err := os.Lstat(to); err == nil && !fi.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", to)
		}
		return os.Rename(from, to)
	})
}

// Place is Replace, but fails with an error that is fs.ErrExist when the
// target exists.
func (f *File) Place(target string) error {
	return f.place(target, func(from, to string) error {
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

func (f *File) place(target string, move func(from, to string) error) error {
	if f.done {
		return errors.New("file was placed or discarded before")
	}
	f.done = true
	err := f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = move(f.path, target)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(f.path))
	}
	return syncDir(filepath.Dir(target))
}

// Discard closes and removes the file. After Place or Replace it does
// nothing, so that it can be deferred.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	return errors.Join(f.Close(), removeIfThere(f.path))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
