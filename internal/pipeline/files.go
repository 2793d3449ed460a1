package pipeline

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A File is a file to look at.
type File struct {
	Path string // where it is
	// Below is its path below the directory that was named, "" for a file that
	// was named itself.
	Below string
	// Err says why it, or the directory that it is, cannot be read.
	Err error
	// Passed says that it lies below a directory and is no file: a symbolic
	// link, which is not followed, a pipe or a device.
	Passed bool
	// Link says that what is Passed is a symbolic link.
	Link bool
	// In is read instead of what is at the path, which is Received then.
	In io.Reader
}

// open opens the file for a scan, with what its loader reads beside it.
func (f File) open(ctx context.Context) (Source, io.Closer, error) {
	switch {
	case f.Err != nil:
		return Source{}, nil, f.Err
	case f.In != nil:
		return Receive(ctx, f.In)
	}
	src, file, err := Open(f.Path)
	if err != nil || strings.EqualFold(filepath.Ext(f.Path), ".safetensors") {
		return src, file, err
	}
	all := neighbours(&src, file, f.Path) // torch and joblib read what a pickle says of files beside it
	return src, all, nil
}

// Told is a path as a person wrote it, with slashes and without steps that lead
// nowhere: for texts, where Shown could lead through many directories above.
func Told(path string) string { return filepath.ToSlash(filepath.Clean(path)) }

// Shown is the path under which a report knows a file: with slashes, and
// relative to the working directory wherever that is possible, so that it does
// not depend on how the file was named.
func Shown(path string) string {
	shown := filepath.Clean(path)
	if filepath.IsLocal(shown) {
		return filepath.ToSlash(shown)
	}
	if abs, err := filepath.Abs(path); err == nil {
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, abs); err == nil {
				shown = rel
			}
		}
	}
	return filepath.ToSlash(shown)
}

var errNotRegular = errors.New("not a regular file")

// Open opens a file as a source. A thing that is no regular file is refused.
func Open(path string) (Source, *os.File, error) {
	// The check comes before opening: to open a named pipe is to wait.
	fi, err := os.Stat(path)
	if err != nil {
		return Source{}, nil, err
	}
	if !fi.Mode().IsRegular() {
		return Source{}, nil, &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return Source{}, nil, err
	}
	if fi, err = f.Stat(); err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return Source{}, nil, &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	return Source{Path: Shown(path), R: f, Size: fi.Size()}, f, nil
}

// scanFile audits one file. One that cannot be opened is unread.
func (a *Auditor) scanFile(ctx context.Context, file File, large func()) *Audited {
	src, f, err := file.open(ctx)
	if err != nil {
		return Unreadable(file.Path, err)
	}
	defer f.Close()
	res, err := a.audit(ctx, src, large)
	if err != nil {
		return Unreadable(file.Path, err)
	}
	res.Model = nil // it reads from f
	return res
}

// Unreadable is the account of a file that could not be read at all. Its
// reason does not repeat the path.
func Unreadable(path string, err error) *Audited {
	reason := err.Error()
	var at *fs.PathError
	if errors.As(err, &at) {
		reason = at.Op + ": " + at.Err.Error()
	}
	return Unread(Shown(path), "", 0, reason)
}

// Unchanged reports, as an error, that the file at a path is no longer the one
// that was read.
func Unchanged(path string, was fs.FileInfo) error {
	now, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(now, was) || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime()) {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("it changed while it was read")}
	}
	return nil
}
