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
	group  *expansions
	number int
	depth  int // of the part that it is
	size   int64
	again  func() (*safeio.Spool, error)

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
		e.group.opened(e)
	}
	return e.spool.ReadAt(p, off)
}

// giveUp closes the spool, unless somebody reads just now.
func (e *expanded) giveUp() (done bool, err error) {
	if !e.mu.TryLock() {
		return false, nil
	}
	defer e.mu.Unlock()
	if s := e.spool; s != nil {
		e.spool = nil
		err = s.Close()
	}
	return true, err
}

// An expansions holds what was decompressed of one artifact.
type expansions struct {
	mu   sync.Mutex
	n    int         // how many there are
	open []*expanded // those whose spools were not given up
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
	e.number = x.count()
	x.opened(e)
	return e
}

// opened notes that e has a spool.
func (x *expansions) opened(e *expanded) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.n = max(x.n, e.number+1)
	x.open = append(x.open, e)
}

// makeRoom gives up what stands beside e and below: the members of an archive
// are read one after another.
func (x *expansions) makeRoom(e *expanded) {
	//nolint:errcheck // files without names: nothing is lost
	x.close(func(other *expanded) bool { return other != e && other.depth >= e.depth })
}

// close gives up the spools of those that which names, unless somebody reads
// from them just now.
func (x *expansions) close(which func(*expanded) bool) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var errs []error
	left := x.open[:0]
	for _, e := range x.open {
		done, err := false, error(nil)
		if which(e) {
			done, err = e.giveUp()
		}
		if errs = append(errs, err); !done {
			left = append(left, e)
		}
	}
	clear(x.open[len(left):])
	x.open = left
	return errors.Join(errs...)
}

// count is how many there are.
func (x *expansions) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.n
}

// giveUp gives up all from the one of a number on.
func (x *expansions) giveUp(from int) {
	x.close(func(e *expanded) bool { return e.number >= from }) //nolint:errcheck // files without names: nothing is lost
}

// Close gives up what was decompressed. What still reads the model has it
// decompressed again: Close then once more.
func (r *Result) Close() error {
	return r.expansions.close(func(*expanded) bool { return true })
}
