package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A comparison hands out blocks of tensors to workers and gathers what they find.
type comparison struct {
	*matching
	dst      io.ReaderAt
	progress func(int64)

	mu      sync.Mutex
	next    int   // the tensor whose jobs are made next
	left    []job // of the tensor before; the first one's blocks are handed out
	number  int   // of the first one, over all tensors
	block   int64 // the next block of it
	bytes   int64
	maxDiff float64
	first   *found
	casts   map[int]*Cast // by tensor
	failed  error
	failure place // of failed
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
			w := &worker{c: c}
			for {
				p, ok := c.take(ctx)
				if !ok {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = w.compare(&p)
				}
				if err != nil {
					c.fail(p, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return c.failed
}

// A place is one block of one job.
type place struct {
	number int // of the job, over all tensors
	job    *job
	block  int64
}

func (p place) before(q place) bool {
	return p.number < q.number || p.number == q.number && p.block < q.block
}

// take hands out the next block; that of a new tensor when it is known to fit its claim.
func (c *comparison) take(ctx context.Context) (place, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.failed == nil {
		switch {
		case len(c.left) > 0 && c.block < c.left[0].blocks:
			c.block++
			return place{c.number, &c.left[0], c.block - 1}, true
		case len(c.left) > 0:
			c.left, c.number, c.block = c.left[1:], c.number+1, 0
		case c.next == len(c.of):
			return place{}, false
		default:
			c.left, c.failed = c.jobs(ctx, c.next)
			c.next++
			c.failure = place{number: c.number}
		}
	}
	return place{}, false
}

func (c *comparison) fail(p place, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil && !p.before(c.failure) {
		return
	}
	c.failure = p
	c.failed = err
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		c.failed = fmt.Errorf("tensor %q: %w", p.job.claim.Name, err)
	}
}
