package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
)

// write streams every part into a file of its own while the source's digest
// is computed beside it.
func write(ctx context.Context, src Source, plan *converters.Planned, conv *Conversion, opt ConvertOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var sumErr error
	wg.Add(1)
	go func() {
		defer wg.Done()
		if conv.SourceSHA256 = src.SHA256; conv.SourceSHA256 == "" {
			conv.SourceSHA256, sumErr = digest(ctx, src)
		}
	}()
	err := writeParts(ctx, plan, conv, opt)
	if err != nil {
		cancel()
	}
	wg.Wait()
	if err == nil {
		err = sumErr
	}
	return err
}

func writeParts(ctx context.Context, plan *converters.Planned, conv *Conversion, opt ConvertOptions) error {
	var total, done int64
	for i := range plan.Parts {
		total += plan.Parts[i].Plan.Size()
	}
	for i := range plan.Parts {
		p := &plan.Parts[i]
		f, err := safeio.Create(opt.Dir, opt.Perm)
		if err != nil {
			return err
		}
		c := &Candidate{Role: p.Role, File: f, Size: p.Plan.Size(), TreeJSON: p.TreeJSON}
		conv.Candidates = append(conv.Candidates, c)
		err = writePart(ctx, p, f, func(n int) {
			if done += int64(n); opt.Progress != nil {
				opt.Progress(done, total)
			}
		})
		if err != nil {
			return err
		}
		conv.Tensors += len(p.Tensors)
		for j := range p.Tensors {
			conv.TensorBytes += p.Tensors[j].Bytes()
		}
	}
	return nil
}

// syncEvery is how many bytes are written between two early syncs.
const syncEvery = 64 << 20

// writePart streams one part into f. What was written goes to the disk while
// the rest is being written, so that the last sync finds little to do; that
// one, and not the early ones, says whether the disk has everything.
func writePart(ctx context.Context, p *converters.Part, f *safeio.File, done func(int)) error {
	early := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range early {
			_ = f.Sync()
		}
	})
	defer wg.Wait()
	defer close(early)
	unsynced := 0
	w := bufio.NewWriterSize(&ctxWriter{ctx: ctx, w: f, done: func(n int) {
		done(n)
		if unsynced += n; unsynced >= syncEvery {
			unsynced = 0
			select {
			case early <- struct{}{}:
			default: // one is under way and another waits
			}
		}
	}}, 256<<10)
	if _, err := p.WriteTo(w); err != nil {
		return err
	}
	return w.Flush()
}

// A ctxWriter stops writing when its context ends, and counts.
type ctxWriter struct {
	ctx  context.Context
	w    io.Writer
	done func(int)
}

func (c *ctxWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(p)
	c.done(n)
	return n, err
}

// fillDigest puts the source's digest where the headers have a place for it.
// It is as long as its placeholder, so that nothing moves. No text of the
// source can look like the place: quotes inside a JSON string are escaped.
func fillDigest(plan *converters.Planned, conv *Conversion) error {
	const key = `"modelaudit.source.sha256":"`
	for i, c := range conv.Candidates {
		at := bytes.Index(plan.Parts[i].Plan.Header(), []byte(key+digestPlace+`"`))
		if at < 0 {
			return errors.New("internal error: the header has no place for the digest")
		}
		if _, err := c.File.WriteAt([]byte(conv.SourceSHA256), int64(at+len(key))); err != nil {
			return err
		}
	}
	return nil
}

// sum is the hex SHA-256 of a candidate.
func sum(ctx context.Context, c *Candidate) (string, error) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, &ctxReader{ctx, io.NewSectionReader(c.File, 0, c.Size)}, make([]byte, 1<<20))
	return hex.EncodeToString(h.Sum(nil)), err
}
