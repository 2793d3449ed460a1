package pipeline

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A neighbourhood opens files beside a source, each once, and closes them with it.
type neighbourhood struct {
	source io.Closer
	dir    string

	mu     sync.Mutex
	opened map[string]*os.File
}

// neighbours lets a source that is a file read the regular files beside it.
func neighbours(src *Source, f *os.File, path string) *neighbourhood {
	n := &neighbourhood{source: f, dir: filepath.Dir(path), opened: map[string]*os.File{}}
	src.Beside = n.open
	return n
}

func (n *neighbourhood) open(name string) (io.ReaderAt, int64, error) {
	if name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if f := n.opened[name]; f != nil {
		fi, err := f.Stat()
		if err != nil {
			return nil, 0, err
		}
		return f, fi.Size(), nil
	}
	src, f, err := Open(filepath.Join(n.dir, name))
	if err != nil {
		return nil, 0, err
	}
	n.opened[name] = f
	return f, src.Size, nil
}

// Close implements io.Closer.
func (n *neighbourhood) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	err := n.source.Close()
	for _, f := range n.opened {
		err = errors.Join(err, f.Close())
	}
	return err
}

// sourceSize is how many bytes a source has with the files beside it that are read too.
func sourceSize(src Source, beside []string) int64 {
	size := src.Size
	for _, name := range beside {
		if src.Beside == nil {
			break
		}
		if _, n, err := src.Beside(name); err == nil {
			size += n
		}
	}
	return size
}
