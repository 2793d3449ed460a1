package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/modelaudit/action/internal/safeio"
)

// A watched reader remembers that a read failed, so that no code between here
// and the disk can lose an error: what was judged or copied after one is not
// complete, whatever it looks like.
type watched struct {
	r    io.ReaderAt
	size int64

	mu  sync.Mutex
	err error

	paging sync.Mutex
	pages  atomic.Pointer[safeio.Pager] // under paging; nil if small pieces are read as they are
}

// ReadAt implements io.ReaderAt.
func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	if len(p) <= safeio.PageBytes/4 && w.pages.Load() != nil {
		w.paging.Lock()
		defer w.paging.Unlock()
		if pages := w.pages.Load(); pages != nil {
			return pages.ReadAt(p, off)
		}
	}
	return w.read(p, off)
}

// paged has small pieces read by the page until the result is called.
func (w *watched) paged() (stop func()) {
	w.pages.Store(&safeio.Pager{R: readerAt(w.read)})
	return func() { w.pages.Store(nil) }
}

// A readerAt is an io.ReaderAt that is a function.
type readerAt func(p []byte, off int64) (int, error)

// ReadAt implements io.ReaderAt.
func (f readerAt) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }

// read reads, and takes bytes that are missing inside the size for an error:
// the file has become shorter.
func (w *watched) read(p []byte, off int64) (int, error) {
	n, err := w.r.ReadAt(p, off)
	if err == nil || err == io.EOF && off+int64(n) >= w.size {
		return n, err
	}
	if err == io.EOF {
		err = fmt.Errorf("the file ends at %d, it had %d bytes", off+int64(n), w.size)
	}
	var at *fs.PathError
	if errors.As(err, &at) { // whoever says it names the file
		err = fmt.Errorf("%s at offset %#x: %w", at.Op, off+int64(n), at.Err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// failed is the first error, nil if every read was good or there was none.
func (w *watched) failed() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// ReadFailed reports whether the source could not be read in some place, so that
// nothing that was said of it since is its own fault.
func (a *Audited) ReadFailed() bool { return a.reads.failed() != nil }
