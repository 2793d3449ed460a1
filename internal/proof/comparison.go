package proof

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A comparison hands out tensors, and blocks of large ones, to workers and gathers
// what they find.
type comparison struct {
	*matching
	dst      io.ReaderAt
	progress func(int64)

	mu      sync.Mutex
	next    int   // the tensor that is handed out next
	large   []job // of the tensor before, which is handed out by the block
	number  int   // of the job whose blocks are handed out
	block   int64 // the next one
	bytes   int64
	maxDiff float64
	first   *found
	casts   map[int]*Cast // by tensor
	// decodings are those that workers read.
	decodings map[decodingKey]*decoding
	failed    error
	failure   place // of failed
}

// run compares every block of every job. The error is that of the first block
// that could not be read, whatever the workers' order.
func (c *comparison) run(ctx context.Context, workers int) error {
	if workers <= 0 {
		workers = 2
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := newWorker(c)
			defer w.release()
			for {
				todo, ok := c.take(ctx, w)
				if !ok {
					return
				}
				at, err := w.do(ctx, todo)
				w.flush()
				if err != nil {
					c.fail(at, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return c.failed
}

// A place is one block of one job of one tensor, in the order of the candidate.
type place struct {
	tensor, number int
	block          int64
}

func (p place) before(q place) bool {
	return cmp.Or(cmp.Compare(p.tensor, q.tensor), cmp.Compare(p.number, q.number), cmp.Compare(p.block, q.block)) < 0
}

// A task is what one worker does at once: a block of a job, or without one the
// tensors from place.tensor up to end.
type task struct {
	place
	job *job
	end int
}

// maxTensors is how many tensors a worker takes at once that together have less than
// a block.
const maxTensors = 256

// take hands out the next task: small tensors, or a block of a large one, which is
// known to fit its claim then. Whatever comes before what it hands out was handed out.
func (c *comparison) take(ctx context.Context, w *worker) (task, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.failed == nil {
		switch {
		case len(c.large) > c.number && c.block < c.large[c.number].blocks:
			c.block++
			return task{place: place{c.next - 1, c.number, c.block - 1}, job: &c.large[c.number]}, true
		case len(c.large) > c.number:
			c.number, c.block = c.number+1, 0
		case c.next == len(c.of):
			return task{}, false
		default:
			t := task{place: place{tensor: c.next}, end: c.small()}
			if c.next = max(t.end, t.tensor+1); t.end > t.tensor {
				return t, true
			}
			c.large, c.number, c.block = nil, 0, 0
			if c.large, c.failed = w.jobs(ctx, nil, new(Claim), t.tensor); c.failed != nil {
				c.failure = t.place
			}
		}
	}
	return task{}, false
}

// small is the end of the tensors from the next one on that are taken at once.
func (c *comparison) small() int {
	i, left := c.next, int64(blockBytes)
	for ; i < len(c.of) && i < c.next+maxTensors; i++ {
		if left -= c.head.list[i].end - c.head.list[i].begin; left < 0 {
			break
		}
	}
	return i
}

func (c *comparison) fail(p place, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil || p.before(c.failure) {
		c.failed, c.failure = err, p
	}
}

// unreadable is the error of a tensor whose bytes cannot be read.
func unreadable(name string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("tensor %q: %w", name, err)
}
