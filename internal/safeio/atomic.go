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
// that the user has is touched; after Discard nothing is left. Where the system
// has files without names, not even a killed process leaves one.
type File struct {
	*os.File
	path string // its temporary name, "" if it has none
	done bool
}

// Create opens a temporary file in dir with the given permission bits. It
// should be placed in the same directory, or at least the same file system.
func Create(dir string, perm fs.FileMode) (*File, error) {
	f, err := createUnnamed(dir)
	path := ""
	if err != nil {
		path = filepath.Join(dir, tempName())
		if f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return nil, err
		}
	}
	out := &File{File: f, path: path}
	if err := f.Chmod(perm.Perm()); err != nil {
		return nil, errors.Join(err, out.Discard())
	}
	return out, nil
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
	if f.path == "" && to.path == "" && sameFileSystem(fi, to.File) {
		return to.Discard() // it can be named there as well as here
	}
	if f.path != "" && to.path != "" && os.Rename(f.path, to.path) == nil {
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

// sameFileSystem reports whether a link could connect the two. Where that is
// not known it is false.
func sameFileSystem(fi fs.FileInfo, f *os.File) bool {
	other, err := f.Stat()
	if err != nil {
		return false
	}
	a, okA := device(fi)
	b, okB := device(other)
	return okA && okB && a == b
}

// Replace syncs and closes the file and renames it to target, over a regular
// file that may be there. A target that is something else is refused.
func (f *File) Replace(target string) error {
	return f.place(target, func() error {
		if fi, err := os.Lstat(target); err == nil && !fi.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", target)
		}
		if err := f.name(filepath.Dir(target)); err != nil {
			return at(target, err)
		}
		if err := f.Close(); err != nil {
			return err
		}
		return at(target, os.Rename(f.path, target))
	})
}

// at is an error of the system with the name that a person knows in the place of
// temporary ones.
func at(target string, err error) error {
	var of *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &of):
		return &fs.PathError{Op: of.Op, Path: target, Err: of.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: "replace", Path: target, Err: link.Err}
	}
	return err
}

// ReplaceUnsynced is Replace without the wait for the disk, for a file that may
// be lost or found damaged after a crash of the system.
func (f *File) ReplaceUnsynced(target string) error {
	if f.done {
		return errors.New("file was placed or discarded before")
	}
	f.done = true
	err := f.name(filepath.Dir(target))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.path, target)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(f.path))
	}
	return nil
}

// Place is Replace, but fails with an error that is fs.ErrExist when the
// target exists.
func (f *File) Place(target string) error {
	return f.place(target, func() error {
		if f.path == "" {
			return errors.Join(link(f.File, target), f.Close())
		}
		if err := f.Close(); err != nil {
			return err
		}
		if err := os.Link(f.path, target); err == nil {
			return os.Remove(f.path)
		} else if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without hard links: the check and the rename are two
		// steps, which is the best that it offers.
		if _, err := os.Lstat(target); err == nil {
			return &fs.PathError{Op: "create", Path: target, Err: fs.ErrExist}
		}
		return os.Rename(f.path, target)
	})
}

// name gives an unnamed file a temporary name in dir.
func (f *File) name(dir string) error {
	if f.path != "" {
		return nil
	}
	for range 100 {
		path := filepath.Join(dir, tempName())
		err := link(f.File, path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			f.path = path
		}
		return err
	}
	return fmt.Errorf("%s: every temporary name is taken", dir)
}

func (f *File) place(target string, move func() error) error {
	if f.done {
		return errors.New("file was placed or discarded before")
	}
	f.done = true
	err := at(target, f.Sync())
	if err == nil {
		err = move()
	}
	if err != nil {
		_ = f.Close() // it may be closed already
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
	if name == "" {
		return nil
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
