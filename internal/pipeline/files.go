package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/modelaudit/action/audit"
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
}

// Files lists the files that the paths name: whatever is no directory as
// itself, a directory as every regular file below it, in order, without
// following symbolic links in it and without git's own directory; what is
// neither file nor directory is there as Passed. A directory
// that cannot be listed stands there with its Err. No file is listed twice. A
// path that does not exist is an error that is fs.ErrNotExist.
func Files(paths []string) ([]File, error) {
	l := &lister{seen: map[string]bool{}}
	for _, p := range paths {
		fi, err := os.Stat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case errors.Is(err, syscall.ENOTDIR):
			return nil, &fs.PathError{Op: "stat", Path: p, Err: fs.ErrNotExist}
		case err != nil:
			l.add(File{Path: p, Err: err})
		case fi.IsDir():
			l.directory(p)
		default:
			l.add(File{Path: p})
		}
	}
	return l.out, nil
}

// A lister gathers files.
type lister struct {
	out  []File
	seen map[string]bool // cleaned paths
}

func (l *lister) add(f File) {
	if key := filepath.Clean(f.Path); !l.seen[key] {
		l.seen[key] = true
		l.out = append(l.out, f)
	}
}

// directory lists a directory. One that was named is walked even if the name
// is a symbolic link.
func (l *lister) directory(named string) {
	root, err := filepath.EvalSymlinks(named)
	if err != nil {
		l.add(File{Path: named, Err: err})
		return
	}
	// The callback returns no error but SkipDir, so neither does the walk.
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(root, path)
		f := File{Path: filepath.Join(named, below), Below: below, Err: errors.Join(err, relErr)}
		switch {
		case f.Err != nil:
			l.add(f)
		case d.IsDir() && d.Name() == ".git" && path != root:
			return fs.SkipDir
		case d.Type().IsRegular():
			l.add(f)
		case !d.IsDir():
			f.Passed = true
			l.add(f)
		}
		return nil
	})
}

// Shown is the path under which a report knows a file: with slashes, and
// relative to the working directory wherever that is possible, so that it does
// not depend on how the file was named.
func Shown(path string) string {
	shown := filepath.Clean(path)
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

// ScanFiles audits files, several at a time, into a report. Each worker fills
// the slots of its own files, so that the report does not depend on timing. The
// error is ctx's.
func (a *Auditor) ScanFiles(ctx context.Context, files []File, jobs int) (*audit.Report, error) {
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	results := make([]*Audited, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, max(len(files), 1)) {
		wg.Go(func() {
			for i := range next {
				if files[i].Passed {
					continue
				}
				results[i] = a.scanFile(ctx, files[i])
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &audit.Report{}
	var passed []string
	for i, res := range results {
		if files[i].Passed {
			passed = append(passed, Shown(files[i].Path))
			r.Summary.Skipped++
			continue
		}
		if res.Skipped {
			r.Summary.Skipped++
			continue
		}
		r.Artifacts = append(r.Artifacts, res.Artifact)
	}
	if n := len(passed); n > 0 {
		more := ""
		if n > 3 {
			more = fmt.Sprintf(" and %d more", n-3)
		}
		r.Notes = append(r.Notes, "not followed, since links below a directory may lead anywhere: "+strings.Join(passed[:min(n, 3)], ", ")+more)
	}
	return r, nil
}

// scanFile audits one file. One that cannot be opened is unread.
func (a *Auditor) scanFile(ctx context.Context, file File) *Audited {
	if file.Err != nil {
		return Unreadable(file.Path, file.Err)
	}
	src, f, err := Open(file.Path)
	if err != nil {
		return Unreadable(file.Path, err)
	}
	defer f.Close()
	res, err := a.Audit(ctx, src)
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
