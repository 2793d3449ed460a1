package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/modelaudit/action/internal/safeio"
)

// A decoding is what a record or a region that can only be read forwards holds, for
// views that jump about in it: decoded once, for as long as a worker reads it.
type decoding struct {
	key   decodingKey
	users int // under comparison.mu
	once  sync.Once
	spool safeio.Spool
	err   error
}

// A decodingKey is where a claim's bytes are.
type decodingKey struct {
	source *source
	record string
	region Region
}

// jumps reports whether a job reads bytes again and again that can only be read forwards.
func (j *job) jumps() bool {
	spelled := j.view.Region != nil && j.view.Region.spelled()
	inflated := j.view.Key != "" && j.rec.method != 0 && j.rec.size > small
	return (spelled || inflated) && j.blocks > 1 && (len(j.grid.from) > 1 || j.grid.from[0] != 1)
}

// decoded returns the bytes of a job that jumps. The worker keeps them until its next
// job begins, or until it releases them.
func (w *worker) decoded(ctx context.Context, j *job) (io.ReaderAt, error) {
	key := decodingKey{source: j.spot.source, record: j.view.Key}
	if j.view.Region != nil {
		key.region = *j.view.Region
	}
	d := w.c.use(key)
	w.release()
	w.using = d
	d.once.Do(func() { d.err = d.fill(ctx, w.forwards(j)) })
	return &d.spool, d.err
}

// use returns the decoding of what stands at key, with one more user.
func (c *comparison) use(key decodingKey) *decoding {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.decodings[key]
	if d == nil {
		if c.decodings == nil {
			c.decodings = map[decodingKey]*decoding{}
		}
		d = &decoding{key: key}
		c.decodings[key] = d
	}
	d.users++
	return d
}

// release gives up what the worker keeps, and with its last user the bytes.
func (w *worker) release() {
	if w.using == nil {
		return
	}
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.using.users--; w.using.users == 0 {
		delete(w.c.decodings, w.using.key)
		_ = w.using.spool.Close() // of bytes that nobody reads again
	}
	w.using = nil
}

// fill decodes all that r has. What ends too early is missed where it is read.
func (d *decoding) fill(ctx context.Context, r io.ReaderAt) error {
	buf := make([]byte, 128<<10)
	for off := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.ReadAt(buf, off)
		if _, werr := d.spool.Write(buf[:n]); werr != nil {
			return fmt.Errorf("decoded bytes: %w", werr)
		}
		off += int64(n)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
