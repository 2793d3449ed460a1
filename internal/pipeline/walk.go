package pipeline

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Walk yields the files that the paths name: whatever is no directory as
// itself, a directory as every regular file below it, without following
// symbolic links in it and without git's own directory; what is neither file
// nor directory is there as Passed. A path that does not exist and is a glob
// (`models/**/*.pt`) stands for what it matches. A directory that cannot be
// listed stands there with its Err. No file is yielded twice. The files of a
// directory come before those of directories in it; their order is else that of
// the disk, and no list of them is held. A path that does not exist is an error
// that is fs.ErrNotExist.
func Walk(paths []string) (iter.Seq[File], error) {
	if err := exist(paths); err != nil {
		return nil, err
	}
	return func(yield func(File) bool) {
		w := walker{yield: yield}
		if len(paths) > 1 || isGlob(paths[0]) {
			w.seen = map[string]bool{}
		}
		for _, p := range paths {
			if !w.path(p) {
				return
			}
		}
	}, nil
}

// Files lists what Walk yields, what is below each path in order.
func Files(paths []string) ([]File, error) {
	if err := exist(paths); err != nil {
		return nil, err
	}
	var out []File
	w := walker{seen: map[string]bool{}, yield: func(f File) bool {
		out = append(out, f)
		return true
	}}
	for _, p := range paths {
		at := len(out)
		w.path(p)
		slices.SortStableFunc(out[at:], func(a, b File) int {
			return slices.Compare(strings.Split(filepath.ToSlash(a.Below), "/"), strings.Split(filepath.ToSlash(b.Below), "/"))
		})
	}
	return out, nil
}

// Absent is an error that is fs.ErrNotExist if nothing is there under a path, nor
// matches it.
func Absent(path string) error { return exist([]string{path}) }

// exist returns an error that is fs.ErrNotExist if one of the paths does not.
func exist(paths []string) error {
	for _, p := range paths {
		_, err := os.Stat(p)
		switch {
		case err != nil && isGlob(p):
			if !matches(p) {
				return &fs.PathError{Op: "glob", Path: p, Err: errNoMatch}
			}
		case errors.Is(err, fs.ErrNotExist):
			return err
		case errors.Is(err, syscall.ENOTDIR):
			return &fs.PathError{Op: "stat", Path: p, Err: fs.ErrNotExist}
		}
	}
	return nil
}

// A walker yields files. Its methods report whether more are wanted.
type walker struct {
	yield func(File) bool
	seen  map[string]bool // cleaned paths; nil if no path can come twice
}

func (w *walker) give(f File) bool {
	if w.seen != nil {
		key := filepath.Clean(f.Path)
		if w.seen[key] {
			return true
		}
		w.seen[key] = true
	}
	return w.yield(f)
}

// path yields what a path names.
func (w *walker) path(p string) bool {
	if fi, err := os.Stat(p); err != nil || !fi.IsDir() {
		if err != nil && isGlob(p) {
			return w.glob(p)
		}
		return w.give(File{Path: p, Err: err})
	}
	return w.directory(p, "")
}

// errNoMatch is fs.ErrNotExist, which it need not say.
var errNoMatch error = noMatch{}

type noMatch struct{}

func (noMatch) Error() string        { return "nothing matches" }
func (noMatch) Is(target error) bool { return target == fs.ErrNotExist }

// directory walks a directory that was named, even if the name is a symbolic
// link. above is its own path below what was named, "" if it is that.
func (w *walker) directory(path, above string) bool {
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return w.give(File{Path: path, Err: err})
	}
	// Directories that are still to be listed, by their path below the root:
	// the last one is the next.
	open := []string{"."}
	for len(open) > 0 {
		below := open[len(open)-1]
		open = open[:len(open)-1]
		at := len(open)
		err := list(filepath.Join(root, below), func(d fs.DirEntry) bool {
			name := filepath.Join(below, d.Name())
			switch {
			case d.IsDir() && d.Name() != ".git":
				open = append(open, name)
			case d.Type().IsRegular():
				return w.give(File{Path: filepath.Join(path, name), Below: filepath.Join(above, name)})
			case !d.IsDir():
				return w.give(File{Path: filepath.Join(path, name), Below: filepath.Join(above, name), Passed: true, Link: d.Type()&fs.ModeSymlink != 0})
			}
			return true
		})
		switch {
		case err == errEnough:
			return false
		case err != nil && !w.give(File{Path: filepath.Join(path, below), Below: filepath.Join(above, below), Err: err}):
			return false
		}
		slices.SortFunc(open[at:], func(a, b string) int { return strings.Compare(b, a) })
	}
	return true
}

var errEnough = errors.New("no more files are wanted")

// list calls f for each entry of a directory, a thousand of which are held at a
// time. It ends with errEnough when f returns false.
func list(dir string, f func(fs.DirEntry) bool) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(1000)
		for _, e := range entries {
			if !f(e) {
				return errEnough
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
