package scan

import (
	"context"
	"errors"
	"io"
	"sync"

	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/safeio"
)

// An expanded is what decompression gave. Its spool may be given up at any time:
// whoever reads afterwards has the same bytes decompressed again.
type expanded struct {
	group *expansions
	depth int // of the part that it is
	size  int64
	again func() (*safeio.Spool, error)

	mu    sync.Mutex
	spool *safeio.Spool // nil once it was given up
}

// ReadAt implements io.ReaderAt.
func (e *expanded) ReadAt(p []byte, off int64) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.spool == nil {
		e.group.makeRoom(e)
		s, err := e.again()
		if err == nil && s.Size() != e.size {
			err = errors.New("the file has changed: it expands to another number of bytes")
		}
		if err != nil {
			return 0, errors.Join(err, s.Close())
		}
		e.spool = s
	}
	return e.spool.ReadAt(p, off)
}

// giveUp closes the spool, unless somebody reads just now.
func (e *expanded) giveUp() error {
	if !e.mu.TryLock() {
		return nil
	}
	defer e.mu.Unlock()
	if e.spool == nil {
		return nil
	}
	s := e.spool
	e.spool = nil
	return s.Close()
}

// An expansions holds what was decompressed of one artifact.
type expansions struct {
	mu  sync.Mutex
	all []*expanded
}

// add notes what was spooled. The budget is that of a further decompression.
func (x *expansions) add(depth int, s *safeio.Spool, lim safeio.Limits, size int64, open func() (io.Reader, func() int64, error)) *expanded {
	e := &expanded{group: x, depth: depth, size: s.Size(), spool: s}
	e.again = func() (*safeio.Spool, error) {
		in, packed, err := open()
		if err != nil {
			return &safeio.Spool{}, err
		}
		budget := arc.Budget{Limits: lim, Size: size}
		return budget.Spool(context.Background(), in, packed)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = append(x.all, e)
	return e
}

// makeRoom gives up what stands beside e and below: the members of an archive
// are read one after another.
func (x *expansions) makeRoom(e *expanded) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, other := range x.all {
		if other != e && other.depth >= e.depth {
			other.giveUp() //nolint:errcheck // a file without a name: nothing is lost
		}
	}
}

// count is how many there are.
func (x *expansions) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.all)
}

// giveUp gives up all from the one of a number on.
func (x *expansions) giveUp(from int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.all[from:] {
		e.giveUp() //nolint:errcheck // a file without a name: nothing is lost
	}
}

// Close gives up what was decompressed. What still reads the model has it
// decompressed again: Close then once more.
func (r *Result) Close() error {
	var errs []error
	r.expansions.mu.Lock()
	defer r.expansions.mu.Unlock()
	for _, e := range r.expansions.all {
		errs = append(errs, e.giveUp())
	}
	return errors.Join(errs...)
}
